"""A download in a process of its own: it can be ended at any moment, and its progress is how its files grow.

Knows how to run, watch and end such a program, and what may go wrong with a source; knows nothing about models.
"""

import contextlib
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from assistants.errors import StudioError

POLL_SECONDS = 0.2


class SourceFailed(StudioError):
    """A source does not serve, in a sentence; the next one is asked."""


class Unreachable(SourceFailed):
    """Nobody answers there."""


class CutOff(SourceFailed):
    """The connection was lost in the middle; what has come is worth going on with."""


class ProgramFailed(Exception):
    """A program that downloads ended badly; its words are in ``log``."""

    def __init__(self, log: str) -> None:
        super().__init__(last_line(log))
        self.log = log


class NoAnswer(Exception):
    """Nobody answered a program that downloads in time."""


class Cancelled(Exception):
    """Somebody wants it no more, or not now."""


class Halt(threading.Event):
    """Set, it ends a download; ``keeps`` says that what has come stays, to be gone on with."""

    keeps = False

    def pause(self) -> None:
        """End the download and keep what has come."""
        self.keeps = True
        self.set()


class Download:
    """A Python program that downloads files somewhere below ``folder``.

    If ``patience`` is given, it must make the file ``answered`` within so many seconds.
    """

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str],
        folder: Path,
        answered: Path | None = None,
        patience: float = math.inf,
    ) -> None:
        self._command = [sys.executable, *command]
        self._environment = environment
        self._folder = folder
        self._answered = answered
        self._patience = patience

    def run(self, grown: Callable[[int], None], halt: threading.Event) -> None:
        """Run it, telling ``grown`` how many bytes are there.

        Raises ``ProgramFailed``, ``NoAnswer`` or ``Cancelled``, and what ``grown`` raises.
        """
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                self._watch(process, grown, halt)
            finally:
                process.kill()
                process.wait()
            if process.returncode:
                log.seek(0)
                raise ProgramFailed(log.read().decode("utf-8", "replace"))

    def _watch(self, process: subprocess.Popen, grown: Callable[[int], None], halt: threading.Event) -> None:
        deadline = time.monotonic() + self._patience
        while process.poll() is None:
            if halt.wait(POLL_SECONDS):
                raise Cancelled
            grown(bytes_in(self._folder))
            if time.monotonic() > deadline and not (self._answered and self._answered.exists()):
                raise NoAnswer


def bytes_in(folder: Path) -> int:
    """Return how many bytes the files below ``folder`` have."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            # It may be gone again.
            with contextlib.suppress(OSError):
                total += Path(place, name).stat().st_size
    return total


def last_line(text: str) -> str:
    """Return the last line of a program's words, without a name and password in an address."""
    lines = text.strip().splitlines() or ["no reason given"]
    return re.sub(r"(?<=//)[^/@\s]+@", "", lines[-1].strip())
