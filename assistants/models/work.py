"""What is done in the background: one thread for each label, each of which can be called off.

Knows nothing about what is done.
"""

import threading
from collections.abc import Callable

from assistants.closing import Deadline
from assistants.models.files.downloads import Halt

CLOSE_SECONDS = 5


class Work:
    """The threads; ``closing`` is set at the end, when everything is called off."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[threading.Thread, Halt]] = {}

    def start(self, label: str, do: Callable[[Halt], None]) -> None:
        """Begin something; ``do`` gets the event that calls it off."""
        halt = Halt()
        thread = threading.Thread(target=self._run, args=[label, do, halt], name=f"load {label}", daemon=True)
        with self._lock:
            if self.closing.is_set():
                return
            self._under_way[label] = (thread, halt)
        thread.start()

    def _run(self, label: str, do: Callable[[Halt], None], halt: Halt) -> None:
        try:
            do(halt)
        finally:
            with self._lock:
                if self._under_way.get(label, (None,))[0] is threading.current_thread():
                    del self._under_way[label]

    def cancel(self, label: str, timeout: float = CLOSE_SECONDS, *, keeps: bool = False) -> None:
        """Call something off and wait for its end, which a library that loads a model may delay.

        What has come of a download is dropped, unless it ``keeps`` that.
        """
        with self._lock:
            under_way = self._under_way.get(label)
        if under_way:
            thread, halt = under_way
            halt.pause() if keeps else halt.set()
            thread.join(timeout)

    def close(self) -> None:
        """Call everything off, keeping what has come of downloads, and wait for the ends."""
        with self._lock:
            self.closing.set()
            under_way = list(self._under_way.values())
        for _, halt in under_way:
            halt.pause()
        Deadline(CLOSE_SECONDS).join(thread for thread, _ in under_way)
