"""Two items side by side: which inputs differ, and where the two outputs do.

Knows nothing about how differences are drawn.
"""

import json
from dataclasses import dataclass
from typing import Any

from assistants.diffs import Piece, pieces
from assistants.store.jobs import JobRow


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
    asked = leaves(job)
    return {name: one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for name, one in asked.items()}


def leaves(job: JobRow) -> dict[str, Any]:
    """Return what a job was asked, by dotted name, as the request has it."""
    return {"model": job.model or "", "message": job.input, **flat(job.request)}


def flat(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of nested objects by dotted name."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif prefix or name not in ("model", "message"):
            found[prefix + name] = value
    return found
