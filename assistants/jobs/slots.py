"""Slots: how many generations an engine takes at once, lent fairly between owners.

Who holds fewest goes first, then who came first; so a job of fifty steps and another of fifty take turns, and neither
holds a slot between steps. Knows nothing about engines or jobs.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(eq=False)
class _Waiter:
    owner: str
    granted: bool = False


class Slots:
    """``count`` slots; ``take`` waits for one."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._held: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def take(self, owner: str, must_wait: Callable[[], None], give_up: Callable[[], bool]) -> Iterator[bool]:
        """Hold a slot inside the block; lends False instead if ``give_up()`` came true while waiting.

        ``must_wait()`` is called once if there is none at once. Call ``wake`` after making ``give_up()`` true.
        """
        waiter = _Waiter(owner)
        with self._changed:
            self._waiting.append(waiter)
            self._grant()
            if not waiter.granted:
                must_wait()
            self._changed.wait_for(lambda: waiter.granted or give_up())
            if not waiter.granted:
                self._waiting.remove(waiter)
        try:
            yield waiter.granted
        finally:
            if waiter.granted:
                with self._changed:
                    self._free += 1
                    self._held[owner] -= 1
                    self._grant()

    def wake(self) -> None:
        """Let the waiting ask ``give_up()`` again."""
        with self._changed:
            self._changed.notify_all()

    def _grant(self) -> None:
        while self._free and self._waiting:
            waiter = min(self._waiting, key=lambda one: self._held[one.owner])
            self._waiting.remove(waiter)
            self._free -= 1
            self._held[waiter.owner] += 1
            waiter.granted = True
        self._changed.notify_all()
