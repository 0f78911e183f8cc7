"""The rows of knowledge: bases, the sources in them, and the chunks of these, with their words and vectors.

A chunk answers while it is ``live``: its source is ready and not replaced, and nobody has disabled it. Only such chunks
have words in the index. Knows nothing about how documents are read or searched.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from assistants.errors import InvalidInput, NotFound
from assistants.knowledge.chunking import Chunk
from assistants.store import Store, new_id, now
from assistants.store.files import Files
from assistants.store.fulltext import indexable
from assistants.store.jobs import OPEN
from assistants.store.row_kinds import RowKinds
from assistants.visibility import ALL, PRIVATE

NO_SOURCE = "There is no such source."


@dataclass(frozen=True)
class Base:
    """A base of knowledge; ``not_found`` is what it says where it has no answer; ``revision`` counts its changes.

    ``origins`` are the sites whose pages may show it, ``suggested`` the first questions it offers, ``synonyms`` words
    that mean the same: each a text of lines. ``reranker`` is the model that ranks passages, if any; ``model_help`` says
    whether the one that writes rewords follow-ups and sums up: ``always``, ``never``, or ``auto`` for one that can.
    It is the operator's; ``visibility`` says who else may read its sources in full, and ``people`` who they are, by id.
    ``embedder`` is the model that its vectors are by, empty while it has none.
    """

    name: str
    not_found: str
    origins: str
    suggested: str
    synonyms: str
    reranker: str
    model_help: str
    visibility: str
    people: frozenset[str]
    embedder: str
    revision: int
    created: str
    sources: int
    chunks: int

    @property
    def readers(self) -> str:
        """What page and API call the visibility: ``operator`` or ``everyone``."""
        return "everyone" if self.visibility == ALL else "operator"


@dataclass(frozen=True)
class Source:
    """A source: ``status`` is ``ready``, or its job's until it is; ``notes`` say what of it was not read."""

    id: str
    knowledge: str
    name: str
    status: str
    characters: int
    chunks: int
    created: str
    replaced: str | None
    notes: list[dict[str, Any]]


@dataclass(frozen=True)
class StoredChunk:
    """A chunk as it is stored."""

    number: int
    source: str
    place: int
    start: int
    text: str
    heading: str
    question: str
    enabled: bool
    live: bool

    @property
    def indexed(self) -> str:
        """What it is found by."""
        return Chunk(self.start, self.text, self.heading, self.question).indexed


CHUNK = "number, source, place, start, text, heading, question, enabled, live"
SOURCE = """
    SELECT s.id, s.knowledge, s.name, s.created, s.replaced, s.notes, length(s.text) AS characters,
        (SELECT count(*) FROM chunks c WHERE c.source = s.id) AS chunks,
        CASE WHEN s.ready IS NOT NULL THEN 'ready' ELSE coalesce(j.status, 'interrupted') END AS status
    FROM sources s LEFT JOIN jobs j ON j.id = s.job
"""


def mark(knowledge: str) -> str:
    """Return the word that stands for a base in the index."""
    return f"kb{hashlib.sha256(knowledge.encode()).hexdigest()[:16]}"


def _source(row: Any) -> Source:
    return Source(**{**dict(row), "notes": json.loads(row["notes"])})


def count_change(db: Any, knowledge: str) -> None:
    """Count a change of a base."""
    db.execute("UPDATE knowledge SET revision = revision + 1 WHERE name = ?", (knowledge,))


class Rows:
    """Reads and writes; every method is one transaction or joins the caller's."""

    def __init__(self, store: Store, files: Files, kinds: RowKinds) -> None:
        self._store = store
        self._kinds = kinds
        self._files = files
        self._counted: dict[str, Base] = {}

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all that is written inside be one transaction."""
        with self._store.write():
            yield

    # Bases

    def bases(self) -> list[Base]:
        """Return every base, by name."""
        with self._store.read() as db:
            rows = db.execute("""
                SELECT name, not_found, origins, suggested, synonyms, reranker, model_help, visibility, people,
                    embedder, revision, created,
                    (SELECT count(*) FROM sources s WHERE s.knowledge = k.name AND ready IS NOT NULL
                        AND replaced IS NULL) AS sources,
                    (SELECT count(*) FROM chunks c WHERE c.knowledge = k.name AND live) AS chunks
                FROM knowledge k ORDER BY name
            """).fetchall()
        return [Base(**{**dict(row), "people": frozenset(json.loads(row["people"]))}) for row in rows]

    def base(self, name: str) -> Base:
        """Return a base or raise ``NotFound``."""
        with self._store.read() as db:
            row = db.execute("SELECT revision, created FROM knowledge WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise NotFound("There is no base of knowledge named {name}.", name=name)
        # To count the chunks of a large base takes longer than to search it.
        known = self._counted.get(name)
        if known is None or (known.revision, known.created) != tuple(row):
            known = self._counted[name] = next(base for base in self.bases() if base.name == name)
        return known

    def create(self, name: str, visibility: str = PRIVATE) -> None:
        """Make a base, unless there is one of that name."""
        with self._store.write() as db:
            db.execute(
                "INSERT OR IGNORE INTO knowledge (name, visibility, created) VALUES (?, ?, ?)",
                (name, visibility, now()),
            )

    def set_up(self, name: str, /, **texts: str) -> None:
        """Set what a base says, offers and takes for the same; ``Base`` says which fields there are."""
        with self._store.write() as db:
            db.table("knowledge").update(name, texts)
            count_change(db, name)

    def delete_base(self, name: str) -> None:
        """Delete a base and all that is in it."""
        with self._store.write() as db:
            files = self._delete(db, "knowledge = ?", name)
            self._kinds.delete(db, self._kinds.with_parts(db, {"knowledge": [name]}))
            db.execute("DELETE FROM knowledge WHERE name = ?", (name,))
        self._drop(files)

    # Sources

    def expect(self, knowledge: str, name: str, sha256: str, job: str | None, file: str | None = None) -> str:
        """Note a source that is to be read and return its id; raises ``InvalidInput`` for one that is there already."""
        with self._store.write() as db:
            row = db.execute(
                f"""
                SELECT s.id, s.name FROM sources s LEFT JOIN jobs j ON j.id = s.job
                WHERE s.knowledge = ? AND s.sha256 = ? AND s.replaced IS NULL
                    AND (s.ready IS NOT NULL OR s.job = ? OR j.status IN {OPEN})
                """,
                (knowledge, sha256, job),
            ).fetchone()
            if row:
                template = "{name} is already in this base, as {other}."
                raise InvalidInput("file", template, name=name, other=row["name"])
            source = {"id": new_id(), "knowledge": knowledge, "name": name, "sha256": sha256}
            db.table("sources").insert(source | {"file": file, "job": job, "created": now()})
        return source["id"]

    def awaited(self, job: str) -> list[dict[str, Any]]:
        """Return the sources that a job has still to read: id, name, file and text."""
        sql = "SELECT id, knowledge, name, file, text FROM sources WHERE job = ? AND ready IS NULL ORDER BY rowid"
        with self._store.read() as db:
            return [dict(row) for row in db.execute(sql, (job,))]

    def sources(self, knowledge: str) -> list[Source]:
        """Return the sources of a base, without those that were replaced, the newest first."""
        sql = f"{SOURCE} WHERE s.knowledge = ? AND s.replaced IS NULL ORDER BY s.rowid DESC"
        with self._store.read() as db:
            return [_source(row) for row in db.execute(sql, (knowledge,))]

    def source(self, knowledge: str, source: str) -> Source:
        """Return a source, also one that was replaced, or raise ``NotFound``."""
        with self._store.read() as db:
            row = db.execute(f"{SOURCE} WHERE s.knowledge = ? AND s.id = ?", (knowledge, source)).fetchone()
        if row is None:
            raise NotFound(NO_SOURCE)
        return _source(row)

    def names(self, sources: Iterable[str]) -> dict[str, str]:
        """Return what sources are called, by their ids; those that are gone or replaced are left out."""
        wanted = list(sources)
        which = f"id IN ({', '.join('?' * len(wanted))}) AND replaced IS NULL"
        with self._store.read() as db:
            return {row["id"]: row["name"] for row in db.execute(f"SELECT id, name FROM sources WHERE {which}", wanted)}

    def text(self, source: str) -> str:
        """Return the text that the offsets of a source's chunks count in."""
        with self._store.read() as db:
            row = db.execute("SELECT text FROM sources WHERE id = ?", (source,)).fetchone()
        return row["text"] if row else ""

    def fill(self, source: str, text: str, chunks: Sequence[Chunk], notes: Sequence[dict[str, Any]] = ()) -> None:
        """Keep what was read of a source; it answers once it is published. Raises ``NotFound`` where it was deleted."""
        with self._store.write() as db:
            values = (text, json.dumps(list(notes), ensure_ascii=False), source)
            changed = db.execute("UPDATE sources SET text = ?, notes = ? WHERE id = ?", values)
            if not changed.rowcount:
                raise NotFound(NO_SOURCE)
            db.conn.executemany(
                "INSERT INTO chunks (source, knowledge, place, start, text, heading, question)"
                " SELECT id, knowledge, ?, ?, ?, ?, ? FROM sources WHERE id = ?",
                ((place, c.start, c.text, c.heading, c.question, source) for place, c in enumerate(chunks)),
            )
            self._inherit(db, source)

    def _inherit(self, db: Any, source: str) -> None:
        """Give the chunks that an earlier version of the source had, too, their vectors, and keep them disabled."""
        earlier = db.execute(
            """
            SELECT c.number, c.text, c.heading, c.question, c.enabled FROM sources s
            JOIN sources mine ON mine.knowledge = s.knowledge AND mine.name = s.name
            JOIN chunks c ON c.source = s.id WHERE mine.id = ? AND s.ready IS NOT NULL AND s.replaced IS NULL
            """,
            (source,),
        )
        known = {(row["text"], row["heading"], row["question"]): row for row in earlier}
        rows = db.execute("SELECT number, text, heading, question FROM chunks WHERE source = ?", (source,)).fetchall()
        same = [(row["number"], known.get((row["text"], row["heading"], row["question"]))) for row in rows if known]
        db.conn.executemany(
            "INSERT INTO vectors (chunk, vector) SELECT ?, vector FROM vectors WHERE chunk = ?",
            ((number, old["number"]) for number, old in same if old),
        )
        disabled = ((number,) for number, old in same if old and not old["enabled"])
        db.conn.executemany("UPDATE chunks SET enabled = 0 WHERE number = ?", disabled)

    def publish(self, source: str) -> None:
        """Let a source answer, and its earlier version no more; raises ``NotFound`` where it was deleted."""
        with self._store.write() as db:
            row = db.execute("SELECT knowledge, name, file FROM sources WHERE id = ?", (source,)).fetchone()
            if row is None:
                raise NotFound(NO_SOURCE)
            earlier = db.execute(
                "SELECT id, file FROM sources WHERE knowledge = ? AND name = ? AND id != ? AND replaced IS NULL",
                (row["knowledge"], row["name"], source),
            ).fetchall()
            for old in earlier:
                self._unindex(db, "source = ?", old["id"])
                db.execute("UPDATE sources SET replaced = ?, file = NULL WHERE id = ?", (now(), old["id"]))
            db.execute("UPDATE sources SET ready = ?, file = NULL WHERE id = ?", (now(), source))
            self._index(db, "source = ?", source)
            count_change(db, row["knowledge"])
        self._drop(filter(None, [row["file"], *(old["file"] for old in earlier)]))

    def discard(self, source: str) -> None:
        """Forget a source that could not be read."""
        with self._store.write() as db:
            files = self._delete(db, "id = ? AND ready IS NULL", source)
        self._drop(files)

    def delete(self, knowledge: str, source: str) -> None:
        """Delete a source with all its versions or raise ``NotFound``."""
        name = self.source(knowledge, source).name
        with self._store.write() as db:
            files = self._delete(db, "knowledge = ? AND name = ?", knowledge, name)
            count_change(db, knowledge)
        self._drop(files)

    def _delete(self, db: Any, which: str, *values: str) -> list[str]:
        """Delete sources and return the files that were not read yet."""
        rows = db.execute(f"SELECT id, file FROM sources WHERE {which}", values).fetchall()
        for row in rows:
            self._unindex(db, "source = ?", row["id"])
            db.execute("DELETE FROM vectors WHERE chunk IN (SELECT number FROM chunks WHERE source = ?)", (row["id"],))
            db.execute("DELETE FROM chunks WHERE source = ?", (row["id"],))
            db.execute("DELETE FROM sources WHERE id = ?", (row["id"],))
        return [row["file"] for row in rows if row["file"]]

    def _drop(self, files: Iterable[str]) -> None:
        for file in files:
            self._files.drop(file)

    # Chunks

    def chunks(self, numbers: Iterable[int]) -> dict[int, StoredChunk]:
        """Return chunks by their numbers; those that are gone are left out."""
        wanted = list(numbers)
        sql = f"SELECT {CHUNK} FROM chunks WHERE number IN ({', '.join('?' * len(wanted))})"
        with self._store.read() as db:
            return {row["number"]: StoredChunk(**dict(row)) for row in db.execute(sql, wanted)}

    def curated_questions(self, knowledge: str, limit: int) -> list[str]:
        """Return the questions of entries that answer, the first ones of the base."""
        sql = """
            SELECT question FROM chunks WHERE knowledge = ? AND live AND question != '' GROUP BY question
            ORDER BY min(number) LIMIT ?
        """
        with self._store.read() as db:
            return [row["question"] for row in db.execute(sql, (knowledge, limit))]

    def chunks_of(self, source: str) -> list[StoredChunk]:
        """Return the chunks of a source, in order."""
        with self._store.read() as db:
            rows = db.execute(f"SELECT {CHUNK} FROM chunks WHERE source = ? ORDER BY place", (source,)).fetchall()
        return [StoredChunk(**dict(row)) for row in rows]

    def enable(self, knowledge: str, chunk: int, enabled: bool) -> None:
        """Let a chunk answer or not; raises ``NotFound``."""
        with self._store.write() as db:
            changed = db.execute(
                "UPDATE chunks SET enabled = ? WHERE number = ? AND knowledge = ?", (int(enabled), chunk, knowledge)
            )
            if not changed.rowcount:
                raise NotFound("There is no such chunk.")
            self._unindex(db, "number = ?", chunk)
            ready = "source IN (SELECT id FROM sources WHERE ready IS NOT NULL AND replaced IS NULL)"
            self._index(db, f"number = ? AND {ready}", chunk)
            count_change(db, knowledge)

    def _index(self, db: Any, which: str, value: Any) -> None:
        """Let those chunks answer that are enabled."""
        which = f"{which} AND enabled"
        rows = db.execute(f"SELECT {CHUNK}, knowledge FROM chunks WHERE {which}", (value,)).fetchall()
        db.conn.executemany(
            "INSERT INTO chunk_words (rowid, knowledge, text) VALUES (?, ?, ?)",
            (
                (row["number"], mark(row["knowledge"]), indexable(row["heading"], row["question"], row["text"]))
                for row in rows
            ),
        )
        db.execute(f"UPDATE chunks SET live = 1 WHERE {which}", (value,))

    def _unindex(self, db: Any, which: str, value: Any) -> None:
        """Let chunks answer no more."""
        rows = db.execute(f"SELECT number FROM chunks WHERE {which} AND live", (value,)).fetchall()
        db.conn.executemany("DELETE FROM chunk_words WHERE rowid = ?", (tuple(row) for row in rows))
        db.execute(f"UPDATE chunks SET live = 0 WHERE {which}", (value,))
