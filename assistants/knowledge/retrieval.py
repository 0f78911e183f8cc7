"""Finding the passages that a question is about: by words (bm25), by meaning (vectors), and the two together.

There is this one way, for whoever tries out a base and for whoever answers from it. Knows nothing about answers.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

from assistants.knowledge.rows import Base, Rows, StoredChunk, mark
from assistants.knowledge.terms import is_seam, stems, terms
from assistants.knowledge.vectors import Vectors
from assistants.store import Store
from assistants.words import IS_CJK, is_pair

# Of each half.
CANDIDATES = 50
# What words count for beside meaning: by ``python -m benchmarks.likeness fusion`` the best of all shares on paraphrases
# that no other share makes up for on questions in the words of their answers.
WORDS_SHARE = 0.4
# The most that bm25 gives for a term, in its weights (k1 + 1, with the k1 of FTS5).
MOST_A_TERM = 2.2
PASSAGES = 6
LEAST_PREFIX = 3
# Chunks that words are compared in, about; the words of most chunks say least, and are left out of a search first.
READ = 10_000


@dataclass(frozen=True)
class Passage:
    """A chunk, or neighbours that were found together; ``lexical`` is bm25 (higher is better), ``dense`` a cosine.

    ``score`` is both mixed, from 0 to 1. ``reranked`` is a reranker's, from 0 to 1.
    """

    chunks: tuple[StoredChunk, ...]
    score: float
    lexical: float | None = None
    dense: float | None = None
    reranked: float | None = None

    @property
    def first(self) -> StoredChunk:
        """The chunk it begins with."""
        return self.chunks[0]

    @cached_property
    def stems(self) -> set[str]:
        """The stems of all it is found by."""
        return stems("\n".join(chunk.indexed for chunk in self.chunks))


@dataclass(frozen=True)
class Weights:
    """How much each term of a question says in a base: the rarer, the more; one that is nowhere says the most."""

    weights: dict[str, float]

    @cached_property
    def total(self) -> float:
        """What all terms weigh."""
        return sum(self.weights.values())

    def covered(self, found: set[str]) -> float:
        """Return the share of the question's weight that the stems ``found`` hold, from 0 to 1."""
        held = sum(weight for term, weight in self.weights.items() if has(found, term))
        return held / self.total if self.total else 0.0


@dataclass(frozen=True)
class Found:
    """The passages for a question, the best first, and what its words weigh."""

    passages: tuple[Passage, ...]
    weights: Weights


def has(found: set[str], term: str) -> bool:
    """Say whether a term, or a longer word that begins with it, is among stems."""
    if term in found:
        return True
    is_prefix = term.isascii() and term.isalpha() and len(term) > LEAST_PREFIX
    return is_prefix and any(other.startswith(term) for other in found)


def query(term: str) -> str:
    """Return a term as FTS5 has it: the stem of a word by its beginning, a lone Chinese character, too."""
    begins = (term.isascii() and term.isalpha() and len(term) >= LEAST_PREFIX) or (
        IS_CJK.match(term) and not is_pair(term)
    )
    return f'"{term}"*' if begins else f'"{term}"'


class Retrieval:
    """Searches the bases."""

    def __init__(self, store: Store, rows: Rows, vectors: Vectors) -> None:
        self._store = store
        self._rows = rows
        self._vectors = vectors
        # Questions share their words, and a base seldom changes.
        self._count = lru_cache(maxsize=20_000)(self._counted)

    def find(self, base: Base, question: str, vector: list[float] | None, limit: int = PASSAGES) -> Found:
        """Return the passages for ``question``; without its ``vector`` by words alone."""
        weights, telling = self._weights(base, terms(question))
        lexical = dict(self._lexical(base, telling))
        nearest = dict(self._vectors.nearest(base.name, base.revision, vector, CANDIDATES)) if vector else {}
        passages = self._fused(lexical, nearest, Weights(weights), 2 * limit)
        return Found(tuple(passages[:limit]), Weights(weights))

    def _weights(self, base: Base, asked: list[str]) -> tuple[dict[str, float], list[str]]:
        """Return the weight of each term, and which to search for: the rarest, as far as they are not in too many."""
        total = max(base.chunks, 1)
        counts = {term: self._count(base.name, base.revision, term) for term in asked}
        weights = {
            term: math.log(1 + (total - count + 0.5) / (count + 0.5))
            for term, count in counts.items()
            if count or not is_seam(term)
        }
        rarest = sorted((term for term in weights if counts[term]), key=counts.__getitem__)
        read = list(accumulate(counts[term] for term in rarest))
        return weights, [term for term, so_far in zip(rarest, read, strict=True) if so_far <= READ] or rarest[:1]

    def _counted(self, knowledge: str, revision: int, term: str) -> int:
        """Return how many chunks of a base hold a term, at one of its revisions."""
        match = f"knowledge:{mark(knowledge)} AND text:{query(term)}"
        with self._store.read() as db:
            return db.execute("SELECT count(*) FROM chunk_words WHERE chunk_words MATCH ?", (match,)).fetchone()[0]

    def _lexical(self, base: Base, asked: Iterable[str]) -> list[tuple[int, float]]:
        any_of = " OR ".join(query(term) for term in asked)
        if not any_of:
            return []
        match = f"knowledge:{mark(base.name)} AND text:({any_of})"
        sql = """
            SELECT rowid, rank FROM chunk_words WHERE chunk_words MATCH ? AND rank MATCH 'bm25(0.0, 1.0)'
            ORDER BY rank LIMIT ?
        """
        with self._store.read() as db:
            return [(row["rowid"], -row["rank"]) for row in db.execute(sql, (match, CANDIDATES))]

    def _fused(self, lexical: dict[int, float], dense: dict[int, float], weights: Weights, most: int) -> list[Passage]:
        """Rank by both scores, mixed, then join neighbours among the first ones."""
        scores = mixed(lexical, dense, weights)
        best = sorted(scores, key=lambda number: -scores[number])[:most]
        kept = self._rows.chunks(best)
        passages = [
            Passage((kept[number],), scores[number], lexical.get(number), dense.get(number))
            for number in best
            if number in kept and kept[number].live
        ]
        return sorted(_joined(passages), key=lambda passage: -passage.score)


def mixed(lexical: dict[int, float], dense: dict[int, float], weights: Weights) -> dict[int, float]:
    """Return one score for each chunk, from 0 to 1: bm25 by what it could be, cosines by the range that was found.

    A convex combination (Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, 2023). Ranks lose
    by how much one is better than the next; and a best match that holds one word of ten is no good match.
    """
    words = {number: min(score / (MOST_A_TERM * weights.total), 1.0) for number, score in lexical.items()}
    if not dense:
        return words
    least, greatest = min(dense.values()), max(dense.values())
    wide = greatest - least
    near = {number: (cosine - least) / wide if wide else 1.0 for number, cosine in dense.items()}
    return {
        number: WORDS_SHARE * words.get(number, 0.0) + (1 - WORDS_SHARE) * near.get(number, 0.0)
        for number in words | near
    }


def _joined(passages: list[Passage]) -> list[Passage]:
    """Join the passages that follow each other in their source, below one heading."""
    in_order = sorted(passages, key=lambda passage: (passage.first.source, passage.first.place))
    joined = in_order[:1]
    for before, passage in pairwise(in_order):
        last, chunk = before.first, passage.first
        follows = (chunk.source, chunk.place, chunk.heading) == (last.source, last.place + 1, last.heading)
        if follows and not chunk.question:
            joined[-1] = _both(joined[-1], passage)
        else:
            joined.append(passage)
    return joined


def _both(one: Passage, other: Passage) -> Passage:
    lexical = max((score for score in (one.lexical, other.lexical) if score is not None), default=None)
    dense = max((score for score in (one.dense, other.dense) if score is not None), default=None)
    chunks = one.chunks + other.chunks
    return replace(one, chunks=chunks, score=max(one.score, other.score), lexical=lexical, dense=dense)
