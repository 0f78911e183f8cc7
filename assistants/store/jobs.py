"""The rows of jobs and of their events.

Text events are packed: one row holds the deltas of consecutive numbers as a JSON list, and a finished job's rows are
packed again, so that a reply is one row. Knows nothing about threads, engines or who may ask: the job core does.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from assistants.errors import NotFound, worded
from assistants.store import Store
from assistants.store.fulltext import indexable

# Seconds of replies that came nearly at once, of which nobody can tell how fast they were written.
LEAST_TIMED = 0.5
OPEN = ("queued", "running", "stopping")

# number, kind and data of one event
Numbered = tuple[int, str, Any]


@dataclass(frozen=True)
class JobRow:
    """One generation as it stands: who asked for what, and what came of it. Times are ISO 8601 text in UTC.

    ``model_sha256`` is that of the model's file, where it has one here that is known. ``reasoning`` is what the model
    thought before it wrote the output, once the job has ended.
    """

    id: str
    assistant: str
    owner: str
    status: str
    model: str | None
    input: str
    request: dict[str, Any]
    created: str
    output: str = ""
    reasoning: str = ""
    result: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None
    after: str | None = None
    started: str | None = None
    finished: str | None = None
    starts: int = 0
    model_sha256: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether more may still come."""
        return self.status in OPEN

    @cached_property
    def error(self) -> str | None:
        """What went wrong, as an English sentence."""
        return worded(self.failure["template"], self.failure["values"]) if self.failure else None


JSON_COLUMNS = {"request": "request", "result": "result", "usage": "usage", "failure": "error"}
PLAIN_COLUMNS = (
    "id", "assistant", "owner", "status", "model", "input", "output", "reasoning", "after", "created", "started",
    "finished", "starts", "model_sha256",
)  # fmt: skip
COLUMNS = (*PLAIN_COLUMNS, *JSON_COLUMNS.values())
CHANGING = ("status", "model", "model_sha256", "output", "reasoning", "result", "usage", "error", "started",
            "finished")  # fmt: skip

# Some jobs are first written down here.
SAVE = f"""
    INSERT INTO jobs ({", ".join(COLUMNS)}) VALUES ({", ".join(f":{name}" for name in COLUMNS)})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in CHANGING)}
"""


def to_row(job: JobRow) -> dict[str, Any]:
    """Return the columns of ``job``."""
    row = {name: getattr(job, name) for name in PLAIN_COLUMNS}
    for field, column in JSON_COLUMNS.items():
        value = getattr(job, field)
        row[column] = None if value is None else json.dumps(value, ensure_ascii=False)
    return row


def from_row(row: Any) -> JobRow:
    """Return the job that ``row`` holds."""
    fields = {name: row[name] for name in PLAIN_COLUMNS}
    for field, column in JSON_COLUMNS.items():
        fields[field] = json.loads(row[column]) if row[column] else None
    return JobRow(**fields)


def pack(events: Iterable[Numbered]) -> list[Numbered]:
    """Merge runs of consecutively numbered text events into one whose data is the list of their deltas."""
    packed: list[Numbered] = []
    for number, kind, data in events:
        if kind != "text":
            packed.append((number, kind, data))
        elif packed and packed[-1][1] == "text" and packed[-1][0] + len(packed[-1][2]) == number:
            packed[-1][2].append(data["delta"])
        else:
            packed.append((number, kind, [data["delta"]]))
    return packed


def unpack(rows: Iterable[Any]) -> list[Numbered]:
    """Undo ``pack`` on stored rows, in order of their numbers."""
    events: list[Numbered] = []
    for row in rows:
        data = json.loads(row["data"])
        if row["kind"] == "text":
            events += [(row["number"] + i, "text", {"delta": delta}) for i, delta in enumerate(data)]
        else:
            events.append((row["number"], row["kind"], data))
    return events


def _insert_events(db: Any, job_id: str, packed: list[Numbered]) -> None:
    rows = [(job_id, number, kind, json.dumps(data, ensure_ascii=False)) for number, kind, data in packed]
    db.conn.executemany("INSERT INTO events (job, number, kind, data) VALUES (?, ?, ?, ?)", rows)


class Jobs:
    """Reads and writes the rows; every method is one transaction or joins the caller's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def insert(self, job: JobRow) -> None:
        """Write a new job."""
        with self._store.write() as db:
            db.table("jobs").insert(to_row(job))

    def get(self, job_id: str, owner: str) -> JobRow:
        """Return the owner's job or raise ``NotFound``."""
        with self._store.read() as db:
            row = db.execute(
                "SELECT * FROM jobs WHERE id = ? AND owner = ? AND deleted IS NULL", (job_id, owner)
            ).fetchone()
        if row is None:
            raise NotFound("There is no such item.")
        return from_row(row)

    def star(self, job_id: str, owner: str, starred: bool) -> None:
        """Mark the owner's job with a star, or no longer."""
        with self._store.write() as db:
            changed = db.execute(
                "UPDATE jobs SET starred = ? WHERE id = ? AND owner = ? AND deleted IS NULL",
                (int(starred), job_id, owner),
            )
            if not changed.rowcount:
                raise NotFound("There is no such item.")

    def unfinished(self) -> list[JobRow]:
        """Return the jobs that were queued or under way, oldest first: what a start finds after a crash."""
        with self._store.read() as db:
            sql = f"SELECT * FROM jobs WHERE status IN {OPEN} ORDER BY coalesce(rank, number)"
            rows = db.execute(sql).fetchall()
        return [from_row(row) for row in rows]

    def count_start(self, job_id: str, change: int = 1) -> None:
        """Write down, at once, that a job is begun, or (-1) that it was put off in good order."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET starts = starts + ? WHERE id = ?", (change, job_id))

    def arrange(self, ids: list[str]) -> None:
        """Let jobs that wait be found in this order by ``unfinished``, in the places that they have among all."""
        with self._store.write() as db:
            sql = "SELECT coalesce(rank, number) AS rank FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
            ranks = sorted(row["rank"] for row in db.execute(sql, (json.dumps(ids),)))
            db.conn.executemany("UPDATE jobs SET rank = ? WHERE id = ?", zip(ranks, ids, strict=False))

    def paused(self) -> list[tuple[str, str]]:
        """Return the owners and assistants whose waiting jobs are held back."""
        with self._store.read() as db:
            return [tuple(row) for row in db.execute("SELECT owner, assistant FROM paused")]

    def pause(self, owner: str, assistant: str, paused: bool) -> None:
        """Write down that an owner's jobs of an assistant are held back, or no longer."""
        sql = "INSERT OR IGNORE INTO paused VALUES (?, ?)"
        if not paused:
            sql = "DELETE FROM paused WHERE owner = ? AND assistant = ?"
        with self._store.write() as db:
            db.execute(sql, (owner, assistant))

    def paces(self, assistant: str, model: str, limit: int = 5) -> list[dict[str, Any]]:
        """Return the usage of the last jobs that a model did for an assistant, of anybody."""
        sql = """
            SELECT usage FROM jobs WHERE assistant = ? AND model = ? AND status = 'done' AND usage NOT NULL
            ORDER BY number DESC LIMIT ?
        """
        with self._store.read() as db:
            return [json.loads(row["usage"]) for row in db.execute(sql, (assistant, model, limit))]

    def models_seen(self, assistant: str, owner: str, limit: int) -> dict[str, dict[str, Any]]:
        """Return by model what the last replies of an assistant, to anybody, show of it.

        ``speed``: its best in tokens a second; ``reasons``: whether it did; ``used``: when the owner had the last one.
        """
        sql = """
            SELECT model, created, usage, owner = ? AND deleted IS NULL AS own, reasoning != '' AS reasons FROM jobs
            WHERE assistant = ? AND status = 'done' AND model NOT NULL ORDER BY number DESC LIMIT ?
        """
        with self._store.read() as db:
            rows = db.execute(sql, (owner, assistant, limit)).fetchall()
        seen: dict[str, dict[str, Any]] = {}
        for row in rows:
            one = seen.setdefault(row["model"], {"speed": None, "reasons": False, "used": None})
            usage = json.loads(row["usage"] or "{}")
            if usage.get("timed_seconds", 0) >= LEAST_TIMED:
                one["speed"] = max(one["speed"] or 0, round(usage["timed_tokens"] / usage["timed_seconds"], 1))
            one["reasons"] = one["reasons"] or bool(row["reasons"])
            one["used"] = one["used"] or (row["created"] if row["own"] else None)
        return seen

    def is_open(self, job_id: str) -> bool:
        """Say whether the job may still change."""
        with self._store.read() as db:
            return db.execute(f"SELECT 1 FROM jobs WHERE id = ? AND status IN {OPEN}", (job_id,)).fetchone() is not None

    def events(self, job_id: str) -> list[Numbered]:
        """Return the stored events of a job, in order."""
        with self._store.read() as db:
            rows = db.execute(
                "SELECT number, kind, data FROM events WHERE job = ? ORDER BY number", (job_id,)
            ).fetchall()
        return unpack(rows)

    def save(self, changes: Sequence[tuple[JobRow, list[Numbered]]]) -> None:
        """Write the new events of many jobs and, where a job has ended, its final row and its words; one transaction.

        The output of a running job is only in its events, so that each save costs what is new and not what there is.
        """
        with self._store.write() as db:
            for job, events in changes:
                stored = job if not job.is_open else replace(job, output="")
                db.execute(SAVE, to_row(stored))
                _insert_events(db, job.id, pack(events))
                if not job.is_open:
                    self._settle(db, job)

    def _settle(self, db: Any, job: JobRow) -> None:
        """Pack the events of a job that has ended and index its words."""
        rows = db.execute("SELECT number, kind, data FROM events WHERE job = ? ORDER BY number", (job.id,)).fetchall()
        packed = pack(unpack(rows))
        if len(packed) < len(rows):
            db.execute("DELETE FROM events WHERE job = ?", (job.id,))
            _insert_events(db, job.id, packed)
        db.execute(
            "INSERT OR REPLACE INTO words (rowid, text) SELECT number, ? FROM jobs WHERE id = ?"
            " AND NOT EXISTS (SELECT 1 FROM messages JOIN conversations ON conversations.id = conversation"
            " WHERE messages.job = jobs.id AND temporary)",
            (indexable(job.input, job.output, job.reasoning), job.id),
        )
