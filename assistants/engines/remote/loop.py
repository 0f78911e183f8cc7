"""asyncio in a thread of its own, for code that waits in plain threads. Knows nothing about what it runs."""

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from concurrent.futures import CancelledError
from contextlib import aclosing
from typing import Any, TypeVar

__all__ = ["CancelledError", "Loop"]

T = TypeVar("T")

# While nothing comes, the one who waits hears that as often as this, so that they get a chance to stop.
QUIET_SECONDS = 0.25
CLOSE_SECONDS = 5
END = object()


class Loop:
    """An event loop that runs until it is closed."""

    def __init__(self, name: str) -> None:
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name, daemon=True)
        self._thread.start()
        self._started.wait()

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        await self._ended.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=CLOSE_SECONDS)
        await self._last()

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for what ``work`` returns or raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def iterate(self, items: AsyncGenerator[T, None]) -> Generator[T | None, None, None]:
        """Yield what ``items`` yields, and None while nothing comes; closing cancels it at once.

        Raises ``CancelledError`` if the loop is closed meanwhile.
        """
        inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()

        async def pump() -> None:
            async with aclosing(items):
                async for item in items:
                    inbox.put(item)

        future = asyncio.run_coroutine_threadsafe(pump(), self._loop)
        future.add_done_callback(lambda _: inbox.put(END))
        try:
            while (item := _next(inbox)) is not END:
                yield item
            future.result()
        finally:
            future.cancel()

    def close(self, last: Callable[[], Awaitable[None]]) -> None:
        """Cancel what runs, wait for ``last`` and end the thread."""
        if self._thread.is_alive():
            self._last = last
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()


def _next(inbox: "queue.SimpleQueue[Any]") -> Any:
    try:
        return inbox.get(timeout=QUIET_SECONDS)
    except queue.Empty:
        return None
