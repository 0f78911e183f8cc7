"""The nearest vectors: all compared in a small base; in a large one by a graph that misses hardly any."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistants.embedder import MODEL
from assistants.knowledge.chunking import Chunk
from assistants.knowledge.vectors import Vectors, packed
from assistants.principals import LOCAL
from assistants.studio import Studio

SIZE, COUNT, LIMIT = 48, 3000, 10
NUMBERS = np.random.default_rng(5)
CENTRES = NUMBERS.standard_normal((60, SIZE))


def clustered(count: int) -> np.ndarray:
    """Return vectors as texts have them: many near each other, of length 1."""
    rows = CENTRES[NUMBERS.integers(0, len(CENTRES), count)] + 0.6 * NUMBERS.standard_normal((count, SIZE))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def add(studio: Studio, name: str, rows: np.ndarray) -> tuple[str, list[int]]:
    """Put a source with a chunk for each vector into the base, and return its id and the chunks' numbers."""
    store = studio.knowledge.rows
    store.create("large")
    source = store.expect("large", name, name, None)
    store.fill(source, "", [Chunk(0, f"chunk {place} of {name}", "") for place in range(len(rows))])
    numbers = [chunk.number for chunk in store.chunks_of(source)]
    studio.knowledge.vector_rows.settle("large", MODEL)
    studio.knowledge.vector_rows.keep("large", MODEL, zip(numbers, map(packed, rows), strict=True), live=False)
    store.publish(source)
    return source, numbers


def near(vectors: Vectors, studio: Studio, row: np.ndarray) -> list[int]:
    revision = studio.knowledge.base("large").revision
    return [number for number, _ in vectors.nearest("large", revision, row.tolist(), LIMIT)]


def index(vectors: Vectors, studio: Studio) -> list[tuple[int, int]]:
    return list(vectors.index("large", studio.knowledge.base("large").revision))


def recall(vectors: Vectors, exact: Vectors, studio: Studio) -> float:
    """Return which share of the nearest ones is found, for questions near the vectors and between them."""
    asked = clustered(40)
    return float(np.mean([len({*near(vectors, studio, one)} & {*near(exact, studio, one)}) / LIMIT for one in asked]))


@pytest.fixture
def exact(studio: Studio, tmp_path: Path) -> Iterator[Vectors]:
    vectors = Vectors(studio.history.store, tmp_path / "exact")
    yield vectors
    vectors.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "indexed"


def opened(studio: Studio, folder: Path) -> Vectors:
    return Vectors(studio.history.store, folder, exact=1000)


def test_a_small_base_is_compared_whole(studio: Studio, exact: Vectors, folder: Path) -> None:
    rows = clustered(50)
    _, numbers = add(studio, "few", rows)
    vectors = opened(studio, folder)
    assert index(vectors, studio) == [] and not list(folder.glob("*.usearch"))
    best = np.argsort(-(rows @ rows[7]), kind="stable")[:LIMIT]
    assert near(vectors, studio, rows[7]) == near(exact, studio, rows[7]) == [numbers[place] for place in best]
    assert vectors.nearest("large", studio.knowledge.base("large").revision, [1.0], LIMIT) == []


def test_a_large_base_is_indexed_and_hardly_anything_missed(studio: Studio, exact: Vectors, folder: Path) -> None:
    add(studio, "many", clustered(COUNT))
    vectors = opened(studio, folder)
    assert recall(vectors, exact, studio) == 1  # until it is indexed
    assert index(vectors, studio)[-1] == (COUNT, COUNT)
    assert recall(vectors, exact, studio) >= 0.95
    assert index(vectors, studio) == []
    vectors.close()
    # It outlives the studio.
    again = opened(studio, folder)
    assert index(again, studio) == [] and recall(again, exact, studio) >= 0.95
    again.close()


def test_what_is_new_is_found_and_what_is_gone_is_not(studio: Studio, exact: Vectors, folder: Path) -> None:
    rows = clustered(COUNT)
    first, numbers = add(studio, "many", rows)
    vectors = opened(studio, folder)
    index(vectors, studio)
    fresh = clustered(20)
    _, added = add(studio, "some more", fresh)
    assert near(vectors, studio, fresh[3])[0] == added[3]
    studio.knowledge.enable("large", numbers[0], False, LOCAL)
    assert numbers[0] not in near(vectors, studio, rows[0])
    assert index(vectors, studio) == []  # so little needs no new graph
    _, more = add(studio, "much more", others := clustered(500))
    assert index(vectors, studio)[-1] == (520, 520)
    assert near(vectors, studio, others[3])[0] == more[3]
    assert recall(vectors, exact, studio) >= 0.95
    assert len(list(folder.glob("*.usearch"))) == 1
    studio.knowledge.delete("large", first, LOCAL)
    assert set(near(vectors, studio, rows[0])) <= {*added, *more}


def test_a_graph_of_other_vectors_is_not_used(studio: Studio, exact: Vectors, folder: Path) -> None:
    _, numbers = add(studio, "many", clustered(COUNT))
    vectors = opened(studio, folder)
    index(vectors, studio)
    vectors.close()
    studio.knowledge.vector_rows.keep(
        "large", MODEL, zip(numbers, map(packed, clustered(COUNT)), strict=True), live=True
    )
    again = opened(studio, folder)
    assert recall(again, exact, studio) == 1
    assert index(again, studio)[-1] == (COUNT, COUNT)
    studio.knowledge.delete_base("large", LOCAL)
    assert opened(studio, folder) and not list(folder.iterdir())
