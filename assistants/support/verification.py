"""Verification: which sentences of a written answer the passages prove, and where.

A sentence is proved by one or two sentences that stand together: by its words, its meaning, and without exception by
its numbers, names, addresses and negations, and by every word that it adds to the question. Knows nothing about who
wrote the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from assistants.embedder import Embedder
from assistants.knowledge.injections import is_command
from assistants.knowledge.retrieval import has
from assistants.knowledge.terms import stems, terms
from assistants.sentences import sentences
from assistants.support.evidence import Evidence, Sentence, above
from assistants.support.quoting import Answer, Quote
from assistants.words import tokens

# Words alone prove from LITERAL on; from ALIKE on if the cosine is at least NEAR. Chosen by hand, not fitted: what they
# let through, ``python -m benchmarks.support`` with a ``--model`` that writes shows.
LITERAL = 0.8
ALIKE = 0.55
NEAR = 0.72
MOST = 4
# A draft whose first sentences are this many and none of them alike anything is not worth waiting for.
GIVE_UP = 2

# The number of a passage in the prompt.
NUMBERED = re.compile(r"\s?\[\d{1,2}\]")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME = re.compile(r"(?<=[\w,;] )[A-Z][\w-]+")
ADDRESS = re.compile(r"https?://\S+|www\.\S+|(?<![^\s@])[^\s@]+@[^\s@]+\.\w+")
NEGATION = re.compile(
    r"\b(?:no|not|never|none|nothing|neither|nor|without|cannot|only|except|unless|forbidden|impossible|\w+n['’]t)\b|"
    r"不|没|无|未|非|禁止|仅|只|除外|勿",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[,;:，；：、](?=\D)|[。.!?！？](?=\s|$)")
NUMBER_WORDS = frozenset({
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen",
    "twenty", "thirty", "forty", "fifty", "sixty", "ninety", "hundred", "thousand", "half", "twice", "double",
})  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """What is left of a draft, and what had to go."""

    answer: Answer
    kept: int
    dropped: tuple[str, ...]


def verify(draft: str, evidence: Evidence, embedder: Embedder) -> Checked:
    """Keep the sentences of ``draft`` that the evidence proves."""
    said = list(dict.fromkeys(claims(NUMBERED.sub("", draft))))
    vectors = embedder.vectors(said) if evidence.vector else [None] * len(said)
    kept: list[str] = []
    quotes: list[Quote] = []
    dropped: list[str] = []
    for claim, vector in zip(said, vectors, strict=True):
        quote = _proof(claim, vector, evidence) if len(kept) < MOST else None
        if quote is None:
            dropped.append(claim)
            continue
        kept.append(claim)
        if not any(_within(quote, other) for other in quotes):
            quotes = [*(other for other in quotes if not _within(other, quote)), quote]
    return Checked(Answer(together(kept), tuple(quotes), "written"), len(kept), tuple(dropped))


def is_hopeless(draft: str, evidence: Evidence) -> bool:
    """Say whether the first sentences of a draft that goes on are nothing that could be proved."""
    said = claims(NUMBERED.sub("", draft))[:-1]
    return len(said) >= GIVE_UP and not any(alike >= ALIKE for claim in said for _, alike in _alike(claim, evidence))


def claims(text: str) -> list[str]:
    """Return the sentences of a text, each on a line."""
    return [" ".join(text[start:end].split()) for start, end in sentences(text, in_document=True)]


def together(claims: list[str]) -> str:
    """Return sentences as one text."""
    return ("" if claims and claims[0].endswith(("。", "！", "？")) else " ").join(claims)


def _within(quote: Quote, other: Quote) -> bool:
    return quote.chunk.number == other.chunk.number and other.start <= quote.start and quote.end <= other.end


def _proof(claim: str, vector: list[float] | None, evidence: Evidence) -> Quote | None:
    """Return the place that proves a claim best, if one does."""
    best: Quote | None = None
    likeness = evidence.scale.likeness
    for place, alike in _alike(claim, evidence):
        near = max((likeness(vector, one.vector) for one in place if vector and one.vector), default=None)
        if alike < LITERAL and not (alike >= ALIKE and near is not None and near >= NEAR):
            continue
        # Two sentences only where one is not enough.
        score = alike if near is None else (alike + near) / 2
        score -= 0.05 * (len(place) - 1)
        if best is None or score > best.score:
            best = Quote(place[0].chunk, place[0].start, place[-1].end, score)
    return best


def _alike(claim: str, evidence: Evidence) -> Iterator[tuple[tuple[Sentence, ...], float]]:
    """Yield the places that hold all that a claim tells, each with the share of the claim's words that it holds.

    What the question said already tells nothing: "The fluid is air" says "air" to whoever asks for the fluid, and that
    must stand in the quote itself, not only above it.
    """
    said, asked = terms(claim), stems(evidence.question)
    told = [term for term in said if term not in asked]
    if not told or is_command(claim):
        return
    for place in _places(evidence.sentences):
        text = place[0].chunk.text[place[0].start : place[-1].end]
        quote = stems(text)
        if all(has(quote, term) for term in told) and _same_facts(claim, text, place[0]):
            held = quote | place[0].stems
            yield place, sum(has(held, term) for term in said) / len(said)


def _places(found: tuple[Sentence, ...]) -> Iterator[tuple[Sentence, ...]]:
    """Yield each sentence, and each two that stand together."""
    yield from ((sentence,) for sentence in found)
    for one, other in pairwise(found):
        between = one.chunk.text[one.end : other.start]
        if one.chunk.number == other.chunk.number and not any(character.isalnum() for character in between):
            yield one, other


def _same_facts(claim: str, text: str, place: Sentence) -> bool:
    """Say whether everything in ``claim`` that must not differ stands in ``text``, too."""
    return holds_facts(f"{above(place.chunk)}\n{text}", claim) and says_no_as(text, claim)


def holds_facts(text: str, claim: str) -> bool:
    """Say whether every number, name and address of ``claim`` stands in ``text``."""
    words, known = set(tokens(text)), stems(text)
    return (
        set(NUMBER.findall(claim)) <= set(NUMBER.findall(text))
        and all(word in words for word in tokens(claim) if word in NUMBER_WORDS)
        and all(has(known, stem) for name in NAME.findall(claim) for stem in terms(name))
        and all(address.rstrip(".,;:)") in text for address in ADDRESS.findall(claim))
    )


def adds_nothing(text: str, claim: str) -> bool:
    """Say whether ``claim`` has no fact but those of ``text``; also its first word may be a name."""
    return holds_facts(text, f"; {claim}")


def says_no_as(text: str, claim: str) -> bool:
    """Say whether ``claim`` says no exactly where ``text`` does."""
    return bool(NEGATION.search(claim)) == bool(NEGATION.search(_told(claim, text)))


def _told(claim: str, text: str) -> str:
    """Return the clauses of ``text`` that ``claim`` tells of: what it leaves out may say no to something else."""
    said = stems(claim)
    clauses = [clause for clause in CLAUSE.split(text) if clause.strip()]
    shares = [(clause, [has(said, term) for term in terms(clause)]) for clause in clauses]
    return " ".join(clause for clause, found in shares if not found or 2 * sum(found) >= len(found))
