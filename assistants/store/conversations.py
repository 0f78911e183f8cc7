"""Conversations: trees of messages, of which one branch at a time is active.

A reply's words are the output of the job that writes it, so nothing is copied when it ends or breaks off; ``text`` of
its row is what stood before the job began (a continued reply). Appending costs the same at message 5 and at message
5,000, and a page reads a window of the branch. Knows nothing about models or prompts.
"""

from __future__ import annotations

import json
from typing import Any

from assistants.errors import NotFound
from assistants.requests import one_line
from assistants.store import Store, new_id, now
from assistants.store.conversation_rows import Conversation, Hit, Turn, Window
from assistants.store.conversation_search import hits, wanted
from assistants.store.jobs import OPEN

__all__ = ["Conversation", "Conversations", "Hit", "Turn", "Window"]

MAX_TITLE = 120
# More turns than any branch has.
WHOLE = 1_000_000

TURN = (
    "messages.*, jobs.status, coalesce(jobs.model, messages.model) AS by_model, jobs.model_sha256, jobs.output,"
    " coalesce(jobs.reasoning, messages.reasoning) AS thoughts, jobs.error, jobs.usage"
)

BRANCH = f"""
    WITH RECURSIVE branch (id, depth) AS (
        SELECT :start, 0
        UNION ALL
        SELECT messages.parent, depth + 1 FROM branch JOIN messages ON messages.id = branch.id
        WHERE messages.parent IS NOT NULL AND depth < :limit
    )
    SELECT {TURN} FROM branch JOIN messages ON messages.id = branch.id LEFT JOIN jobs ON jobs.id = messages.job
    ORDER BY depth DESC
"""

BELOW = """
    WITH RECURSIVE below (id) AS (
        SELECT :top UNION ALL SELECT messages.id FROM below JOIN messages ON messages.parent = below.id
    )
"""

# What was deleted inside of conversations that were not.
DELETED_MESSAGES = """(
    SELECT messages.id, conversations.owner, messages.deleted,
           CASE WHEN messages.text = '' THEN coalesce(jobs.output, '') ELSE messages.text END AS title
    FROM messages JOIN conversations ON conversations.id = messages.conversation
    LEFT JOIN jobs ON jobs.id = messages.job WHERE conversations.deleted IS NULL
)"""


class Conversations:
    """The conversations of every owner; nobody reaches another's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hits(self, conversations: list[str], q: str) -> dict[str, Hit]:
        """Return for each of some conversations the latest reply in which, or in whose question, all words stand."""
        with self._store.read() as db:
            return hits(db, conversations, q)

    def get(self, conversation_id: str, owner: str) -> Conversation:
        """Return the owner's conversation or raise ``NotFound``."""
        with self._store.read() as db:
            row = db.execute(
                "SELECT * FROM conversations WHERE id = ? AND owner = ? AND deleted IS NULL", (conversation_id, owner)
            ).fetchone()
        if row is None:
            raise NotFound("There is no such conversation.")
        return self._conversation(row)

    @staticmethod
    def _conversation(row: Any) -> Conversation:
        own = {name: row[name] for name in ("id", "title", "leaf", "created", "updated", "folder", "source")}
        lists = {name: json.loads(row[name]) for name in ("settings", "tags")}
        pinned, temporary = bool(row["pinned"]), bool(row["temporary"])
        return Conversation(**own, **lists, pinned=pinned, temporary=temporary)

    def create(self, owner: str, title: str, settings: dict[str, Any] | None = None, *, temporary: bool = False) -> str:
        """Begin a conversation and return its id."""
        moment = now()
        row: dict[str, Any] = {"id": new_id(), "owner": owner, "title": title, "created": moment, "updated": moment}
        row |= {"settings": json.dumps(settings or {}, ensure_ascii=False), "settled": moment}
        row |= {"temporary": int(temporary)}
        with self._store.write() as db:
            db.table("conversations").insert(row)
        return row["id"]

    def rename(self, conversation_id: str, owner: str, title: str) -> None:
        """Give a conversation another title."""
        self._change(conversation_id, owner, "title = ?", one_line(title, MAX_TITLE, "title"))

    def pin(self, conversation_id: str, owner: str, pinned: bool) -> None:
        """Keep a conversation at the top of the list, or no longer."""
        self._change(conversation_id, owner, "pinned = ?", int(pinned))

    def settle(self, conversation_id: str, owner: str, settings: dict[str, Any]) -> None:
        """Give a conversation other settings."""
        with self._store.write():
            self._change(conversation_id, owner, "settings = ?", json.dumps(settings, ensure_ascii=False))
            self._change(conversation_id, owner, "settled = ?", now())

    def last_settings(self, owner: str) -> dict[str, Any]:
        """Return the settings of the conversation that was written in, or whose settings were chosen, last."""
        sql = """
            SELECT settings FROM conversations WHERE owner = ? AND deleted IS NULL AND NOT temporary
            ORDER BY max(updated, coalesce(settled, '')) DESC LIMIT 1
        """
        with self._store.read() as db:
            row = db.execute(sql, (owner,)).fetchone()
        return json.loads(row["settings"]) if row else {}

    def open_jobs(self, conversation_id: str) -> list[str]:
        """Return the jobs that write in a conversation now; for callers that know the owner."""
        sql = f"SELECT jobs.id FROM messages JOIN jobs ON jobs.id = job WHERE conversation = ? AND status IN {OPEN}"
        with self._store.read() as db:
            return [row[0] for row in db.execute(sql, (conversation_id,))]

    def temporary(self, before: str) -> list[str]:
        """Return everybody's temporary conversations in which nothing was said since a moment."""
        with self._store.read() as db:
            sql = "SELECT id FROM conversations WHERE temporary AND updated < ?"
            return [row[0] for row in db.execute(sql, (before,))]

    def delete(self, conversation_id: str, owner: str) -> None:
        """Hide a conversation and its items; ``restore`` brings them back."""
        stamp = now()
        with self._store.write() as db:
            self._change(conversation_id, owner, "deleted = ?", stamp)
            db.execute(
                "UPDATE jobs SET deleted = ? WHERE deleted IS NULL"
                " AND id IN (SELECT job FROM messages WHERE conversation = ?)",
                (stamp, conversation_id),
            )

    def delete_items(self, jobs: list[str], owner: str) -> list[str]:
        """Hide items, a reply with its whole conversation; return the ids of what is hidden by itself.

        So no conversation is left without one of its replies. Raises ``NotFound``.
        """
        sql = """
            SELECT (SELECT conversation FROM messages WHERE job = jobs.id) FROM jobs
            WHERE id = ? AND owner = ? AND deleted IS NULL
        """
        with self._store.write() as db:
            found = {job: db.execute(sql, (job, owner)).fetchone() for job in jobs}
            if None in found.values():
                raise NotFound("There is no such item.")
            for job, row in found.items():
                if not row[0]:
                    db.execute("UPDATE jobs SET deleted = ? WHERE id = ?", (now(), job))
            for conversation in {row[0] for row in found.values()} - {None}:
                self.delete(conversation, owner)
        return list(dict.fromkeys(row[0] or job for job, row in found.items()))

    def restore(self, conversation_id: str, owner: str) -> None:
        """Undo ``delete``."""
        with self._store.write() as db:
            db.execute(
                "UPDATE jobs SET deleted = NULL WHERE id IN (SELECT job FROM messages WHERE conversation = :id)"
                " AND deleted = (SELECT deleted FROM conversations WHERE id = :id AND owner = :owner)",
                {"id": conversation_id, "owner": owner},
            )
            self._change(conversation_id, owner, "deleted = ?", None, deleted=True)

    def _change(self, conversation_id: str, owner: str, change: str, value: Any, deleted: bool = False) -> None:
        state = "IS NOT NULL" if deleted else "IS NULL"
        with self._store.write() as db:
            changed = db.execute(
                f"UPDATE conversations SET {change} WHERE id = ? AND owner = ? AND deleted {state}",
                (value, conversation_id, owner),
            )
            if not changed.rowcount:
                raise NotFound("There is no such conversation.")

    # The tree

    def window(self, conversation_id: str, owner: str, limit: int = 30, before: str | None = None) -> Window:
        """Return the last ``limit`` turns of the active branch, or those that come before a message."""
        conversation = self.get(conversation_id, owner)
        start = self.message(before, owner).parent if before else conversation.leaf
        return self.branch(conversation_id, start, limit)

    def branch(self, conversation_id: str, start: str | None, limit: int) -> Window:
        """Return the turns that lead to message ``start``, at most ``limit``; for callers that know the owner."""
        with self._store.read() as db:
            rows = db.execute(BRANCH, {"start": start, "limit": limit}).fetchall()
            earlier, rows = len(rows) > limit, rows[-limit:]
            siblings = self._siblings(db, conversation_id, {row["parent"] for row in rows})
            notes = self._notes(db, [row["job"] for row in rows if row["job"]])
        turns = [self._turn(row, siblings[row["parent"]], notes.get(row["job"], [])) for row in rows]
        return Window(turns, earlier)

    def tree(self, conversation_id: str, owner: str) -> list[Turn]:
        """Return all messages of a conversation in the order in which they came: each after the one that it answers."""
        self.get(conversation_id, owner)
        with self._store.read() as db:
            rows = db.execute(
                f"SELECT {TURN} FROM messages LEFT JOIN jobs ON jobs.id = messages.job"
                " WHERE messages.conversation = ? AND messages.deleted IS NULL ORDER BY messages.rowid",
                (conversation_id,),
            ).fetchall()
        # What follows a message that was deleted is not shown, either.
        kept: set[str | None] = {None}
        for row in rows:
            if row["parent"] in kept:
                kept.add(row["id"])
        return [self._turn(row, [], []) for row in rows if row["id"] in kept]

    @staticmethod
    def _siblings(db: Any, conversation_id: str, parents: set[str | None]) -> dict[str | None, list[str]]:
        found: dict[str | None, list[str]] = {parent: [] for parent in parents}
        marks = ", ".join("?" * len(parents))
        rows = db.execute(
            "SELECT id, parent FROM messages WHERE conversation = ? AND deleted IS NULL"
            f" AND (parent IN ({marks}) OR (parent IS NULL AND ?)) ORDER BY rowid",
            (conversation_id, *parents, None in parents),
        )
        for row in rows:
            found[row["parent"]].append(row["id"])
        return found

    @staticmethod
    def _notes(db: Any, jobs: list[str]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        marks = ", ".join("?" * len(jobs))
        rows = db.execute(f"SELECT job, data FROM events WHERE kind = 'part' AND job IN ({marks})", jobs)
        for row in rows:
            part = json.loads(row["data"])
            if part["name"] == "note":
                found.setdefault(row["job"], []).append(part["data"])
        return found

    @staticmethod
    def _turn(row: Any, siblings: list[str], notes: list[dict[str, Any]]) -> Turn:
        return Turn(
            id=row["id"],
            conversation=row["conversation"],
            parent=row["parent"],
            role=row["role"],
            text=row["text"] + (row["output"] or ""),
            status=row["status"] or "done",
            job=row["job"],
            model=row["by_model"],
            created=row["created"],
            before=row["text"] if row["job"] else "",
            failure=json.loads(row["error"]) if row["error"] else None,
            usage=json.loads(row["usage"]) if row["usage"] else None,
            reasoning=row["thoughts"] or "",
            siblings=siblings,
            notes=notes,
            model_sha256=row["model_sha256"],
        )

    def message(self, message_id: str, owner: str, deleted: bool = False) -> Turn:
        """Return one of the owner's messages or raise ``NotFound``; ``deleted`` asks for one that was deleted."""
        state = "IS NOT NULL" if deleted else "IS NULL"
        with self._store.read() as db:
            row = db.execute(
                f"SELECT {TURN} FROM messages JOIN conversations ON conversations.id = messages.conversation"
                " LEFT JOIN jobs ON jobs.id = messages.job WHERE messages.id = ? AND conversations.owner = ?"
                f" AND conversations.deleted IS NULL AND messages.deleted {state}",
                (message_id, owner),
            ).fetchone()
        if row is None:
            raise NotFound("There is no such message.")
        return self._turn(row, [], [])

    def append(self, conversation_id: str, parent: str | None, role: str, text: str, job: str | None = None) -> str:
        """Add a message below ``parent``, make its branch the active one and return its id."""
        message, moment = new_id(), now()
        row = {
            "id": message,
            "conversation": conversation_id,
            "parent": parent,
            "role": role,
            "text": text,
            "job": job,
            "created": moment,
        }
        with self._store.write() as db:
            db.table("messages").insert(row)
            db.execute(
                "UPDATE conversations SET leaf = ?, updated = ? WHERE id = ?",
                (message, moment, conversation_id),
            )
        return message

    def select(self, message_id: str, owner: str) -> None:
        """Make the branch through this message the active one, down to its latest end."""
        message = self.message(message_id, owner)
        with self._store.write() as db:
            self._set_leaf(db, message.conversation, self._end_below(db, message_id))

    def delete_message(self, message_id: str, owner: str) -> None:
        """Hide a message and what follows it; the nearest alternative becomes the active branch."""
        message = self.message(message_id, owner)
        with self._store.write() as db:
            stamp = now()
            db.execute("UPDATE messages SET deleted = ? WHERE id = ?", (stamp, message_id))
            self._mark_jobs_below(db, message_id, stamp, "deleted IS NULL")
            alternative = db.execute(
                "SELECT id FROM messages WHERE conversation = ? AND parent IS ? AND deleted IS NULL"
                " ORDER BY rowid DESC LIMIT 1",
                (message.conversation, message.parent),
            ).fetchone()
            leaf = self._end_below(db, alternative["id"]) if alternative else message.parent
            self._set_leaf(db, message.conversation, leaf)

    def restore_message(self, message_id: str, owner: str) -> None:
        """Undo ``delete_message``."""
        message = self.message(message_id, owner, deleted=True)
        with self._store.write() as db:
            stamp = db.execute("SELECT deleted FROM messages WHERE id = ?", (message_id,)).fetchone()[0]
            db.execute("UPDATE messages SET deleted = NULL WHERE id = ?", (message_id,))
            self._mark_jobs_below(db, message_id, None, f"deleted = '{stamp}'")
            self._set_leaf(db, message.conversation, self._end_below(db, message_id))

    def restore_branch(self, message_id: str, owner: str) -> None:
        """Undo ``delete_message`` of a message and of those that it follows."""
        with self._store.write() as db:
            chain: list[str] = []
            above: str | None = message_id
            while above:
                row = db.execute("SELECT parent, deleted FROM messages WHERE id = ?", (above,)).fetchone()
                if row["deleted"] or above == message_id:
                    chain.append(above)
                above = row["parent"]
            for one in reversed(chain):
                self.restore_message(one, owner)

    @staticmethod
    def _mark_jobs_below(db: Any, top: str, stamp: str | None, which: str) -> None:
        db.execute(
            f"{BELOW} UPDATE jobs SET deleted = :stamp WHERE {which}"
            " AND id IN (SELECT job FROM messages JOIN below ON below.id = messages.id)",
            {"top": top, "stamp": stamp},
        )

    @staticmethod
    def _end_below(db: Any, message_id: str) -> str:
        child: Any = {"id": message_id}
        while child:
            message_id = child["id"]
            child = db.execute(
                "SELECT id FROM messages WHERE parent = ? AND deleted IS NULL ORDER BY rowid DESC LIMIT 1",
                (message_id,),
            ).fetchone()
        return message_id

    @staticmethod
    def _set_leaf(db: Any, conversation_id: str, leaf: str | None) -> None:
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (leaf, conversation_id))

    # The list: behind all that calls the type by that name

    def list(
        self, owner: str, q: str = "", limit: int = 50, offset: int = 0, folder: str = "", tag: str = ""
    ) -> list[Conversation]:
        """Return the owner's conversations, pinned ones first, then the latest; ``q`` looks in titles and texts.

        Of a ``folder`` or with a ``tag``, where they are named.
        """
        where, values = wanted(owner, q, folder, tag)
        order = "pinned DESC, updated DESC LIMIT ? OFFSET ?"
        with self._store.read() as db:
            rows = db.execute(
                f"SELECT * FROM conversations WHERE {where} ORDER BY {order}", [*values, limit, offset]
            ).fetchall()
        return [self._conversation(row) for row in rows]
