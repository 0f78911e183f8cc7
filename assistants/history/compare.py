"""Two items side by side: which inputs differ, and where the two outputs do.

Knows nothing about how differences are drawn.
"""

import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from assistants.history.fulltext import CJK
from assistants.history.jobs import JobRow

# Words, single CJK characters, whitespace, signs.
PIECES = re.compile(rf"[{CJK}]|[^\W_{CJK}]+|\s+|[\W_]")
# Comparing takes time by the square: longer texts are compared by their lines, and very many lines not at all.
MAX_PIECES = 3000


@dataclass(frozen=True)
class Difference:
    """One input of both items; None where an item lacks it."""

    name: str
    left: str | None
    right: str | None

    @property
    def same(self) -> bool:
        """Whether both are equal."""
        return self.left == self.right


@dataclass(frozen=True)
class Piece:
    """A stretch of the outputs: ``same`` in both, ``removed`` (only left) or ``added`` (only right)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Comparison:
    """All inputs of both items, and their outputs as one sequence of pieces."""

    inputs: list[Difference]
    output: list[Piece]


def compare(left: JobRow, right: JobRow) -> Comparison:
    """Return what differs between two items."""
    ours, theirs = inputs(left), inputs(right)
    names = list(dict.fromkeys([*ours, *theirs]))
    return Comparison(
        [Difference(name, ours.get(name), theirs.get(name)) for name in names], pieces(left.output, right.output)
    )


def inputs(job: JobRow) -> dict[str, str]:
    """Return what a job was asked, by dotted name, as text."""
    return {"model": job.model or "", "message": job.input, **flat(job.request)}


def flat(data: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the leaves of nested objects by dotted name."""
    found: dict[str, str] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif prefix or name not in ("model", "message"):
            found[prefix + name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return found


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
