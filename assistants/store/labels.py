"""The folders that conversations are kept in, and their tags: names that are there as long as a conversation has them.

Knows nothing about what is said in one.
"""

from __future__ import annotations

import json
from typing import Any

from assistants.errors import InvalidInput, NotFound
from assistants.requests import one_line
from assistants.store import Store
from assistants.store.conversation_rows import Label

MAX_LABEL = 60
MAX_TAGS = 20


class Labels:
    """The folders and tags of every owner; nobody reaches another's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def file(self, conversation_id: str, owner: str, folder: str) -> None:
        """Keep a conversation in a folder, which is there while something is in it; empty takes it out."""
        folder = one_line(folder, MAX_LABEL, "folder") if folder.strip() else ""
        self._set(conversation_id, owner, "folder", folder)

    def tag(self, conversation_id: str, owner: str, tags: list[str]) -> None:
        """Give a conversation these tags in place of those that it has."""
        if len(tags) > MAX_TAGS:
            raise InvalidInput("tags", "{field} may hold at most {max_length} entries.", max_length=MAX_TAGS)
        named = dict.fromkeys(one_line(tag, MAX_LABEL, "tags") for tag in tags)
        self._set(conversation_id, owner, "tags", json.dumps(list(named), ensure_ascii=False))

    def folders(self, owner: str) -> list[Label]:
        """Return the owner's folders by their names."""
        sql = "SELECT folder, count(*) FROM conversations WHERE owner = ? AND deleted IS NULL AND folder != ''"
        return self._labels(f"{sql} GROUP BY folder", owner)

    def tags(self, owner: str) -> list[Label]:
        """Return the owner's tags by their names."""
        sql = "SELECT value, count(*) FROM conversations, json_each(tags) WHERE owner = ? AND deleted IS NULL"
        return self._labels(f"{sql} GROUP BY value", owner)

    def _labels(self, sql: str, owner: str) -> list[Label]:
        with self._store.read() as db:
            found = [Label(*row) for row in db.execute(sql, (owner,))]
        return sorted(found, key=lambda one: one.name.casefold())

    def rename_folder(self, owner: str, folder: str, name: str) -> None:
        """Give a folder another name, or empty it into none; one of the new name takes in what was in it."""
        name = one_line(name, MAX_LABEL, "name") if name.strip() else ""
        with self._store.write() as db:
            changed = db.execute(
                "UPDATE conversations SET folder = ? WHERE owner = ? AND folder = ? AND folder != ''",
                (name, owner, folder),
            )
            if not changed.rowcount:
                raise NotFound("There is no such folder.")

    def _set(self, conversation_id: str, owner: str, column: str, value: Any) -> None:
        sql = f"UPDATE conversations SET {column} = ? WHERE id = ? AND owner = ? AND deleted IS NULL"
        with self._store.write() as db:
            if not db.execute(sql, (value, conversation_id, owner)).rowcount:
                raise NotFound("There is no such conversation.")
