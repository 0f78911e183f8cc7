"""The trash: what was deleted, until it is brought back or the trash is emptied.

A reply goes with its whole conversation, so that no conversation is left without one of its replies; a message deleted
inside a conversation takes what follows it along. Knows nothing about jobs that run: one that is still open stays until
it has ended.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from assistants.errors import NotFound
from assistants.history.search import TITLE, moment
from assistants.history.snippets import shorten
from assistants.store import Store, now
from assistants.store.conversations import BELOW, Conversations
from assistants.store.files import Files
from assistants.store.jobs import OPEN
from assistants.store.pictures import Pictures
from assistants.store.prompts import PromptVersions

LIMIT = 200

LIST = """
    SELECT id, 'conversation' AS kind, title, deleted,
           (SELECT count(*) FROM messages WHERE conversation = conversations.id AND job IS NOT NULL) AS items
    FROM conversations WHERE owner = :owner AND deleted IS NOT NULL
    UNION ALL
    SELECT messages.id, 'message', CASE WHEN messages.text = '' THEN coalesce(jobs.output, '') ELSE messages.text END,
           messages.deleted, NULL
    FROM messages JOIN conversations ON conversations.id = messages.conversation
    LEFT JOIN jobs ON jobs.id = messages.job
    WHERE conversations.owner = :owner AND conversations.deleted IS NULL AND messages.deleted IS NOT NULL
    UNION ALL
    SELECT id, 'item', input, deleted, 1 FROM jobs
    WHERE owner = :owner AND deleted IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE job = jobs.id)
    UNION ALL
    SELECT id, 'prompt', name, deleted, NULL FROM prompts WHERE owner = :owner AND deleted IS NOT NULL
    UNION ALL
    SELECT id, 'draft', name, deleted, NULL FROM drafts WHERE owner = :owner AND deleted IS NOT NULL
    UNION ALL
    SELECT id, 'picture', prompt, deleted, NULL FROM pictures WHERE owner = :owner AND deleted IS NOT NULL
    ORDER BY deleted DESC LIMIT :limit
"""

# What may be emptied: jobs by themselves, whole conversations and drafts, and what hangs below a deleted message.
ITEMS = "SELECT id FROM jobs WHERE {} AND NOT EXISTS (SELECT 1 FROM messages WHERE job = jobs.id)"
CONVERSATIONS = "SELECT id FROM conversations WHERE {}"
DRAFTS = "SELECT id FROM drafts WHERE {}"
TOPS = """
    SELECT messages.id FROM messages JOIN conversations ON conversations.id = messages.conversation
    WHERE conversations.deleted IS NULL AND messages.{}
"""
INSIDE = "SELECT id, job FROM messages WHERE conversation = :top"
HANGING = f"{BELOW} SELECT messages.id, messages.job FROM messages JOIN below ON below.id = messages.id"


@dataclass(frozen=True)
class Trashed:
    """A line of the trash; ``kind`` is conversation, message, item, prompt, draft or picture; ``items``: how many."""

    id: str
    kind: str
    title: str
    deleted: str
    items: int | None


class Trash:
    """The trash of every owner; nobody reaches another's."""

    def __init__(
        self, store: Store, conversations: Conversations, files: Files, pictures: Pictures, prompts: PromptVersions
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._files = files
        self._pictures = pictures
        self._prompts = prompts

    def put(self, owner: str, ids: list[str]) -> list[str]:
        """Move the owner's items into the trash, a reply with its conversation; return the ids for ``restore``."""
        with self._store.write() as db:
            places = list(dict.fromkeys(self._place(db, owner, job) for job in ids))
            for conversation, job in places:
                if conversation:
                    self._conversations.delete(conversation, owner)
                else:
                    db.execute("UPDATE jobs SET deleted = ? WHERE id = ?", (now(), job))
        return [conversation or job for conversation, job in places]

    @staticmethod
    def _place(db: Any, owner: str, job: str) -> tuple[str | None, str]:
        row = db.execute(
            "SELECT (SELECT conversation FROM messages WHERE job = jobs.id) FROM jobs"
            " WHERE id = ? AND owner = ? AND deleted IS NULL",
            (job, owner),
        ).fetchone()
        if row is None:
            raise NotFound("There is no such item.")
        return (row[0], "") if row[0] else (None, job)

    def list(self, owner: str) -> list[Trashed]:
        """Return what the owner deleted, the latest first, at most ``LIMIT`` lines."""
        with self._store.read() as db:
            rows = db.execute(LIST, {"owner": owner, "limit": LIMIT}).fetchall()
        return [Trashed(**{**row, "title": shorten(row["title"], TITLE)}) for row in rows]

    def restore(self, owner: str, trashed_id: str) -> None:
        """Bring back a line of the trash, a message with those before it."""
        with self._store.write() as db:
            changed = db.execute(
                f"UPDATE jobs SET deleted = NULL WHERE id IN ({ITEMS.format('id = ? AND owner = ?')})"
                " AND deleted IS NOT NULL",
                (trashed_id, owner),
            )
            drafts = db.execute(
                "UPDATE drafts SET deleted = NULL WHERE id = ? AND owner = ? AND deleted IS NOT NULL",
                (trashed_id, owner),
            )
            found = changed.rowcount or drafts.rowcount or self._pictures.restore([trashed_id], owner)
            if found or self._prompts.restore(trashed_id, owner):
                return
            if db.execute("SELECT 1 FROM messages WHERE id = ?", (trashed_id,)).fetchone():
                return self._restore_message(db, owner, trashed_id)
            self._conversations.restore(trashed_id, owner)

    def _restore_message(self, db: Any, owner: str, message: str) -> None:
        chain: list[str] = []
        above: str | None = message
        while above:
            row = db.execute("SELECT parent, deleted FROM messages WHERE id = ?", (above,)).fetchone()
            if row["deleted"] or above == message:
                chain.append(above)
            above = row["parent"]
        for one in reversed(chain):
            self._conversations.restore_message(one, owner)

    def empty(self, owner: str | None, until: datetime | None = None) -> int:
        """Delete for good what the owner (None: anybody) deleted before ``until``; return the number of items."""
        with self._store.write() as db:
            last = moment("until", until) or now()
            self._prompts.empty(owner, last)
            doomed = _doomed(db, owner, last)
            pictures, paths = self._pictures.empty(db, owner, last)
            for job in doomed.jobs:
                paths += self._pictures.forget_job(db, job) + self._files.forget(db, job)
            _delete(db, doomed)
        for path in paths:
            path.unlink(missing_ok=True)
        return len(doomed.jobs) + len(doomed.drafts) + pictures

    def expire(self, days: int) -> int:
        """Empty everybody's trash of what was deleted more than ``days`` days ago."""
        return self.empty(None, datetime.now(UTC) - timedelta(days=days))


@dataclass(frozen=True)
class _Doomed:
    """The ids of what is to go."""

    jobs: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)
    drafts: set[str] = field(default_factory=set)


def _doomed(db: Any, owner: str | None, until: str) -> _Doomed:
    """Return what lies in the trash since before ``until`` and is at rest."""
    where, values = "deleted <= ?", [until]
    if owner is not None:
        where, values = f"{where} AND owner = ?", [until, owner]
    doomed = _Doomed()
    for row in db.execute(ITEMS.format(where), values).fetchall():
        if _is_at_rest(db, [row[0]]):
            doomed.jobs.add(row[0])
    for row in db.execute(CONVERSATIONS.format(where), values).fetchall():
        if _add_tree(db, doomed, INSIDE, row[0]):
            doomed.conversations.add(row[0])
    doomed.drafts.update(row[0] for row in db.execute(DRAFTS.format(where), values))
    for row in db.execute(TOPS.format(where), values).fetchall():
        _add_tree(db, doomed, HANGING, row[0])
    return doomed


def _add_tree(db: Any, doomed: _Doomed, sql: str, top: str) -> bool:
    """Add the messages that ``sql`` finds and their jobs, unless one of them is still being written."""
    messages = db.execute(sql, {"top": top}).fetchall()
    jobs = [message["job"] for message in messages if message["job"]]
    if not _is_at_rest(db, jobs):
        return False
    doomed.messages.update(message["id"] for message in messages)
    doomed.jobs.update(jobs)
    return True


def _is_at_rest(db: Any, jobs: list[str]) -> bool:
    sql = f"SELECT 1 FROM jobs WHERE id IN (SELECT value FROM json_each(?)) AND status IN {OPEN}"
    return db.execute(sql, (json.dumps(jobs),)).fetchone() is None


def _delete(db: Any, doomed: _Doomed) -> None:
    for sql, ids in (
        ("DELETE FROM events WHERE job = ?", doomed.jobs),
        ("DELETE FROM answers WHERE job = ?", doomed.jobs),
        ("DELETE FROM words WHERE rowid = (SELECT number FROM jobs WHERE id = ?)", doomed.jobs),
        ("DELETE FROM messages WHERE id = ?", doomed.messages),
        ("DELETE FROM jobs WHERE id = ?", doomed.jobs),
        ("DELETE FROM conversations WHERE id = ?", doomed.conversations),
        ("DELETE FROM draft_versions WHERE draft = ?", doomed.drafts),
        ("DELETE FROM drafts WHERE id = ?", doomed.drafts),
    ):
        db.conn.executemany(sql, [(one,) for one in ids])
