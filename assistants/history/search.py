"""One search over everything that was generated.

Knows the tables and the owner; knows nothing about how a hit is drawn.
"""

from dataclasses import dataclass
from typing import Any

from assistants.errors import InvalidInput
from assistants.history.fulltext import escape_like, queries
from assistants.history.store import Store

LIMIT = 200
TITLE, SNIPPET = 80, 160

COLUMNS = """
    SELECT jobs.number, jobs.id, jobs.assistant, jobs.status, jobs.model, jobs.created, jobs.finished,
           substr(jobs.input, 1, 400) AS input, substr(jobs.output, 1, 400) AS output,
           (SELECT conversation FROM messages WHERE messages.job = jobs.id) AS conversation
    FROM jobs
"""


@dataclass(frozen=True)
class Item:
    """A line of the history; ``number`` is the cursor for the next page."""

    number: int
    id: str
    assistant: str
    status: str
    model: str | None
    title: str
    snippet: str
    created: str
    finished: str | None
    conversation: str | None


def search(
    store: Store,
    owner: str,
    q: str,
    *,
    assistant: str | None,
    status: str | None,
    limit: int,
    before: int | None,
) -> list[Item]:
    """Return the owner's items, newest first, that match every filter and hold all the words of ``q``.

    If none does, the best matches for any of the words, best first and without further pages.
    """
    if not 1 <= limit <= LIMIT:
        raise InvalidInput("limit", "{field} must be between {low} and {high}.", low=1, high=LIMIT)
    where, values = ["jobs.owner = ?", "jobs.deleted IS NULL"], [owner]
    for column, value in (("assistant", assistant), ("status", status)):
        if value:
            where.append(f"jobs.{column} = ?")
            values.append(value)
    every_word, any_word = queries(q)
    paged = [*where]
    paged_values: list[Any] = [*values]
    if before is not None:
        paged.append("jobs.number < ?")
        paged_values.append(before)
    if every_word:
        paged.append("jobs.number IN (SELECT rowid FROM words WHERE words MATCH ?)")
        paged_values.append(every_word)
    elif q.strip():
        paged.append(r"(jobs.input LIKE ? ESCAPE '\' OR jobs.output LIKE ? ESCAPE '\')")
        paged_values += [f"%{escape_like(q.strip())}%"] * 2
    sql = f"{COLUMNS} WHERE {' AND '.join(paged)} ORDER BY jobs.number DESC LIMIT ?"
    with store.read() as db:
        rows = db.execute(sql, [*paged_values, limit]).fetchall()
        if not rows and any_word and before is None:
            sql = f"{COLUMNS} JOIN words ON words.rowid = jobs.number WHERE {' AND '.join(where)}"
            sql += " AND words MATCH ? ORDER BY words.rank LIMIT ?"
            rows = db.execute(sql, [*values, any_word, limit]).fetchall()
    return [_item(row) for row in rows]


def _item(row: Any) -> Item:
    title = shorten(row["input"], TITLE)
    fields = {key: row[key] for key in row.keys() if key not in ("input", "output")}  # noqa: SIM118 (sqlite3.Row)
    return Item(**fields, title=title, snippet=shorten(row["output"], SNIPPET))


def shorten(text: str, length: int) -> str:
    """Return ``text`` on one line, cut at a word where there is one, with an ellipsis if it was cut."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    word = cut.rfind(" ")
    return (cut[:word] if word > length // 2 else cut).rstrip() + "…"
