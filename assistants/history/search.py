"""One search over everything that was generated.

Without words the newest come first, with words the best matches. Lists are read from one index that holds every filter
(``jobs_shown``), because a row's columns behind a long output are slow. Knows nothing about how a hit is drawn.
"""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from assistants.errors import InvalidInput
from assistants.history.snippets import REACH, Marks, excerpt, marks, pattern, shorten
from assistants.store import Store
from assistants.store.fulltext import escape_like, queries

LIMIT = 200
TITLE, SNIPPET = 80, 160
# Of more matches than this, the newest are ranked: nobody reads the rest, and ranking all of 100,000 takes 0.2 s.
RANKED = 1000
# Signs are in no index, and choices are read anew at each visit: both look at so many of the newest items only.
SCANNED = 2000
# Up to so many items that fit the filters, matches are looked up among them; more are looked up match by match.
FEW = 5000

# The table with its index, a condition on it, and the condition's values.
Scope = tuple[str, str, list[Any]]

TEXTS = ("input", "output", "reasoning")
ITEMS = f"""
    SELECT number, id, assistant, status, model, template, starred, created, finished,
           json_extract(request, '$.template_version') AS template_version,
           substr(input, 1, {REACH}) AS input, substr(output, 1, {REACH}) AS output,
           substr(reasoning, 1, {REACH}) AS reasoning,
           (SELECT conversation FROM messages WHERE messages.job = jobs.id) AS conversation
    FROM jobs WHERE number IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True)
class Filters:
    """What an item must be; ``since`` and ``until`` bound when it was made, the second one excluded."""

    assistant: str | None = None
    model: str | None = None
    template: str | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    starred: bool | None = None

    def conditions(self, owner: str | None) -> tuple[str, list[Any]]:
        """Return a condition on ``jobs`` and its values; ``owner`` None is everybody, for the command line."""
        begin, end = moment("since", self.since), moment("until", self.until)
        starred = None if self.starred is None else int(self.starred)
        tests = {
            "owner = ?": owner,
            "assistant = ?": self.assistant or None,
            "model = ?": self.model or None,
            "template = ?": self.template or None,
            "status = ?": self.status or None,
            "created >= ?": begin,
            "created < ?": end,
            "starred = ?": starred,
        }
        wanted = {test: value for test, value in tests.items() if value is not None}
        return " AND ".join(["deleted IS NULL", *wanted]), list(wanted.values())


def moment(name: str, value: datetime | None) -> str | None:
    """Return ``value`` as times are stored; without a zone it is UTC."""
    if value is None:
        return None
    try:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError as error:
        raise InvalidInput(name, "{field} is not a time of this calendar.") from error


@dataclass(frozen=True)
class Item:
    """A line of the history; ``number`` is the cursor for the next page, the marks say where the words stand."""

    number: int
    id: str
    assistant: str
    status: str
    model: str | None
    template: str | None
    starred: bool
    title: str
    snippet: str
    created: str
    finished: str | None
    conversation: str | None
    template_version: str | None
    title_marks: Marks = field(default_factory=list)
    snippet_marks: Marks = field(default_factory=list)


def search(store: Store, owner: str | None, q: str, filters: Filters, limit: int, before: int | None) -> list[Item]:
    """Return the owner's items that fit the filters: the newest or, with words in ``q``, the best matches.

    If none holds every word, those that hold any. ``before`` is the number of the last item of the page before.
    """
    if not 1 <= limit <= LIMIT:
        raise InvalidInput("limit", "{field} must be between {low} and {high}.", low=1, high=LIMIT)
    where, values = filters.conditions(owner)
    # The index begins with the owner: it is of no use for everybody's items.
    jobs = "jobs INDEXED BY jobs_shown" if owner is not None else "jobs"
    scope = (jobs, where, values)
    every, any_ = queries(q)
    with store.read() as db:
        if every:
            few = _few(db, scope)
            numbers = _best(db, every, scope, few, limit, before)
            if not numbers and any_ and (before is None or _score(db, every, before) is None):
                numbers = _best(db, any_, scope, few, limit, before)
        else:
            numbers = _newest(db, q.strip(), scope, limit, before)
        rows = {row["number"]: row for row in db.execute(ITEMS, (f"[{','.join(map(str, numbers))}]",))}
    words = pattern(q)
    return [_item(rows[number], words) for number in numbers]


def _newest(db: Any, signs: str, scope: Scope, limit: int, before: int | None) -> list[int]:
    jobs, where, values = scope
    if before is not None:
        where, values = f"{where} AND number < ?", [*values, before]
    sql = f"SELECT number FROM {jobs} WHERE {where} ORDER BY number DESC LIMIT ?"
    if not signs:
        return [row[0] for row in db.execute(sql, [*values, limit])]
    like = f"%{escape_like(signs)}%"
    sql = (
        rf"SELECT number FROM jobs WHERE number IN ({sql}) AND (input LIKE ? ESCAPE '\' OR output LIKE ? ESCAPE '\')"
        " ORDER BY number DESC LIMIT ?"
    )
    return [row[0] for row in db.execute(sql, [*values, SCANNED, like, like, limit])]


def _few(db: Any, scope: Scope) -> str | None:
    """Return the numbers of what fits as a JSON list, or None if that is much."""
    jobs, where, values = scope
    rows = db.execute(f"SELECT number FROM {jobs} WHERE {where} LIMIT ?", [*values, FEW + 1]).fetchall()
    return json.dumps([row[0] for row in rows]) if len(rows) <= FEW else None


def _best(db: Any, query: str, scope: Scope, few: str | None, limit: int, before: int | None) -> list[int]:
    jobs, where, values = scope
    joined = f"CROSS JOIN {jobs} ON number = words.rowid"
    if few is not None:
        # The plus keeps SQLite from asking the index of words once for each number.
        joined, where, values = "", "+words.rowid IN (SELECT value FROM json_each(?))", [few]
    sql = (
        f"SELECT bm25(words), -words.rowid FROM words {joined}"
        f" WHERE words MATCH ? AND {where} ORDER BY words.rowid DESC LIMIT {RANKED}"
    )
    ranked = sorted(tuple(row) for row in db.execute(sql, [query, *values]))
    start = 0
    if before is not None:
        score = _score(db, query, before)
        # An item that was emptied from the trash meanwhile has no place in the order any more.
        start = len(ranked) if score is None else bisect_right(ranked, (score, -before))
    return [-number for _, number in ranked[start : start + limit]]


def _score(db: Any, query: str, number: int) -> float | None:
    row = db.execute("SELECT bm25(words) FROM words WHERE words MATCH ? AND rowid = ?", (query, number)).fetchone()
    return row[0] if row else None


def _item(row: Any, words: Any) -> Item:
    fields = {key: row[key] for key in row.keys() if key not in TEXTS}  # noqa: SIM118 (sqlite3.Row)
    # What the model thought is shown where only that has the words.
    text = row["reasoning"] if words and holds(row["reasoning"], words) > holds(row["output"], words) else row["output"]
    title, snippet = shorten(row["input"], TITLE), excerpt(text, SNIPPET, words)
    fields["starred"] = bool(fields["starred"])
    fields |= {"title_marks": marks(title, words), "snippet_marks": marks(snippet, words)}
    return Item(**fields, title=title, snippet=snippet)


def holds(text: str, words: re.Pattern[str]) -> bool:
    """Say whether any of the words stands in a text."""
    return words.search(text) is not None


def choices(store: Store, owner: str) -> dict[str, list[str]]:
    """Return the models and templates that the owner's newest items name, in order."""
    where, values = Filters().conditions(owner)
    sql = f"SELECT model, template FROM jobs INDEXED BY jobs_shown WHERE {where} ORDER BY number DESC LIMIT {SCANNED}"
    with store.read() as db:
        rows = db.execute(sql, values).fetchall()
    return {f"{name}s": sorted({row[name] for row in rows} - {None}) for name in ("model", "template")}
