"""How often an address may ask: a visitor's name costs nothing to make anew, an address does.

Knows nothing about what is asked. Behind a proxy the server has put the client's own address in place of the proxy's.
"""

import time
from collections import deque

from starlette.requests import Request

from assistants.errors import QueueFull
from assistants.owners import is_operator

QUESTIONS = 20
SECONDS = 60.0
ADDRESSES = 5000


class Pace:
    """When each of the last addresses asked; the one that asked longest ago is forgotten when there are too many."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def take(self, address: str) -> bool:
        """Note a question, unless the address has asked too many within the last minute; say whether it may."""
        moment, times = time.monotonic(), self._times.pop(address, None) or deque(maxlen=QUESTIONS)
        self._times[address] = times
        if len(self._times) > ADDRESSES:
            del self._times[next(iter(self._times))]
        if len(times) == QUESTIONS and moment - times[0] < SECONDS:
            return False
        times.append(moment)
        return True


def pace(request: Request, owner: str) -> None:
    """Raise ``QueueFull`` where an address asks too often; the operator may."""
    address = request.client.host if request.client else ""
    if not is_operator(owner) and not request.app.state.pace.take(address):
        raise QueueFull("You ask faster than can be answered. Wait a minute.")
