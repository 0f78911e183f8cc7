"""What every form of export is made of: files by their paths, and names that are safe in them."""

import re

from assistants.provenance import NOTICE

Files = dict[str, bytes]
BEYOND = re.compile(r"[^a-z0-9_]")
# As a comment at the beginning of a text that is read by programs.
COMMENT = f"{NOTICE} (AIGC Studio)"


def identifier(id: str) -> str:
    """Return an id as a name in a script."""
    name = BEYOND.sub("_", id)
    return f"n{name}" if name[:1].isdigit() else name


def one_line(text: str) -> str:
    """Return a text without breaks of lines, which scripts go by."""
    return " ".join(text.split())
