"""Answers that are quoted: a curated one whole, or the few sentences that say most about the question.

Every quote is cut from its source by offsets, so it cannot differ. Knows nothing about models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from assistants.knowledge.rows import StoredChunk
from assistants.support.evidence import Evidence, Sentence

# A curated question is the one that was asked from here on.
CURATED = 0.82
# A sentence says enough beside the best one from this share of its score on; so many in a row, so many in all.
BESIDE = 0.62
LONGEST = 3
# A second passage adds something if it holds this much more of the question.
ADDS = 0.25


@dataclass(frozen=True)
class Quote:
    """A piece of a chunk, from ``start`` to ``end`` in it."""

    chunk: StoredChunk
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        """What stands there."""
        return self.chunk.text[self.start : self.end]

    def citation(self) -> dict[str, Any]:
        """Return it as support's result has it: ``start`` and ``end`` count in the source's text."""
        return {
            "source": self.chunk.source,
            "chunk": self.chunk.number,
            "quote": self.text,
            "start": self.chunk.start + self.start,
            "end": self.chunk.start + self.end,
            "score": round(self.score, 3),
        }


@dataclass(frozen=True)
class Answer:
    """A text and what proves it; ``route`` says how it came about: curated, written or quoted."""

    text: str
    quotes: tuple[Quote, ...]
    route: str


def quoted(quotes: Sequence[Quote], route: str = "quoted") -> Answer:
    """Return the quotes as an answer, each on its line."""
    return Answer("\n\n".join(" ".join(quote.text.split()) for quote in quotes), tuple(quotes), route)


def curated(evidence: Evidence) -> Answer | None:
    """Return the answer that somebody wrote to this very question, if there is one."""
    number = max(evidence.curated, key=evidence.curated.__getitem__, default=None)
    if number is None or evidence.curated[number] < CURATED:
        return None
    own = [sentence for sentence in evidence.sentences if sentence.chunk.number == number]
    quotes = [_joined(run, evidence.curated[number]) for run in _runs(own)]
    return quoted(quotes, "curated") if quotes else None


def extracted(evidence: Evidence) -> Answer | None:
    """Return the sentences that say most about the question."""
    if not evidence.sentences:
        return None
    best = max(evidence.sentences, key=lambda sentence: sentence.score)
    first = _window(evidence, best)
    quotes = [_joined(first, best.score)]
    weights = evidence.found.weights
    held = {stem for sentence in first for stem in sentence.stems}
    for other in sorted(evidence.sentences, key=lambda sentence: -sentence.score):
        if other.chunk.number == best.chunk.number or other.score < 0.8 * best.score:
            continue
        if weights.covered(held | other.stems) >= weights.covered(held) + ADDS:
            quotes.append(_joined([other], other.score))
            break
    return quoted(quotes)


def _window(evidence: Evidence, best: Sentence) -> list[Sentence]:
    """Return the sentences around the best one that say something about the question, too; a short passage whole."""
    chunk = [sentence for sentence in evidence.sentences if sentence.chunk.number == best.chunk.number]
    run = next(run for run in _runs(chunk) if best in run)
    if best.chunk.question or len(run) <= LONGEST:
        return run
    low = high = run.index(best)
    while high - low + 1 < LONGEST:
        beside = [place for place in (low - 1, high + 1) if 0 <= place < len(run)]
        place = max(beside, key=lambda place: run[place].score, default=None)
        if place is None or run[place].score < BESIDE * best.score:
            break
        low, high = min(low, place), max(high, place)
    return run[low : high + 1]


def _runs(sentences: list[Sentence]) -> list[list[Sentence]]:
    """Cut the sentences of a chunk where one that is no evidence stands between two."""
    runs = [[sentence] for sentence in sentences[:1]]
    for before, sentence in pairwise(sentences):
        between = sentence.chunk.text[before.end : sentence.start]
        if any(character.isalnum() for character in between):
            runs.append([sentence])
        else:
            runs[-1].append(sentence)
    return runs


def _joined(run: list[Sentence], score: float) -> Quote:
    return Quote(run[0].chunk, run[0].start, run[-1].end, score)
