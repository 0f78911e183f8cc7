"""Messages that no job of this studio wrote: copies of a conversation, and conversations that came from elsewhere.

Their text stands in their own rows. Knows nothing about where they come from.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assistants.store import Store, new_id, now
from assistants.store.conversation_rows import Turn
from assistants.store.fulltext import indexable


@dataclass(frozen=True)
class Copy:
    """A message to be copied; ``id`` and ``parent`` are names within the copy. ``created`` is ISO 8601 in UTC."""

    id: str
    parent: str | None
    role: str
    text: str
    created: str
    model: str | None = None
    reasoning: str = ""


def of_turn(turn: Turn) -> Copy:
    """Return a message as a copy has it."""
    return Copy(turn.id, turn.parent, turn.role, turn.text, turn.created, turn.model, turn.reasoning.strip())


@dataclass(frozen=True)
class Copied:
    """A conversation to be made of copies; ``leaf`` is the last message of the branch that is shown."""

    title: str
    created: str
    updated: str
    leaf: str | None
    messages: Iterable[Copy]
    source: str = ""
    folder: str = ""
    settings: dict[str, Any] | None = None
    tags: tuple[str, ...] = ()


def insert(store: Store, owner: str, copied: Copied) -> str:
    """Keep a conversation, all of it or nothing, and return its id; a message comes after the one that it answers."""
    made, ids = new_id(), {}
    row = {"id": made, "owner": owner, "title": copied.title, "created": copied.created, "updated": copied.updated}
    row |= {"source": copied.source, "folder": copied.folder, "settled": now()}
    row |= {"settings": _json(copied.settings or {}), "tags": _json(list(copied.tags))}
    with store.write() as db:
        db.table("conversations").insert(row)
        for one in copied.messages:
            ids[one.id] = new_id()
            parent = None if one.parent is None else ids[one.parent]
            message = {"id": ids[one.id], "conversation": made, "parent": parent, "role": one.role, "text": one.text}
            message |= {"created": one.created, "model": one.model, "reasoning": one.reasoning}
            db.table("messages").insert(message)
            words = indexable(one.text, one.reasoning)
            db.execute("INSERT INTO message_words (message, text) VALUES (?, ?)", (ids[one.id], words))
        leaf = ids[copied.leaf] if copied.leaf is not None else None
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (leaf, made))
    return made


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
