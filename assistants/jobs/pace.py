"""How often somebody may do something within a minute. Knows nothing about who they are or what they do."""

import threading
import time
from collections import deque

SECONDS = 60.0
# Of so many the last times are kept; whoever did something longest ago is forgotten for a new one.
KEYS = 2000


class Pace:
    """When each of the last ``KEYS`` keys did something; may be asked from any thread."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str, limit: int) -> bool:
        """Note that ``key`` does it now, unless it did so ``limit`` times in the last minute; say whether it may."""
        with self._lock:
            moment, times = time.monotonic(), self._times.pop(key, None) or deque()
            self._times[key] = times
            if len(self._times) > KEYS:
                del self._times[next(iter(self._times))]
            while times and moment - times[0] >= SECONDS:
                times.popleft()
            if len(times) >= limit:
                return False
            times.append(moment)
            return True
