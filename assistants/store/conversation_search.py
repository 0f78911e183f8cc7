"""Conversations by their titles and by the words in them: of replies and what was asked, and of copies.

Knows nothing about how what is found is shown.
"""

import json
from typing import Any

from assistants.store.conversation_rows import Hit
from assistants.store.fulltext import escape_like, queries

# Of each conversation the latest message; SQLite takes the other columns from the row of the maximum.
HITS = """
    SELECT messages.conversation, messages.id, jobs.input, jobs.output, jobs.reasoning, max(messages.rowid)
    FROM messages JOIN jobs ON jobs.id = messages.job
    WHERE messages.conversation IN (SELECT value FROM json_each(?)) AND messages.deleted IS NULL
          AND jobs.number IN (SELECT rowid FROM words WHERE words MATCH ?)
    GROUP BY messages.conversation
"""

# The same of messages that no job of this studio wrote.
COPIED_HITS = """
    SELECT messages.conversation, messages.id, '' AS input, messages.text AS output, messages.reasoning,
           max(messages.id)
    FROM messages
    WHERE messages.conversation IN (SELECT value FROM json_each(?)) AND messages.deleted IS NULL
          AND messages.id IN (SELECT message FROM message_words WHERE message_words MATCH ?)
    GROUP BY messages.conversation
"""


def hits(db: Any, conversations: list[str], q: str) -> dict[str, Hit]:
    """Return for each of some conversations the latest reply in which, or in whose question, all words stand."""
    every_word, _ = queries(q)
    if not every_word:
        return {}
    asked = [json.dumps(conversations), every_word]
    rows = [*db.execute(COPIED_HITS, asked), *db.execute(HITS, asked)]
    texts = ("input", "output", "reasoning")
    return {row["conversation"]: Hit(row["id"], *(row[name] for name in texts)) for row in rows}


def wanted(owner: str, q: str, folder: str, tag: str) -> tuple[str, list[Any]]:
    """Return the SQL condition for conversations that fit, and its values."""
    where, values = "owner = ? AND deleted IS NULL AND NOT temporary", [owner]
    if folder:
        where, values = f"{where} AND folder = ?", [*values, folder]
    if tag:
        where, values = f"{where} AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)", [*values, tag]
    if q.strip():
        where += r" AND (title LIKE ? ESCAPE '\'"
        values.append(f"%{escape_like(q.strip())}%")
        every_word, _ = queries(q)
        if every_word:
            where += (
                " OR id IN (SELECT conversation FROM messages JOIN jobs ON jobs.id = messages.job"
                " WHERE jobs.number IN (SELECT rowid FROM words WHERE words MATCH ?))"
                " OR id IN (SELECT conversation FROM messages WHERE messages.deleted IS NULL"
                " AND messages.id IN (SELECT message FROM message_words WHERE message_words MATCH ?))"
            )
            values += [every_word, every_word]
        where += ")"
    return where, values
