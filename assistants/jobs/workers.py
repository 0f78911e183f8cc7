"""Workers: the threads that jobs run on, each begun when there is something to do and no other is idle.

Knows nothing about jobs, nor which of them comes next.
"""

import threading
from collections.abc import Callable


class Workers:
    """At most ``most`` threads that do ``work``; the methods are called with ``changed`` held."""

    def __init__(self, changed: threading.Condition, most: int, work: Callable[[], None]) -> None:
        self.threads: list[threading.Thread] = []
        self._changed = changed
        self._most = most
        self._work = work
        self._idle = 0

    def call(self) -> None:
        """Have somebody look whether there is something to do; whoever finds it calls the next one."""
        if self._idle:
            # Counted here, not by whoever wakes up: until then another call would be for the same one.
            self._idle -= 1
            self._changed.notify()
        elif len(self.threads) < self._most:
            name = f"job-{len(self.threads)}"
            self.threads.append(threading.Thread(target=self._work, name=name, daemon=True))
            self.threads[-1].start()

    def rest(self) -> None:
        """Wait until there may be something to do."""
        self._idle += 1
        self._changed.wait()
