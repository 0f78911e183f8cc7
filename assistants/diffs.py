"""Two texts as one sequence of what stands in both, was removed and was added. Knows nothing about what they are."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial

from assistants import bounded
from assistants.bounded import Budget, OverBudget
from assistants.words import CJK

# Words, single CJK characters, whitespace, signs.
PIECES = re.compile(rf"[{CJK}]|[^\W_{CJK}]+|\s+|[\W_]")
# Comparing takes time by the square: longer texts are compared by their lines, and very many lines not at all.
MAX_PIECES = 3000
# What repeats itself takes much more time than so many words as people write them.
BUDGET = Budget(5, 300, "checks")


@dataclass(frozen=True)
class Piece:
    """A stretch of the outputs: ``same`` in both, ``removed`` (only left) or ``added`` (only right)."""

    kind: str
    text: str


def pieces(left: str, right: str) -> list[Piece]:
    """Return two texts as one sequence of same, removed and added pieces."""
    for split in (PIECES.findall, partial(str.splitlines, keepends=True)):
        ours, theirs = split(left), split(right)
        if max(len(ours), len(theirs)) <= MAX_PIECES:
            with suppress(OverBudget):
                return _pieces(ours, theirs)
    return _pieces([left], [right])


def steps(ours: list[str], theirs: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """Return difflib's steps from ``ours`` to ``theirs``. Runs in a child."""
    return SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()


def _pieces(ours: list[str], theirs: list[str]) -> list[Piece]:
    found: list[Piece] = []
    for kind, a, b, c, d in bounded.call(steps, ours, theirs, field="text", budget=BUDGET):
        if kind == "equal":
            found.append(Piece("same", "".join(ours[a:b])))
        if kind in ("delete", "replace"):
            found.append(Piece("removed", "".join(ours[a:b])))
        if kind in ("insert", "replace"):
            found.append(Piece("added", "".join(theirs[c:d])))
    return found
