"""The rows that people have of the playground: experiments by name, and the answers that its items had."""

from collections.abc import Iterable
from typing import Any

from assistants.store.row_kinds import Hit, Part, RowKind


def _find(studio: Any, owner: str, q: str, limit: int) -> Iterable[Hit]:
    """Find the owner's experiments by name; every word of ``q`` stands somewhere in it."""
    words, kept = q.casefold().split(), studio.history.experiments.list(owner)
    found = [one for one in kept if all(word in one.name.casefold() for word in words)]
    return [Hit(one.id, one.name, time=one.updated) for one in found[:limit]]


ROWS = (
    RowKind(
        "experiment",
        "experiments",
        tab="playground",
        parameters=("experiment", "run"),
        icon="columns",
        find=_find,
        order=5,
        parts=(Part("answers", "job", "jobs"),),
    ),
)
