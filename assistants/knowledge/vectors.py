"""The nearest vectors, exactly: one memory-mapped file of 32-bit numbers for each base, made from the database.

The database has the vectors for good; the file is made again when the base has changed. Knows nothing about texts.
"""

import contextlib
import threading
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from assistants.history.store import Store

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Matrix:
    """The vectors of a base at one of its revisions: row ``i`` is that of the chunk ``numbers[i]``."""

    revision: int
    numbers: Any
    rows: Any
    path: Path


class Vectors:
    """The files, in a folder that holds nothing else."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._lock = threading.Lock()
        self._names = count()
        self._matrices: dict[str, Matrix] = {}
        folder.mkdir(exist_ok=True)
        for left_over in folder.glob("*.f32"):
            left_over.unlink(missing_ok=True)

    def nearest(self, knowledge: str, revision: int, vector: list[float], limit: int) -> list[tuple[int, float]]:
        """Return the chunks whose vectors are nearest, with the cosines, the nearest first."""
        with self._lock:
            matrix = self._matrices.get(knowledge)
            if matrix is None or matrix.revision != revision:
                matrix = self._matrices[knowledge] = self._made(knowledge, revision, matrix)
        asked = np.asarray(vector, np.float32)
        if not len(matrix.numbers) or matrix.rows.shape[1] != len(asked):
            return []
        cosines = matrix.rows @ asked
        best = np.argpartition(-cosines, limit)[:limit] if limit < len(cosines) else np.arange(len(cosines))
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(int(matrix.numbers[row]), float(cosines[row])) for row in best]

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
