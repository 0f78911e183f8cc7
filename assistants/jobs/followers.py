"""Who follows a job: asyncio events of whatever loops they run in, set when there is something new.

Knows nothing about what is new.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class Followers:
    """The followers of one job; ``wake`` may be called in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    @contextlib.contextmanager
    def lend(self, news: asyncio.Event | None = None) -> Iterator[asyncio.Event]:
        """Lend an event of the running loop, ``news`` if given, that is set whenever there is something new."""
        follower = (asyncio.get_running_loop(), news or asyncio.Event())
        with self._lock:
            self._waiting.add(follower)
        try:
            yield follower[1]
        finally:
            with self._lock:
                self._waiting.discard(follower)

    def wake(self) -> None:
        """Say that there is something new."""
        with self._lock:
            for loop, event in self._waiting:
                with contextlib.suppress(RuntimeError):  # a loop that is closed follows no more
                    loop.call_soon_threadsafe(event.set)
