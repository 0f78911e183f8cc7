"""A download in a process of its own: it can be ended at any moment, and its progress is how its files grow.

Knows how to run, watch and end such a program; knows nothing about models.
"""

import contextlib
import math
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

POLL_SECONDS = 0.2


class SourceFailed(Exception):
    """A source does not serve; the next one is asked."""


class Cancelled(Exception):
    """Somebody wants it no more."""


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

    def run(self, grown: Callable[[int], None], cancelled: threading.Event) -> None:
        """Run it, telling ``grown`` how many bytes are there; raises ``SourceFailed`` or ``Cancelled``."""
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                self._watch(process, grown, cancelled)
            finally:
                process.kill()
                process.wait()
            if process.returncode:
                log.seek(0)
                raise SourceFailed(last_line(log.read().decode("utf-8", "replace")))

    def _watch(self, process: subprocess.Popen, grown: Callable[[int], None], cancelled: threading.Event) -> None:
        deadline = time.monotonic() + self._patience
        while process.poll() is None:
            if cancelled.wait(POLL_SECONDS):
                raise Cancelled
            grown(bytes_in(self._folder))
            if time.monotonic() > deadline and not (self._answered and self._answered.exists()):
                raise SourceFailed(f"no answer within {self._patience} seconds")


def bytes_in(folder: Path) -> int:
    """Return how many bytes the files below ``folder`` have."""
    total = 0
    for path in folder.rglob("*"):
        # It may be gone again.
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def last_line(text: str) -> str:
    """Return the last line of a program's words, without a name and password in an address."""
    lines = text.strip().splitlines() or ["no reason given"]
    return re.sub(r"(?<=//)[^/@\s]+@", "", lines[-1].strip())
