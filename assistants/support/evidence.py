"""Evidence: the sentences of the passages that were found, and how much each says about the question.

Sentences that speak to a model are no evidence. Knows nothing about how an answer is made of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistants.embedder import Embedder, Scale
from assistants.knowledge.injections import is_command, trusted
from assistants.knowledge.retrieval import Found, Passage, has
from assistants.knowledge.rows import StoredChunk
from assistants.knowledge.terms import stems, terms

# An embedder takes its time for each sentence: so many passages are read closely, and so many sentences.
READ = 4
MOST = 24
# How sure it is that a base answers a question, as a logistic function of what was found: fitted by
# ``python -m benchmarks.support fit``. By words and vectors, and by words alone.
BOTH = {"bias": -4.6, "cosine": 5.2, "covered": 5.7}
WORDS = {"bias": -2.8, "covered": 7.3}


@dataclass(frozen=True)
class Sentence:
    """A sentence of a chunk: ``covered`` is the share of the question that it and its heading hold, with ``cosine``."""

    chunk: StoredChunk
    start: int
    end: int
    covered: float
    cosine: float | None
    vector: list[float] | None

    @property
    def text(self) -> str:
        """The sentence, as it stands in its chunk."""
        return self.chunk.text[self.start : self.end]

    @property
    def score(self) -> float:
        """How much it says about the question, from 0 to 1."""
        return self.covered if self.cosine is None else (self.covered + max(self.cosine, 0.0)) / 2

    @cached_property
    def stems(self) -> set[str]:
        """The stems of its words and of what stands above it."""
        return stems(above(self.chunk)) | stems(self.text)


@dataclass(frozen=True)
class Evidence:
    """What there is to answer from, and how sure it is that this is an answer."""

    question: str
    vector: list[float] | None
    found: Found
    sentences: tuple[Sentence, ...]
    # The cosine of the question and each curated one, by chunk.
    curated: dict[int, float]
    scale: Scale

    @property
    def covered(self) -> float:
        """The share of the question that the passage with most of it holds."""
        return max((self.found.weights.covered(passage.stems) for passage in self.found.passages), default=0.0)

    @property
    def cosine(self) -> float | None:
        """The cosine of the passage or the sentence that comes nearest; None where words are all there is."""
        found = [self.scale.of(passage.dense) for passage in self.found.passages if passage.dense is not None]
        cosines = found + [sentence.cosine for sentence in self.sentences]
        return max((cosine for cosine in cosines if cosine is not None), default=None)

    @property
    def confidence(self) -> float:
        """The probability that the base answers the question."""
        if not self.sentences:
            return 0.0
        if self.cosine is None:
            return logistic(WORDS["bias"] + WORDS["covered"] * self.covered)
        return logistic(BOTH["bias"] + BOTH["cosine"] * self.cosine + BOTH["covered"] * self.covered)

    def holds(self, question: str) -> bool:
        """Say whether the passages hold a word of ``question``; one that has none to tell by is held, too."""
        own = terms(question)
        return not own or any(has(passage.stems, term) for passage in self.found.passages for term in own)

    def aboutness(self, text: str, vector: list[float] | None) -> float:
        """Return how much a text says about the question, from 0 to 1."""
        covered = self.found.weights.covered(stems(text))
        return (covered + self.scale.likeness(self.vector, vector)) / 2 if self.vector and vector else covered

    def topics(self, limit: int = 3) -> list[str]:
        """Return the headings, or curated questions, that come nearest."""
        names = [title(passage) for passage in self.found.passages]
        return [name for name in dict.fromkeys(names) if name and not is_command(name)][:limit]


def above(chunk: StoredChunk) -> str:
    """Return what stands above a chunk, unless that speaks to a model."""
    return "\n".join(line for line in (chunk.heading, chunk.question) if line and not is_command(line))


def title(passage: Passage) -> str:
    """Return what a passage is about, in a few words."""
    return passage.first.question or passage.first.heading.rpartition(" > ")[2]


def gather(question: str, vector: list[float] | None, found: Found, embedder: Embedder) -> Evidence:
    """Weigh the sentences of the passages."""
    chunks = [chunk for passage in found.passages[:READ] for chunk in passage.chunks]
    spans = [(chunk, start, end) for chunk in chunks for start, end in trusted(chunk.text)][:MOST]
    curated = [chunk for chunk in chunks if chunk.question]
    # A sentence alone often does not say what it is about: "It takes up to 5 days."
    texts = [f"{(chunk.question or chunk.heading.rpartition(' > ')[2])}\n{chunk.text[a:b]}" for chunk, a, b in spans]
    vectors: Sequence[list[float] | None] = [None] * len(texts)
    scale = embedder.scale(question)
    near: dict[int, float] = {}
    if vector:
        vectors = embedder.vectors(texts)
        asked = zip(curated, embedder.vectors([chunk.question for chunk in curated], "query"), strict=True)
        near = {chunk.number: scale.likeness(vector, other) for chunk, other in asked if other}
    else:
        near = {chunk.number: likeness(question, chunk.question) for chunk in curated}
    sentences = [
        Sentence(
            chunk,
            start,
            end,
            found.weights.covered(stems(above(chunk)) | stems(chunk.text[start:end])),
            scale.likeness(vector, own) if vector and own else None,
            own,
        )
        for (chunk, start, end), own in zip(spans, vectors, strict=True)
    ]
    return Evidence(question, vector, found, tuple(sentences), near, scale)


def likeness(one: str, other: str) -> float:
    """Return how much two questions have in common by their words alone, from 0 to 1."""
    left, right = set(terms(one)), set(terms(other))
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def logistic(value: float) -> float:
    """Return a probability."""
    return 1 / (1 + math.exp(-value))
