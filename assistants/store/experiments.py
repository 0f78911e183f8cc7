"""Experiments of the playground by name, and the answers it had, so that the same question costs nothing again.

An answer goes for good with the job that had it. Knows nothing about what a request or an answer says.
"""

import json
from dataclasses import dataclass
from typing import Any

from assistants.errors import NotFound
from assistants.requests import one_line
from assistants.store import Store, new_id, now

MAX_NAME = 200
LIMIT = 500


@dataclass(frozen=True)
class Experiment:
    """A request that was kept under a name; ``request`` is None in lists."""

    id: str
    name: str
    created: str
    updated: str
    request: dict[str, Any] | None = None


class Experiments:
    """The experiments of every owner; nobody reaches another's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, owner: str) -> list[Experiment]:
        """Return the owner's experiments, the latest first, without their requests."""
        sql = "SELECT id, name, created, updated FROM experiments WHERE owner = ? ORDER BY updated DESC, id LIMIT ?"
        with self._store.read() as db:
            return [Experiment(**row) for row in db.execute(sql, (owner, LIMIT))]

    def get(self, id: str, owner: str) -> Experiment:
        """Return the owner's experiment or raise ``NotFound``."""
        sql = "SELECT id, name, created, updated, request FROM experiments WHERE id = ? AND owner = ?"
        with self._store.read() as db:
            row = db.execute(sql, (id, owner)).fetchone()
        if row is None:
            raise NotFound("There is no such experiment.")
        return Experiment(**{**row, "request": json.loads(row["request"])})

    def save(self, owner: str, name: str, request: dict[str, Any], id: str | None = None) -> Experiment:
        """Keep a request under a name: a new experiment, or what becomes of the one of that id."""
        name = one_line(name, MAX_NAME)
        text, moment = json.dumps(request, ensure_ascii=False), now()
        with self._store.write() as db:
            if id is None:
                id = new_id()
                row = {"id": id, "owner": owner, "name": name, "request": text, "created": moment, "updated": moment}
                db.table("experiments").insert(row)
            else:
                self.get(id, owner)
                values = (name, text, moment, id)
                db.execute("UPDATE experiments SET name = ?, request = ?, updated = ? WHERE id = ?", values)
        return self.get(id, owner)

    def delete(self, id: str, owner: str) -> None:
        """Delete the owner's experiment for good; what it made stays in the history."""
        with self._store.write() as db:
            deleted = db.execute("DELETE FROM experiments WHERE id = ? AND owner = ?", (id, owner))
            if not deleted.rowcount:
                raise NotFound("There is no such experiment.")


class Answers:
    """What models answered, by owner and a key that stands for all that was asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, owner: str, key: str) -> dict[str, Any] | None:
        """Return the answer that the owner had, unless it lies in the trash."""
        sql = (
            "SELECT answers.answer FROM answers JOIN jobs ON jobs.id = answers.job"
            " WHERE answers.key = ? AND jobs.owner = ? AND jobs.deleted IS NULL LIMIT 1"
        )
        with self._store.read() as db:
            row = db.execute(sql, (key, owner)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, job: str, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer that a job had."""
        row = {"key": key, "job": job, "answer": json.dumps(answer, ensure_ascii=False)}
        with self._store.write() as db:
            db.table("answers").insert(row, replace=True)
