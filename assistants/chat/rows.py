"""What chat keeps: conversations, their messages, and the links by which others read them."""

import json
from collections.abc import Iterator
from typing import Any

from assistants.store.conversations import DELETED_MESSAGES, Conversations
from assistants.store.row_kinds import Entry, Hit, Part, RowKind

# Messages that no job of this studio wrote, which are in no item.
COPIED = """
    SELECT messages.conversation, conversations.title, conversations.source, messages.id, messages.parent,
           messages.role, messages.text, messages.reasoning, messages.model, messages.created
    FROM messages JOIN conversations ON conversations.id = messages.conversation
    WHERE conversations.deleted IS NULL AND messages.deleted IS NULL AND (:owner IS NULL OR owner = :owner)
          AND messages.id IN (SELECT message FROM message_words)
    ORDER BY messages.rowid
"""


def _find(studio: Any, owner: str, q: str, limit: int) -> list[Hit]:
    """Find the owner's conversations by title and text."""
    found = studio.history.conversations.list(owner, q, limit=limit)
    return [Hit(one.id, one.title, time=one.updated) for one in found]


def _exported(db: Any, owner: str | None) -> Iterator[Entry]:
    """Yield the messages that were copied or brought in, as JSON Lines; all others are with the items."""
    rows = db.execute(COPIED, {"owner": owner}).fetchall()
    if rows:
        lines = (json.dumps(dict(row), ensure_ascii=False).encode() + b"\n" for row in rows)
        yield Entry("messages.jsonl", lines)


ROWS = (
    RowKind("share", "shares", order=90),
    RowKind(
        "conversation",
        "conversations",
        tab="chat",
        parameters=("chat",),
        icon="edit",
        find=_find,
        order=1,
        is_recent=True,
        title="title",
        items="(SELECT count(*) FROM messages WHERE conversation = conversations.id AND job IS NOT NULL)",
        restore=lambda store, id, owner: Conversations(store).restore(id, owner),
        export=_exported,
        uploads=(
            "SELECT text FROM messages JOIN conversations ON conversations.id = messages.conversation WHERE owner = ?"
        ),
    ),
    RowKind(
        "message",
        "messages",
        owner="",
        title="title",
        from_rows=DELETED_MESSAGES,
        restore=lambda store, id, owner: Conversations(store).restore_branch(id, owner),
        parts=(
            Part("messages", "conversation", "conversations"),
            Part("messages", "parent", "messages"),
            Part("message_words", "message", "messages"),
            Part("shares", "conversation", "conversations"),
            Part("jobs", "id", "messages", "job"),
        ),
    ),
)
