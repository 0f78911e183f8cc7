"""The nearest vectors: one memory-mapped file of 32-bit numbers for each base, made from the database.

They are all compared, exactly; of a large base those that its graph proposes, and what is newer than that. The database
has the vectors for good; the file is made again when the base has changed, and the graph when much has. Knows nothing
about texts.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from assistants.knowledge import graph
from assistants.knowledge.graph import Graph
from assistants.knowledge.rows import mark
from assistants.store import Store

ROWS_AT_ONCE = 4096
# Up to so many vectors are all compared: two cores take some 60 ms for that.
EXACT = 200_000
# A graph proposes this many times what is wanted, and is made again once this share of the base is not in it.
PROPOSED = 4
BEHIND = 0.05
GRAPH = ".usearch"


@dataclass(frozen=True)
class Matrix:
    """The vectors of a base at one of its revisions: row ``i`` is that of the chunk ``numbers[i]``.

    ``fresh`` are the rows that are not in the ``graph``.
    """

    revision: int
    numbers: Any
    rows: Any
    path: Path
    graph: Graph | None = None
    fresh: Any = None

    def joined(self, graph: Graph | None) -> "Matrix":
        """Return the same with a graph, unless that is of other vectors."""
        if graph is None or not graph.holds(self.numbers, self.rows):
            return self
        return replace(self, graph=graph, fresh=np.flatnonzero(~np.isin(self.numbers, graph.numbers)))

    @property
    def is_behind(self) -> bool:
        """Whether much is not in the graph, or is in it and gone."""
        if self.graph is None:
            return True
        gone = len(self.graph.numbers) - (len(self.numbers) - len(self.fresh))
        return len(self.fresh) + gone > BEHIND * len(self.numbers)

    def candidates(self, vector: Any, limit: int) -> Any:
        """Return the rows among which the nearest ones are looked for."""
        if self.graph is None:
            return self.fresh
        proposed = self.graph.near(vector, PROPOSED * limit)
        known = np.flatnonzero(np.isin(self.numbers, proposed))
        return np.union1d(known, self.fresh)


class Vectors:
    """The files, in a folder that holds nothing else; up to ``exact`` vectors of a base are all compared."""

    def __init__(self, store: Store, folder: Path, exact: int = EXACT) -> None:
        self._store = store
        self._folder = folder
        self._exact = exact
        self._lock = threading.Lock()
        self._names = count()
        self._matrices: dict[str, Matrix] = {}
        folder.mkdir(exist_ok=True)
        with store.read() as db:
            bases = {mark(row["name"]) for row in db.execute("SELECT name FROM knowledge")}
        for file in folder.iterdir():
            if file.suffix != GRAPH or file.name.partition("-")[0] not in bases:
                file.unlink(missing_ok=True)

    def nearest(self, knowledge: str, revision: int, vector: list[float], limit: int) -> list[tuple[int, float]]:
        """Return the chunks whose vectors are nearest, with the cosines, the nearest first."""
        matrix = self._matrix(knowledge, revision)
        asked = np.asarray(vector, np.float32)
        numbers, rows = matrix.numbers, matrix.rows
        if not len(numbers) or rows.shape[1] != len(asked):
            return []
        if len(numbers) > self._exact and matrix.graph:
            some = matrix.candidates(asked, limit)
            numbers, rows = numbers[some], rows[some]
        cosines = rows @ asked
        best = np.argpartition(-cosines, limit)[:limit] if limit < len(cosines) else np.arange(len(cosines))
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(int(numbers[row]), float(cosines[row])) for row in best]

    def index(self, knowledge: str, revision: int) -> Iterator[tuple[int, int]]:
        """Make the graph of a base that is too large to compare all, where much is not in it; yields how far it is."""
        matrix = self._matrix(knowledge, revision)
        if len(matrix.numbers) <= self._exact or not matrix.is_behind:
            return
        path = self._folder / f"{mark(knowledge)}-{time.time_ns()}{GRAPH}"
        before = matrix.graph.path if matrix.graph else None
        yield from graph.build(before, matrix.numbers, matrix.rows, path)
        with self._lock:
            self._matrices[knowledge] = self._matrices.get(knowledge, matrix).joined(graph.opened(path))
        for older in self._graphs(knowledge)[1:]:
            # Windows keeps a file that is mapped; the next start takes the newest one.
            with contextlib.suppress(OSError):
                older.unlink(missing_ok=True)

    def _graphs(self, knowledge: str) -> list[Path]:
        """Return the files of a base's graphs, the newest first."""
        return sorted(self._folder.glob(f"{mark(knowledge)}-*{GRAPH}"), reverse=True)

    def _kept(self, knowledge: str) -> Graph | None:
        """Return the graph that an earlier start has made of a base."""
        files = self._graphs(knowledge)
        return graph.opened(files[0]) if files else None

    def _matrix(self, knowledge: str, revision: int) -> Matrix:
        with self._lock:
            matrix = self._matrices.get(knowledge)
            if matrix is None or matrix.revision != revision:
                made = self._made(knowledge, revision, matrix)
                if len(made.numbers) > self._exact:
                    made = made.joined((matrix and matrix.graph) or self._kept(knowledge))
                matrix = self._matrices[knowledge] = made
        return matrix

    def _made(self, knowledge: str, revision: int, before: Matrix | None) -> Matrix:
        path = self._folder / f"{next(self._names)}.f32"
        numbers: list[int] = []
        width = 0
        with self._store.read() as db, path.open("wb") as file:
            rows = db.execute(
                "SELECT chunk, vector FROM vectors JOIN chunks ON number = chunk"
                " WHERE knowledge = ? AND live AND vector IS NOT NULL ORDER BY chunk",
                (knowledge,),
            )
            while some := rows.fetchmany(ROWS_AT_ONCE):
                width = width or len(some[0]["vector"])
                # An embedder of another size was there before: what it made is of no use.
                some = [row for row in some if len(row["vector"]) == width]
                numbers += [row["chunk"] for row in some]
                file.write(b"".join(row["vector"] for row in some))
        if before:
            self._forget(before)
        shape = (len(numbers), width // 4)
        mapped = np.memmap(path, np.float32, "r", shape=shape) if numbers else np.empty(shape, np.float32)
        return Matrix(revision, np.asarray(numbers, np.int64), mapped, path)

    @staticmethod
    def _forget(matrix: Matrix) -> None:
        # Windows keeps a file that a search still reads; the next start deletes it.
        with contextlib.suppress(OSError):
            matrix.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the files."""
        with self._lock:
            for matrix in self._matrices.values():
                self._forget(matrix)
            self._matrices.clear()


def packed(vector: list[float]) -> bytes:
    """Return a vector as it is stored."""
    return np.asarray(vector, np.float32).tobytes()
