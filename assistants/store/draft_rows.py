"""What a draft is in the database: its rows as records, and how one version follows another.

Works inside transactions that others opened, on drafts whose owner they have checked by ``row_of``. Knows nothing about
who may change what, or what a page asks for: that is ``drafts``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from assistants.errors import NotFound
from assistants.store import documents, new_id, now
from assistants.store.documents import Document
from assistants.store.jobs import OPEN

# So long typing goes into one version.
TYPING = timedelta(minutes=5)

# From a version up to the first, without their documents.
ABOVE = """
    WITH RECURSIVE above (id, parent, cause, job, depth) AS (
        SELECT id, parent, cause, job, 0 FROM draft_versions WHERE id = ?
        UNION ALL
        SELECT one.id, one.parent, one.cause, one.job, depth + 1
        FROM above JOIN draft_versions AS one ON one.id = above.parent
    )
    SELECT id, parent, cause, job FROM above ORDER BY depth
"""


@dataclass(frozen=True)
class Line:
    """A line of the list of drafts."""

    id: str
    name: str
    kind: str
    topic: str
    words: int
    created: str
    updated: str


@dataclass(frozen=True)
class Draft:
    """A draft as it stands; each section of the document has its ``revision`` and its ``count`` of words.

    A save names the revision that it is based on. ``job`` is the one that writes in it now.
    """

    id: str
    name: str
    kind: str
    brief: dict[str, Any]
    version: str
    document: Document
    words: int
    can_undo: bool
    can_redo: bool
    job: str | None
    created: str
    updated: str


@dataclass(frozen=True)
class Version:
    """One version; ``changed`` are the ids of the sections that differ from its parent's.

    Its document is there only where one version is asked for.
    """

    id: str
    parent: str | None
    cause: str
    job: str | None
    model: str | None
    changed: list[str]
    words: int
    created: str
    updated: str
    current: bool
    document: Document | None = None

    @property
    def whole(self) -> Document:
        """The document of one that was asked for by itself."""
        assert self.document is not None, "a list has none"
        return self.document


@dataclass(frozen=True)
class Alternate:
    """A text that a job once wrote for a section."""

    version: str
    text: str
    cause: str
    job: str
    model: str | None
    created: str
    words: int


@dataclass
class Change:
    """A new document for a draft, and how it came to be."""

    document: Document
    cause: str
    changed: list[str] = field(default_factory=list)
    job: str | None = None
    model: str | None = None


def row_of(db: Any, draft: str, owner: str) -> sqlite3.Row:
    """Return the row of the owner's draft or raise ``NotFound``."""
    sql = "SELECT * FROM drafts WHERE id = ? AND owner = ? AND deleted IS NULL"
    row = db.execute(sql, (draft, owner)).fetchone()
    if row is None:
        raise NotFound("There is no such draft.")
    return row


def job_of(db: Any, draft: str, owner: str) -> str | None:
    """Return the job that writes in the draft now or waits to, if there is one."""
    sql = (
        f"SELECT id FROM jobs WHERE status IN {OPEN} AND owner = ? AND json_extract(result, '$.draft') = ?"
        " ORDER BY number DESC"
    )
    row = db.execute(sql, (owner, draft)).fetchone()
    return row and row["id"]


def document_of(db: Any, version: str) -> Document:
    """Return the document of a version."""
    return json.loads(db.execute("SELECT document FROM draft_versions WHERE id = ?", (version,)).fetchone()[0])


def opened(db: Any, row: sqlite3.Row) -> Draft:
    """Return the draft of a row as it stands."""
    document = document_of(db, row["version"])
    sections = [
        {**section, "revision": documents.revision(section), "count": documents.count(section["text"])}
        for section in document["sections"]
    ]
    brief = json.loads(row["brief"])
    return Draft(
        id=row["id"],
        name=row["name"],
        kind=brief.get("kind", ""),
        brief=brief,
        version=row["version"],
        document={**document, "sections": sections},
        words=sum(section["count"] for section in sections),
        can_undo=last_job(db, row["version"])[1] is not None,
        can_redo=row["redo"] != "[]",
        job=job_of(db, row["id"], row["owner"]),
        created=row["created"],
        updated=row["updated"],
    )


def to_version(row: sqlite3.Row, current: str) -> Version:
    """Return the version of a row; ``current`` is the id of the current one."""
    fields = dict(row)
    for name in ("changed", "document"):
        if name in fields:
            fields[name] = json.loads(fields[name])
    return Version(**fields, current=row["id"] == current)


def last_job(db: Any, version: str) -> tuple[str, str | None]:
    """Return the last version that the last job above made in one go, and the version before its first.

    Drafting and the repair that follows it are two goes.
    """
    chain: Iterator[sqlite3.Row] = iter(db.execute(ABOVE, (version,)).fetchall())
    for row in chain:
        if row["job"]:
            last, go, target = row["id"], (row["job"], row["cause"] == "repair"), row["parent"]
            for above in chain:
                if (above["job"], above["cause"] == "repair") != go:
                    break
                target = above["parent"]
            return last, target
    return version, None


def commit(db: Any, row: sqlite3.Row, change: Change, parent: str | None = None, redo: list[str] | None = None) -> None:
    """Make a change the current version: below ``parent`` or the one that was current; nothing is left to redo."""
    current = row["version"]
    if not change.job and change.document == document_of(db, current):
        return
    if change.cause == "typing" and _takes_typing(db, current):
        _retype(db, current, change)
        point(db, row["id"], current, [])
    else:
        version = new_id()
        insert(db, version, row["id"], parent or current, change)
        point(db, row["id"], version, redo or [])


def _takes_typing(db: Any, version: str) -> bool:
    row = db.execute(
        "SELECT cause, created, EXISTS (SELECT 1 FROM draft_versions WHERE parent = :id) AS is_parent"
        " FROM draft_versions WHERE id = :id",
        {"id": version},
    ).fetchone()
    age = datetime.now(UTC) - datetime.fromisoformat(row["created"])
    return row["cause"] == "typing" and not row["is_parent"] and age < TYPING


def _retype(db: Any, version: str, change: Change) -> None:
    row = db.execute("SELECT changed FROM draft_versions WHERE id = ?", (version,)).fetchone()
    changed = sorted({*json.loads(row["changed"]), *change.changed})
    words = documents.count(documents.text_of(change.document))
    values = (to_json(change.document), to_json(changed), words, now(), version)
    db.execute("UPDATE draft_versions SET document = ?, changed = ?, words = ?, updated = ? WHERE id = ?", values)


def insert(db: Any, version: str, draft: str, parent: str | None, change: Change) -> None:
    """Write a version down, without making it the current one."""
    fields: dict[str, Any] = {"id": version, "draft": draft, "parent": parent, "cause": change.cause, "job": change.job}
    fields |= {"model": change.model, "changed": to_json(change.changed), "document": to_json(change.document)}
    fields |= {"words": documents.count(documents.text_of(change.document)), "created": now(), "updated": now()}
    db.table("draft_versions").insert(fields)


def point(db: Any, draft: str, version: str, redo: list[str]) -> None:
    """Make a version the current one."""
    values = (version, to_json(redo), now(), draft)
    db.execute("UPDATE drafts SET version = ?, redo = ?, updated = ? WHERE id = ?", values)


def to_json(value: Any) -> str:
    """Return ``value`` as it is stored: readable in every script."""
    return json.dumps(value, ensure_ascii=False)
