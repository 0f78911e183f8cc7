"""Features: a text as one row of numbers, its vector beside its words.

The words are what is left where the embedder does not know a language, or is not there: then the places of the vector
are empty. Knows nothing about labels.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np

from assistants.knowledge.terms import terms
from assistants.words import IS_CJK

# Places for words; two that share one are seldom in the same few examples.
BUCKETS = 1024
# What words weigh beside a vector, whose length is 1.
WORDS = 0.2


Vectors = Sequence[list[float] | None]


def rows(texts: Sequence[str], vectors: Vectors, size: int) -> Any:
    """Return one row a text: the ``size`` numbers of its vector, empty where there is none, and its words."""
    made = np.zeros((len(texts), size + BUCKETS), np.float32)
    for row, text, vector in zip(made, texts, vectors, strict=True):
        has_vector = vector is not None and len(vector) == size
        if has_vector:
            row[:size] = vector
        for place, weight in words(text).items():
            row[size + place] = weight * (WORDS if has_vector else 1.0)
    return made


def words(text: str) -> dict[int, float]:
    """Return the places of a text's words, and what each weighs; all together have the length 1."""
    found = Counter(crc32(term.encode()) % BUCKETS for term in _terms(text))
    length = math.sqrt(sum(found.values()))
    return {place: math.sqrt(count) / length for place, count in found.items()}


def _terms(text: str) -> list[str]:
    """Return the words that carry meaning and, of Chinese ones, each character, too: pairs seldom come twice."""
    found = terms(text)
    return found + [character for character in text if IS_CJK.match(character)]
