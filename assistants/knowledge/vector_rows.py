"""The vectors of chunks as rows, and by which embedder those of a base are: vectors of two cannot be compared.

Knows nothing about how a text becomes a vector or how the nearest ones are found.
"""

from collections.abc import Iterable

from assistants.knowledge.rows import CHUNK, StoredChunk, count_change
from assistants.store import Store

# Enough to tell a language by.
SOME = 200


class VectorRows:
    """Reads and writes; every method is one transaction or joins the caller's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def embedder(self, knowledge: str) -> str:
        """Return the name of the model that a base's vectors are by; empty while it has none."""
        with self._store.read() as db:
            row = db.execute("SELECT embedder FROM knowledge WHERE name = ?", (knowledge,)).fetchone()
        return row["embedder"] if row else ""

    def settle(self, knowledge: str, embedder: str) -> str:
        """Let a base that has no vectors yet have them by ``embedder``; return the name that holds."""
        with self._store.write() as db:
            db.execute("UPDATE knowledge SET embedder = ? WHERE name = ? AND embedder = ''", (embedder, knowledge))
        return self.embedder(knowledge)

    def change_embedder(self, knowledge: str, embedder: str) -> None:
        """Let a base have its vectors by another embedder: those that it has are gone."""
        with self._store.write() as db:
            db.execute("UPDATE knowledge SET embedder = ? WHERE name = ?", (embedder, knowledge))
            db.execute(
                "DELETE FROM vectors WHERE chunk IN (SELECT number FROM chunks WHERE knowledge = ?)", (knowledge,)
            )
            count_change(db, knowledge)

    def some_texts(self, knowledge: str) -> list[str]:
        """Return some chunks' texts, also of sources that do not answer yet, the latest first."""
        sql = "SELECT text FROM chunks WHERE knowledge = ? ORDER BY number DESC LIMIT ?"
        with self._store.read() as db:
            return [row["text"] for row in db.execute(sql, (knowledge, SOME))]

    def unread(self, knowledge: str) -> int:
        """Return how many chunks that answer are in a language that the base's embedder does not know."""
        sql = "SELECT count(*) FROM chunks JOIN vectors ON chunk = number WHERE knowledge = ? AND live"
        with self._store.read() as db:
            return db.execute(f"{sql} AND vector IS NULL", (knowledge,)).fetchone()[0]

    def lacking(self, knowledge: str, limit: int, source: str | None = None) -> list[StoredChunk]:
        """Return chunks that nobody has tried to embed: of a source, else of those of the base that answer."""
        which, value = _lacking(knowledge, source)
        with self._store.read() as db:
            rows = db.execute(f"SELECT {CHUNK} FROM chunks WHERE {which} ORDER BY number LIMIT ?", (value, limit))
            return [StoredChunk(**dict(row)) for row in rows]

    def count_lacking(self, knowledge: str, source: str | None = None) -> int:
        """Return how many chunks nobody has tried to embed."""
        which, value = _lacking(knowledge, source)
        with self._store.read() as db:
            return db.execute(f"SELECT count(*) FROM chunks WHERE {which}", (value,)).fetchone()[0]

    def keep(self, knowledge: str, embedder: str, vectors: Iterable[tuple[int, bytes | None]], *, live: bool) -> None:
        """Keep the vectors of chunks; None for one in a language that the embedder does not know.

        They are of chunks that answer (``live``), or all of a source that is not published yet. Nothing is kept of a
        chunk that was deleted meanwhile, nor where the base has another embedder by now.
        """
        with self._store.write() as db:
            db.conn.executemany(
                "INSERT OR REPLACE INTO vectors (chunk, vector) SELECT number, ? FROM chunks"
                " JOIN knowledge ON name = knowledge WHERE number = ? AND embedder = ?",
                ((vector, number, embedder) for number, vector in vectors),
            )
            if live:
                count_change(db, knowledge)


def _lacking(knowledge: str, source: str | None) -> tuple[str, str]:
    lacking = "NOT EXISTS (SELECT 1 FROM vectors WHERE chunk = number)"
    return f"{'source = ?' if source else 'live AND knowledge = ?'} AND {lacking}", source or knowledge
