"""What is done in the background: one thread for each label, each of which can be called off.

Knows nothing about what is done.
"""

import threading
from collections.abc import Callable

CLOSE_SECONDS = 5


class Work:
    """The threads; ``closing`` is set at the end, and everything is called off."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[threading.Thread, threading.Event]] = {}

    def start(self, label: str, do: Callable[[threading.Event], None]) -> None:
        """Begin something; ``do`` gets the event that calls it off."""
        cancelled = threading.Event()
        thread = threading.Thread(target=self._run, args=[label, do, cancelled], name=f"load {label}", daemon=True)
        with self._lock:
            if self.closing.is_set():
                return
            self._under_way[label] = (thread, cancelled)
        thread.start()

    def _run(self, label: str, do: Callable[[threading.Event], None], cancelled: threading.Event) -> None:
        try:
            do(cancelled)
        finally:
            with self._lock:
                if self._under_way.get(label, (None,))[0] is threading.current_thread():
                    del self._under_way[label]

    def cancel(self, label: str, timeout: float = CLOSE_SECONDS) -> None:
        """Call something off and wait for its end, which a library that loads a model may delay."""
        with self._lock:
            thread, cancelled = self._under_way.get(label, (None, None))
        if thread:
            cancelled.set()
            thread.join(timeout)

    def close(self) -> None:
        """Call everything off and wait for the ends."""
        with self._lock:
            self.closing.set()
            under_way = list(self._under_way.values())
        for _, cancelled in under_way:
            cancelled.set()
        for thread, _ in under_way:
            thread.join(CLOSE_SECONDS)
