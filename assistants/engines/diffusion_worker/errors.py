"""What can go wrong in the program, in terms that the studio understands. Knows no library."""

from typing import Any


class Refused(Exception):
    """The request cannot be served: a field of it, an English sentence and its values."""

    def __init__(self, field: str, template: str, **values: Any) -> None:
        super().__init__(template)
        self.told = {"field": field, "template": template, "values": values}


class Stopped(Exception):
    """Nobody wants the drawing any more."""


def cause(error: BaseException) -> str:
    """Return the first line of an error, without a full stop."""
    text = str(error).strip()
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return "out of memory"
    return (text.splitlines() or [type(error).__name__])[0].rstrip(".")
