"""Closing: one deadline for all that has to end, however much of it there is and whatever hangs.

What does not end in time is left behind, in threads that the end of the process takes along. Knows nothing about what
is closed.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)


class Deadline:
    """A moment by which all has ended, ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self, spare: float = 0) -> float:
        """Return how many seconds are left, of which ``spare`` are for what comes after."""
        return max(0.0, self._until - spare - time.monotonic())

    def join(self, threads: Iterable[threading.Thread], spare: float = 0) -> None:
        """Wait for the ends of threads."""
        for thread in threads:
            thread.join(self.left(spare))

    def close(self, *closings: Callable[[], object], spare: float = 0) -> None:
        """Close things side by side, each in a thread of its own, for any may hang."""
        threads = []
        for closing in closings:
            threads.append(threading.Thread(target=_close, args=[closing], name=f"close {name(closing)}", daemon=True))
            threads[-1].start()
        self.join(threads, spare)
        for thread in threads:
            if thread.is_alive():
                log.warning("%s did not end in time and is left behind", thread.name)


def name(closing: Callable[[], object]) -> str:
    """Return what a bound method closes."""
    return type(getattr(closing, "__self__", closing)).__name__


def _close(closing: Callable[[], object]) -> None:
    try:
        closing()
    except Exception:
        log.exception("%s does not close", name(closing))
