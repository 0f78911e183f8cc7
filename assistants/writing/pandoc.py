"""Pandoc, in its sandbox and within a budget: it opens no other file and no address, and is ended when it takes long.

Knows nothing about what it converts.
"""

from functools import cache

from assistants import bounded
from assistants.bounded import CONVERSION, LARGE, OverBudget

# Its own memory is bounded, so that it says so itself when it needs more.
BOUNDED = ("+RTS", f"-M{CONVERSION.megabytes // 2}m", "-RTS", "--sandbox", "--wrap=none", "--syntax-highlighting=none")
NO_MEMORY = 251


class Unreadable(ValueError):
    """Pandoc cannot read what it was given."""


def convert(content: bytes, source: str, target: str, *options: str) -> bytes:
    """Return ``content`` in another format; raises ``Unreadable`` and ``OverBudget``."""
    command = [_path(), *BOUNDED, f"--from={source}", f"--to={target}", "--output=-", *options]
    status, written = bounded.run(command, content, field="file", budget=CONVERSION)
    if status == NO_MEMORY:
        raise OverBudget("file", LARGE, limit=CONVERSION.megabytes // 2)
    if status:
        raise Unreadable
    return written


@cache
def _path() -> str:
    import pypandoc

    return pypandoc.get_pandoc_path()
