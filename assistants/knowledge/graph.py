"""A graph of vectors in a file, by usearch (HNSW): proposes the nearest without looking at them all.

It only proposes; whoever asks compares the vectors themselves. So one that is behind its base harms nothing: what is
gone is left out, what is new is compared beside it. Knows nothing about bases or texts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

# 16 bits a number are enough to propose by.
NUMBERS = "f16"
# How many neighbours each has, and among how many these are looked for.
NEIGHBOURS, CONSIDERED = 16, 128
# How many it keeps in sight on the way to the nearest: the more, the surer and the slower.
WIDTH = 128
# Between two steps others get their turn.
STEP = 100
# So many vectors are compared with those that a file was made of, which may have been another home's.
SAMPLE = 32
SAME = 0.99


class Graph:
    """A graph as it lies in its file, mapped into memory; ``numbers`` are those of its vectors, in order."""

    def __init__(self, path: Path, index: Any) -> None:
        self.path = path
        self._index = index
        # A file does not keep it.
        index.expansion_search = WIDTH
        self.numbers = np.sort(numbers_of(index))

    def near(self, vector: Any, count: int) -> Any:
        """Return the numbers of about so many vectors that are near one."""
        return self._index.search(vector, count).keys.astype(np.int64)

    def holds(self, numbers: Any, rows: Any) -> bool:
        """Say whether the vectors of some of these numbers are the graph's, too."""
        common = np.flatnonzero(np.isin(numbers, self.numbers))
        some = common[:: max(1, len(common) // SAMPLE)]
        if not len(some) or rows.shape[1] != self._index.ndim:
            return False
        own = np.asarray(self._index.get(numbers[some].astype(np.uint64), "f32"))
        return float((own * rows[some]).sum(axis=1).min()) >= SAME


def numbers_of(index: Any) -> Any:
    """Return the numbers of the vectors in an index."""
    return index.keys[:].astype(np.int64)


def opened(path: Path) -> Graph | None:
    """Return the graph in a file; None where it cannot be read."""
    from usearch.index import Index

    try:
        index = Index.restore(path, view=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return Graph(path, index) if index is not None else None


def build(before: Path | None, numbers: Any, rows: Any, path: Path) -> Iterator[tuple[int, int]]:
    """Write the graph of ``rows``, which have the ``numbers``, to ``path``; yields how many are done, and of how many.

    What the graph in the file ``before`` has of them is taken from there.
    """
    from usearch.index import Index

    index = Index.restore(before) if before else None
    if index is None:
        index = Index(ndim=rows.shape[1], metric="ip", dtype=NUMBERS, connectivity=NEIGHBOURS, expansion_add=CONSIDERED)
    known = numbers_of(index)
    if len(gone := np.setdiff1d(known, numbers)):
        index.remove(gone.astype(np.uint64))
    fresh = np.flatnonzero(~np.isin(numbers, known))
    for start in range(0, len(fresh), STEP):
        some = fresh[start : start + STEP]
        index.add(numbers[some].astype(np.uint64), np.asarray(rows[some]))
        yield min(start + STEP, len(fresh)), len(fresh)
    draft = path.with_suffix(".tmp")
    index.save(draft)
    draft.replace(path)
