"""The desk: what customers think of answers, and conversations that wait for a person, as rows.

Knows nothing about who may look at them: support sees to that.
"""

import json
from dataclasses import dataclass
from typing import Any

from assistants.errors import Conflict, NotFound
from assistants.store import Store, new_id, now
from assistants.store.jobs import JobRow, from_row

MOST = 200
NO_HAND_OVER = "There is no such request for a person."


@dataclass(frozen=True)
class HandOver:
    """A conversation that a person is to answer; ``transcript`` has its questions with what was said to them.

    ``summary`` is what is open, and ``prose`` what a model says of the whole, if one did.
    """

    id: str
    knowledge: str
    conversation: str
    owner: str
    summary: str
    transcript: list[dict[str, Any]]
    answer: str | None
    created: str
    answered: str | None
    prose: str | None = None


def _hand_over(row: Any) -> HandOver:
    return HandOver(**dict(row) | {"transcript": json.loads(row["transcript"])})


class DeskRows:
    """Reads and writes; every method is one transaction or joins the caller's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def talk(self, conversation: str, owner: str, limit: int) -> list[JobRow]:
        """Return the last jobs of a conversation that support had with the owner, oldest first."""
        sql = """
            SELECT * FROM jobs WHERE assistant = 'support' AND json_extract(result, '$.conversation') = ?
            AND owner = ? AND deleted IS NULL ORDER BY number DESC LIMIT ?
        """
        with self._store.read() as db:
            rows = db.execute(sql, (conversation, owner, limit)).fetchall()
        return [from_row(row) for row in reversed(rows)]

    def judge(self, job: str, knowledge: str, *, good: bool, reason: str) -> None:
        """Keep what somebody thinks of an answer, in place of what they thought before."""
        with self._store.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO feedback (job, knowledge, good, reason, created) VALUES (?, ?, ?, ?, ?)",
                (job, knowledge, int(good), reason, now()),
            )

    def hand_over(
        self, knowledge: str, conversation: str, owner: str, summary: str, transcript: list[dict[str, Any]]
    ) -> str:
        """Put a conversation into the inbox, or what was added to it since it was put there; return the id."""
        talk = json.dumps(transcript, ensure_ascii=False)
        with self._store.write() as db:
            db.execute(
                "INSERT INTO hand_overs (id, knowledge, conversation, owner, summary, transcript, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, owner) WHERE answered IS NULL"
                " DO UPDATE SET summary = excluded.summary, transcript = excluded.transcript, prose = NULL",
                (new_id(), knowledge, conversation, owner, summary, talk, now()),
            )
            return db.execute(
                "SELECT id FROM hand_overs WHERE conversation = ? AND owner = ? AND answered IS NULL",
                (conversation, owner),
            ).fetchone()["id"]

    def get(self, id: str) -> HandOver:
        """Return a request for a person or raise ``NotFound``."""
        with self._store.read() as db:
            row = db.execute("SELECT * FROM hand_overs WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise NotFound(NO_HAND_OVER)
        return _hand_over(row)

    def sum_up(self, id: str, prose: str, transcript: list[dict[str, Any]]) -> None:
        """Keep what a model says of a conversation, unless something was added to that meanwhile."""
        talk = json.dumps(transcript, ensure_ascii=False)
        with self._store.write() as db:
            db.execute("UPDATE hand_overs SET prose = ? WHERE id = ? AND transcript = ?", (prose, id, talk))

    def inbox(self, knowledge: str) -> list[HandOver]:
        """Return a base's requests for a person, those that wait first, each group the newest first."""
        sql = "SELECT * FROM hand_overs WHERE knowledge = ? ORDER BY answered IS NOT NULL, created DESC LIMIT ?"
        with self._store.read() as db:
            return [_hand_over(row) for row in db.execute(sql, (knowledge, MOST))]

    def waiting(self) -> dict[str, int]:
        """Return how many requests wait, by base."""
        sql = "SELECT knowledge, count(*) AS waiting FROM hand_overs WHERE answered IS NULL GROUP BY knowledge"
        with self._store.read() as db:
            return {row["knowledge"]: row["waiting"] for row in db.execute(sql)}

    def of_conversation(self, conversation: str, owner: str) -> list[HandOver]:
        """Return what a customer asked a person in a conversation of theirs, the oldest first."""
        sql = "SELECT * FROM hand_overs WHERE conversation = ? AND owner = ? ORDER BY created"
        with self._store.read() as db:
            return [_hand_over(row) for row in db.execute(sql, (conversation, owner))]

    def answer(self, id: str, answer: str) -> HandOver:
        """Write down a person's answer; raises ``NotFound``, or ``Conflict`` where somebody else was faster."""
        with self._store.write() as db:
            changed = db.execute(
                "UPDATE hand_overs SET answer = ?, answered = ? WHERE id = ? AND answered IS NULL", (answer, now(), id)
            )
            row = db.execute("SELECT * FROM hand_overs WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise NotFound(NO_HAND_OVER)
            if not changed.rowcount:
                raise Conflict("This has been answered already.")
        return _hand_over(row)

    def unanswered(self, knowledge: str) -> list[dict[str, Any]]:
        """Return the questions that a base had no answer to, or a bad one, the newest first."""
        sql = """
            SELECT j.input AS question, j.created, f.reason FROM jobs j LEFT JOIN feedback f ON f.job = j.id
            WHERE j.assistant = 'support' AND j.status = 'done' AND j.deleted IS NULL
            AND json_extract(j.result, '$.knowledge') = ?
            AND (json_extract(j.result, '$.grounded') = 0 OR f.good = 0)
            AND NOT EXISTS (SELECT 1 FROM dismissed d WHERE d.knowledge = ? AND d.question = j.input)
            ORDER BY j.number DESC LIMIT ?
        """
        with self._store.read() as db:
            return [dict(row) for row in db.execute(sql, (knowledge, knowledge, 5 * MOST))]

    def dismiss(self, knowledge: str, questions: list[str]) -> None:
        """Take questions off the list of those without an answer."""
        with self._store.write() as db:
            db.conn.executemany(
                "INSERT OR IGNORE INTO dismissed (knowledge, question) VALUES (?, ?)",
                ((knowledge, question) for question in questions),
            )
