"""A log that nobody can fill: of warnings of one kind, only so many are written in a minute.

What strangers send can be wrong as often as they like. Knows nothing about what is wrong.
"""

import logging
from collections import Counter

from assistants.jobs.pace import Pace

LINES = 10
KINDS = 1000


class Sparing(logging.Filter):
    """Lets warnings and errors of one kind through ``LINES`` times a minute, then says how many it left out."""

    def __init__(self) -> None:
        super().__init__()
        self._pace = Pace()
        self._left_out: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is written."""
        if record.levelno < logging.WARNING:
            return True
        kind = f"{record.name} {record.msg}"
        if not self._pace.take(kind, LINES):
            if len(self._left_out) < KINDS:
                self._left_out[kind] += 1
            return False
        if more := self._left_out.pop(kind, 0):
            record.msg = f"{record.msg} (and {more} more of this kind)"
        return True


def spare(*names: str) -> None:
    """Write the logs of these names sparingly, wherever they go to."""
    sparing = Sparing()
    for handler in {handler for name in names for handler in logging.getLogger(name).handlers}:
        handler.addFilter(sparing)
