"""What chat keeps: conversations, their messages, and the links by which others read them."""

from typing import Any

from assistants.store.conversations import DELETED_MESSAGES, Conversations
from assistants.store.row_kinds import Hit, Part, RowKind


def _find(studio: Any, owner: str, q: str, limit: int) -> list[Hit]:
    """Find the owner's conversations by title and text."""
    found = studio.history.conversations.list(owner, q, limit=limit)
    return [Hit(one.id, one.title, time=one.updated) for one in found]


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
