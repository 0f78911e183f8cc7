"""The trash: what was deleted, until it is brought back or the trash is emptied.

What goes in by itself, and what goes with it, the kinds of rows say. Knows nothing about jobs that run: one that is
still open stays until it has ended.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistants.errors import NotFound
from assistants.history.search import TITLE, moment
from assistants.history.snippets import shorten
from assistants.store import Store, now
from assistants.store.conversations import Conversations
from assistants.store.jobs import OPEN
from assistants.store.row_kinds import Ids, RowKinds

LIMIT = 200


@dataclass(frozen=True)
class Trashed:
    """A line of the trash; ``kind`` is the name of its kind of row; ``items``: how many, where it holds any."""

    id: str
    kind: str
    title: str
    deleted: str
    items: int | None


class Trash:
    """The trash of every owner; nobody reaches another's."""

    def __init__(self, store: Store, kinds: RowKinds, home: Path) -> None:
        self._store = store
        self._kinds = kinds
        self._home = home

    def put(self, owner: str, ids: list[str]) -> list[str]:
        """Move the owner's items into the trash, a reply with its conversation; return the ids for ``restore``."""
        return Conversations(self._store).delete_items(ids, owner)

    def list(self, owner: str) -> list[Trashed]:
        """Return what the owner deleted, the latest first, at most ``LIMIT`` lines."""
        lines = (
            f"SELECT id, '{kind.name}' AS kind, {kind.title} AS title, deleted, {kind.items} AS items"
            f" {kind.trashed} AND owner = :owner"
            for kind in self._kinds.in_trash
        )
        sql = f"{' UNION ALL '.join(lines)} ORDER BY deleted DESC LIMIT :limit"
        with self._store.read() as db:
            rows = db.execute(sql, {"owner": owner, "limit": LIMIT}).fetchall()
        return [Trashed(**{**row, "title": shorten(row["title"], TITLE)}) for row in rows]

    def restore(self, owner: str, trashed_id: str) -> None:
        """Bring back a line of the trash, a message with those before it; raises ``NotFound``."""
        with self._store.write() as db:
            for kind in self._kinds.in_trash:
                if not db.execute(f"SELECT 1 {kind.trashed} AND id = ? AND owner = ?", (trashed_id, owner)).fetchone():
                    continue
                if kind.restore:
                    kind.restore(self._store, trashed_id, owner)
                else:
                    db.execute(f"UPDATE {kind.table} SET deleted = NULL WHERE id = ?", (trashed_id,))
                return
        raise NotFound("There is no such item.")

    def empty(self, owner: str | None, until: datetime | None = None) -> int:
        """Delete for good what the owner (None: anybody) deleted before ``until``; return the number of items.

        What holds none counts as one.
        """
        with self._store.write() as db:
            gone: Ids = {}
            count = 0
            for rows in self._at_rest(db, owner, moment("until", until) or now()):
                count += not rows.get("jobs")
                for table, ids in rows.items():
                    gone.setdefault(table, set()).update(ids)
            paths = self._kinds.delete(db, gone)
        for path in paths:
            (self._home / path).unlink(missing_ok=True)
        return count + len(gone.get("jobs", ()))

    def _at_rest(self, db: Any, owner: str | None, until: str) -> Sequence[Ids]:
        """Return what has lain there since ``until``, each with what goes with it, unless a job of it is open."""
        where, values = "deleted <= ?", [until]
        if owner is not None:
            where, values = f"{where} AND owner = ?", [until, owner]
        found = [
            self._kinds.with_parts(db, {kind.table: [row[0]]})
            for kind in self._kinds.in_trash
            for row in db.execute(f"SELECT id {kind.trashed} AND {where}", values).fetchall()
        ]
        return [rows for rows in found if _is_at_rest(db, rows.get("jobs", ()))]

    def expire(self, days: int) -> int:
        """Empty everybody's trash of what was deleted more than ``days`` days ago."""
        return self.empty(None, datetime.now(UTC) - timedelta(days=days))


def _is_at_rest(db: Any, jobs: Any) -> bool:
    sql = f"SELECT 1 FROM jobs WHERE id IN (SELECT value FROM json_each(?)) AND status IN {OPEN}"
    return not jobs or db.execute(sql, (json.dumps(list(jobs)),)).fetchone() is None
