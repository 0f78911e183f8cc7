"""Which examples a prompt shows for a row: by LangChain's selectors, over vectors of the embedder or of words.

Knows nothing about prompts or models.
"""

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from assistants.playground.request import Example, Shots

if TYPE_CHECKING:
    from langchain_core.example_selectors import BaseExampleSelector

# Of so many more than are shown the diverse ones are taken.
FETCHED = 20
SLIGHT = 0.01


class Known(Embeddings):
    """Vectors that were made beforehand."""

    def __init__(self, vectors: dict[str, list[float]]) -> None:
        self._vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of ``texts``."""
        return [self._vectors[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of ``text``."""
        return self._vectors[text]


class Words(Embeddings):
    """Vectors by the words that texts share, for where there is no embedder, or none for their language."""

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        from assistants.words import tokens

        self._words = TfidfVectorizer(analyzer=tokens).fit([*texts, "-"])

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of ``texts``."""
        # A text without a word of its own is a little like every other, not like none, which has no cosine.
        return [[*row, SLIGHT] for row in self._words.transform(texts).toarray().tolist()]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of ``text``."""
        return self.embed_documents([text])[0]


def needs_vectors(shots: Shots, examples: Sequence[Example]) -> bool:
    """Say whether these shots are chosen by what a row is about."""
    return shots.choose in ("nearest", "diverse") and 0 < _count(shots, examples) < len(examples)


class Chooser:
    """Chooses the examples for a row; the same for every row where the row plays no part."""

    def __init__(self, embeddings: Callable[[], Embeddings]) -> None:
        """``embeddings`` is asked once, and only if examples are to be compared."""
        self._embeddings = embeddings
        self._selectors: dict[tuple[Shots, tuple[Example, ...]], BaseExampleSelector] = {}

    def choose(self, shots: Shots, examples: tuple[Example, ...], text: str) -> list[Example]:
        """Return the examples to show before ``text``, the most telling last: what stands last is heeded most."""
        k = _count(shots, examples)
        if shots.choose == "random":
            return random.Random(shots.seed).sample(examples, k)
        if shots.choose == "first" or not k:
            return list(examples[:k])
        if shots.choose != "length" and k == len(examples):
            return list(examples)
        key = (shots, examples)
        if key not in self._selectors:
            self._selectors[key] = self._selector(shots, examples, k)
        chosen = self._selectors[key].select_examples({"input": text})
        found = [examples[one["number"]] for one in chosen][:k]
        return found if shots.choose == "length" else found[::-1]

    def _selector(self, shots: Shots, examples: tuple[Example, ...], k: int) -> "BaseExampleSelector":
        from langchain_core.example_selectors import (
            LengthBasedExampleSelector,
            MaxMarginalRelevanceExampleSelector,
            SemanticSimilarityExampleSelector,
        )
        from langchain_core.prompts import PromptTemplate
        from langchain_core.vectorstores import InMemoryVectorStore

        known: list[dict[str, Any]] = [
            {"input": one.input, "output": one.output, "number": number} for number, one in enumerate(examples)
        ]
        if shots.choose == "length":
            form = PromptTemplate.from_template("{input} {output}")
            return LengthBasedExampleSelector(
                examples=known, example_prompt=form, max_length=shots.words, get_text_length=_words
            )
        embeddings, keys = self._embeddings(), ["input"]
        if shots.choose == "nearest":
            return SemanticSimilarityExampleSelector.from_examples(
                known, embeddings, InMemoryVectorStore, k, input_keys=keys
            )
        return MaxMarginalRelevanceExampleSelector.from_examples(
            known, embeddings, InMemoryVectorStore, k, keys, fetch_k=max(FETCHED, k)
        )


def _count(shots: Shots, examples: Sequence[Example]) -> int:
    return len(examples) if shots.k is None else min(shots.k, len(examples))


def _words(text: str) -> int:
    from assistants.store.documents import count

    return count(text)
