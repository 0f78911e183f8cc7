"""What can go wrong in the program, in terms that the studio understands. Knows no library."""

from typing import Any

from worker_pipe import first_line


class Refused(Exception):
    """The request cannot be served: a field of it, an English sentence and its values."""

    def __init__(self, field: str, template: str, /, **values: Any) -> None:
        super().__init__(template)
        self.told = {"field": field, "template": template, "values": values}


class Stopped(Exception):
    """Nobody wants the drawing any more."""


def cause(error: Exception) -> str:
    """Return what an error says, in a few words."""
    text = str(error)
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return "out of memory"
    return first_line(error)
