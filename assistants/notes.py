"""Notes: what somebody wrote down, under a title that a model gave it.

Knows what a note is and how it gets its title; knows nothing about how it is shown.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from sqlite_utils import Database, Migrations

from assistants.errors import InvalidInput, NotFound
from assistants.generation import NO_CONTROLS, conversation, generate, limited, opened, watch
from assistants.history.search import TITLE, shorten
from assistants.jobs import Event, Result, RunningJob
from assistants.prompts import render
from assistants.requests import Admission, Name, StudioRequest
from assistants.store import Store, new_id, now
from assistants.store.fulltext import escape_like
from assistants.store.row_kinds import Entry, Hit, RowKind

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "notes"

MAX_TEXT = 20_000
TOKENS = 60
LIMIT = 200

steps = Migrations("notes")


@steps()
def m001_notes(db: Database) -> None:
    """Notes with their titles."""
    db.executescript("""
        CREATE TABLE notes (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            title TEXT NOT NULL,
            text TEXT NOT NULL,
            created TEXT NOT NULL,
            deleted TEXT
        );
        CREATE INDEX notes_owner ON notes (owner, id);
    """)


class Request(StudioRequest):
    """A note to keep."""

    text: Annotated[str, Field(max_length=MAX_TEXT)]
    model: Name | None = None


@dataclass(frozen=True)
class Note:
    """A note; its ``created`` is ISO 8601 text in UTC."""

    id: str
    title: str
    text: str
    created: str


def admit(studio: "Studio", request: Request, owner: str, job_id: str) -> Admission:
    """Keep the note; until the model has named it, its title is how it begins."""
    if not request.text.strip():
        raise InvalidInput("text", "{field} is empty.")
    model = studio.models.resolve(request.model, owner, "chat")
    note = {"id": new_id(), "title": shorten(request.text, TITLE), "text": request.text, "created": now()}
    with studio.history.store.write() as db:
        db.table("notes").insert(note | {"owner": owner})
    return Admission(request.text, model, {"note": note["id"]})


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Let the model give the note a title."""
    engine = yield from opened(studio, job)
    messages = render(studio.prompts.get("notes/title", job.owner), {"note": request.text})
    options = limited(engine, TOKENS)
    said = yield from generate(engine, conversation(messages), NO_CONTROLS, options, job, watch(studio, job))
    note = (job.row.result or {})["note"]
    title = shorten(said.text.strip(), TITLE)
    if title:
        with studio.history.store.write() as db:
            db.execute("UPDATE notes SET title = ? WHERE id = ?", (title, note))
    yield Result({"note": note, "title": title})


# Rows


def find(store: Store, owner: str, q: str = "", limit: int = LIMIT) -> list[Note]:
    """Return the owner's notes that hold ``q``, the newest first."""
    sql = r"""
        SELECT id, title, text, created FROM notes WHERE owner = :owner AND deleted IS NULL
        AND (title LIKE :like ESCAPE '\' OR text LIKE :like ESCAPE '\') ORDER BY id DESC LIMIT :limit
    """
    with store.read() as db:
        found = db.execute(sql, {"owner": owner, "like": f"%{escape_like(q.strip())}%", "limit": limit})
        return [Note(**row) for row in found]


def get(store: Store, id: str, owner: str) -> Note:
    """Return the owner's note or raise ``NotFound``."""
    sql = "SELECT id, title, text, created FROM notes WHERE id = ? AND owner = ? AND deleted IS NULL"
    with store.read() as db:
        row = db.execute(sql, (id, owner)).fetchone()
    if row is None:
        raise NotFound("There is no such note.")
    return Note(**row)


def delete(store: Store, id: str, owner: str) -> None:
    """Move the owner's note into the trash; raises ``NotFound``."""
    with store.write() as db:
        get(store, id, owner)
        db.execute("UPDATE notes SET deleted = ? WHERE id = ?", (now(), id))


def _hits(studio: Any, owner: str, q: str, limit: int) -> Iterable[Hit]:
    return [Hit(one.id, one.title, time=one.created) for one in find(studio.history.store, owner, q, limit)]


def _exported(db: Any, owner: str | None) -> Iterator[Entry]:
    sql = "SELECT * FROM notes WHERE deleted IS NULL AND (:owner IS NULL OR owner = :owner) ORDER BY id"
    notes = [Note(row["id"], row["title"], row["text"], row["created"]) for row in db.execute(sql, {"owner": owner})]
    if notes:
        yield Entry("notes.jsonl", (json.dumps(asdict(one), ensure_ascii=False).encode() + b"\n" for one in notes))
    for note in notes:
        yield Entry(f"notes/{note.id}.md", text=partial("# {}\n\n{}\n".format, note.title, note.text), id=note.id)


ROWS = (
    RowKind(
        "note", "notes", tab=ID, parameters=("note",), icon="edit", find=_hits, title="title", export=_exported,
        migrations=steps,
    ),
)  # fmt: skip
