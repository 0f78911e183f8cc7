"""The kinds of rows that every assistant has: items, uploads, and what waits in a queue that is held back."""

from collections.abc import Iterable
from typing import Any

from assistants.store.row_kinds import Hit, Part, RowKind


def _find(studio: Any, owner: str, q: str, limit: int) -> Iterable[Hit]:
    """Find the owner's items."""
    found = studio.history.search(owner, q, limit=limit)
    return [Hit(one.id, one.title, one.snippet, one.created, one.assistant) for one in found]


ROWS = (
    RowKind(
        "item",
        "jobs",
        tab="history",
        parameters=("item", "made_with", "compare", "view"),
        icon="archive",
        find=_find,
        order=3,
        title="input",
        items="1",
        # A reply lies there with its conversation.
        from_rows="(SELECT * FROM jobs WHERE NOT EXISTS (SELECT 1 FROM messages WHERE job = jobs.id))",
        parts=(Part("events", "job", "jobs"), Part("words", "rowid", "jobs", "number")),
        uploads="SELECT request FROM jobs WHERE owner = ?",
    ),
    RowKind("file", "files", parts=(Part("files", "job", "jobs"),), path="files/{id}"),
    RowKind("pause", "paused", id=""),
)
