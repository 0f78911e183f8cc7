"""Slots: how many generations an engine takes at once, lent fairly between owners and groups of them (``shares``).

Who holds fewest goes first, then who came first; so a job of fifty steps and another of fifty take turns, and neither
holds a slot between steps. Knows nothing about engines or jobs.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistants.jobs.shares import Turns
from assistants.principals import Principal


@dataclass(eq=False)
class _Waiter:
    who: Principal
    granted: bool = False


class Slots:
    """``count`` slots; ``take`` waits for one."""

    def __init__(self, count: int) -> None:
        self._turns = Turns(count)
        self._waiting: list[_Waiter] = []
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def take(self, who: Principal, must_wait: Callable[[], None], give_up: Callable[[], bool]) -> Iterator[bool]:
        """Hold a slot inside the block; lends False instead if ``give_up()`` came true while waiting.

        ``must_wait()`` is called once if there is none at once. Call ``wake`` after making ``give_up()`` true.
        """
        waiter = _Waiter(who)
        with self._changed:
            self._waiting.append(waiter)
            self._turns.wait(who)
            self._grant()
            if not waiter.granted:
                must_wait()
            self._changed.wait_for(lambda: waiter.granted or give_up())
            if not waiter.granted:
                self._waiting.remove(waiter)
                self._turns.leave(who)
        try:
            yield waiter.granted
        finally:
            if waiter.granted:
                with self._changed:
                    self._turns.give(who)
                    self._grant()

    def wake(self) -> None:
        """Let the waiting ask ``give_up()`` again."""
        with self._changed:
            self._changed.notify_all()

    def _grant(self) -> None:
        while owner := next(self._turns.in_turn(), None):
            waiter = next(one for one in self._waiting if one.who.id == owner)
            self._waiting.remove(waiter)
            self._turns.serve(waiter.who)
            waiter.granted = True
        self._changed.notify_all()
