"""Likeness: which texts of a list say nearly the same, by their words, or by their meaning where there are vectors.

Knows nothing about what the texts are of.
"""

from assistants.words import tokens

# From here on two names, or two texts, are the same with a word changed.
WORDS_ALIKE = 0.75
MEANING_ALIKE = 0.95


def near(texts: list[str], vectors: list[list[float] | None] | None = None) -> list[tuple[int, int]]:
    """Return (later, earlier) places of texts that are nearly the same as one before; one pair for each later one."""
    words = [frozenset(tokens(text)) for text in texts]
    plain = [" ".join(text.casefold().split()) for text in texts]
    found = []
    for later in range(len(texts)):
        for earlier in range(later):
            if plain[later] == plain[earlier] or _overlap(words[later], words[earlier]) >= WORDS_ALIKE:
                found.append((later, earlier))
                break
            if vectors and _cosine(vectors[later], vectors[earlier]) >= MEANING_ALIKE:
                found.append((later, earlier))
                break
    return found


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _cosine(one: list[float] | None, other: list[float] | None) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) if one and other else 0.0
