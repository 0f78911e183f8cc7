"""Two texts as one sequence of what stands in both, was removed and was added. Knows nothing about what they are."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistants.words import CJK

# Words, single CJK characters, whitespace, signs.
PIECES = re.compile(rf"[{CJK}]|[^\W_{CJK}]+|\s+|[\W_]")
# Comparing takes time by the square: longer texts are compared by their lines, and very many lines not at all.
MAX_PIECES = 3000


@dataclass(frozen=True)
class Piece:
    """A stretch of the outputs: ``same`` in both, ``removed`` (only left) or ``added`` (only right)."""

    kind: str
    text: str


def pieces(left: str, right: str) -> list[Piece]:
    """Return two texts as one sequence of same, removed and added pieces."""
    ours, theirs = PIECES.findall(left), PIECES.findall(right)
    if max(len(ours), len(theirs)) > MAX_PIECES:
        ours, theirs = left.splitlines(keepends=True), right.splitlines(keepends=True)
    if max(len(ours), len(theirs)) > MAX_PIECES:
        ours, theirs = [left], [right]
    found: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(ours[a:b])))
        if kind in ("delete", "replace"):
            found.append(Piece("removed", "".join(ours[a:b])))
        if kind in ("insert", "replace"):
            found.append(Piece("added", "".join(theirs[c:d])))
    return found
