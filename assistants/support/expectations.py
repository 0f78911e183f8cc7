"""Expectations: what a base must answer and what it must refuse, as the operator pastes it, and the runs that asked.

Knows how a line is read; knows nothing about how a question is answered.
"""

import json
from dataclasses import dataclass
from typing import Any

from assistants.errors import InvalidInput
from assistants.store import Store, now

MAX_LINES = 1000
MAX_QUESTION = 2000
REFUSE = ("!", "refuse", "拒答")
# Of a base; older ones are of no use for a comparison.
RUNS_KEPT = 50


@dataclass(frozen=True)
class Expectation:
    """A question, and the phrase or the name of the source that its answer must have; None if it must be refused."""

    question: str
    expected: str | None


def parsed(lines: str) -> list[Expectation]:
    """Return what pasted lines expect, each ``question | phrase or source``, or ``question | !`` for a refusal.

    Raises ``InvalidInput`` with the line.
    """
    found: dict[str, Expectation] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip():
            continue
        question, sign, expected = (part.strip() for part in line.replace("｜", "|").rpartition("|"))
        if not (sign and question and expected):
            template = "{field}: line {line} is not a question, a | and what is expected (! where it must be refused)."
            raise InvalidInput("expectations", template, line=number)
        if len(question) > MAX_QUESTION:
            template = "{field}: the question in line {line} has more than {limit} characters."
            raise InvalidInput("expectations", template, line=number, limit=MAX_QUESTION)
        found[question] = Expectation(question, None if expected.casefold() in REFUSE else expected)
    if len(found) > MAX_LINES:
        raise InvalidInput("expectations", "{field} may hold at most {max_length} entries.", max_length=MAX_LINES)
    return list(found.values())


class ExpectationRows:
    """Reads and writes; every method is one transaction or joins the caller's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lines(self, knowledge: str) -> str:
        """Return what a base's operator has pasted."""
        with self._store.read() as db:
            row = db.execute("SELECT lines FROM expectations WHERE knowledge = ?", (knowledge,)).fetchone()
        return row["lines"] if row else ""

    def save(self, knowledge: str, lines: str) -> None:
        """Keep what a base must answer and refuse; raises ``InvalidInput``."""
        parsed(lines)
        with self._store.write() as db:
            db.execute("INSERT OR REPLACE INTO expectations (knowledge, lines) VALUES (?, ?)", (knowledge, lines))

    def keep_run(self, knowledge: str, job: str, results: list[dict[str, Any]]) -> None:
        """Keep what came of a run; a base that was deleted meanwhile keeps nothing."""
        with self._store.write() as db:
            db.execute(
                "INSERT INTO check_runs (knowledge, job, results, created) SELECT name, ?, ?, ? FROM knowledge"
                " WHERE name = ?",
                (job, json.dumps(results, ensure_ascii=False), now(), knowledge),
            )
            db.execute(
                "DELETE FROM check_runs WHERE knowledge = ? AND number <= (SELECT number FROM check_runs"
                " WHERE knowledge = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (knowledge, knowledge, RUNS_KEPT),
            )

    def last_runs(self, knowledge: str, limit: int = 2) -> list[dict[str, Any]]:
        """Return the last runs, the newest first: ``job``, ``created`` and ``results``."""
        with self._store.read() as db:
            rows = db.execute(
                "SELECT job, created, results FROM check_runs WHERE knowledge = ? ORDER BY number DESC LIMIT ?",
                (knowledge, limit),
            ).fetchall()
        return [dict(row) | {"results": json.loads(row["results"])} for row in rows]
