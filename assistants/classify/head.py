"""A head: the weights of a logistic regression on a text's features, and the guesses that it makes.

Knows how it is written down; knows nothing about how it was learned.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistants.classify.features import BUCKETS, rows
from assistants.embedder import MODEL, Embedder


@dataclass(frozen=True)
class Guess:
    """The likeliest label of a text; ``scores`` has every label's probability, the likeliest first."""

    label: str
    confidence: float
    scores: dict[str, float]


@dataclass(frozen=True)
class Head:
    """``weights`` has a row for each of the ``labels``; the sums are divided by ``temperature``, which calibrates.

    ``embedder`` is the model whose vectors it was learned on: it says nothing about those of another.
    """

    labels: tuple[str, ...]
    weights: Any
    bias: Any
    temperature: float
    embedder: str = MODEL

    @property
    def size(self) -> int:
        """How many numbers the vectors have that it was learned with; 0 where there were words alone."""
        return self.weights.shape[1] - BUCKETS

    def to_json(self) -> str:
        """Return it as text, the weights with 16 bits each, which they need no more than."""
        weights = base64.b64encode(self.weights.astype(np.float16).tobytes()).decode()
        bias = [round(float(one), 5) for one in self.bias]
        return json.dumps(
            {"labels": self.labels, "weights": weights, "bias": bias, "temperature": self.temperature}
            | {"embedder": self.embedder},
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> "Head":
        """Return what ``to_json`` was taken from."""
        data = json.loads(text)
        weights = np.frombuffer(base64.b64decode(data["weights"]), np.float16).astype(np.float32)
        labels = tuple(data["labels"])
        bias = np.array(data["bias"], np.float32)
        # One that was kept before there were two embedders does not say which.
        embedder = data.get("embedder", MODEL)
        return cls(labels, weights.reshape(len(labels), -1), bias, data["temperature"], embedder)


def guess(head: Head, embedder: Embedder, texts: Sequence[str]) -> list[Guess]:
    """Return a guess for each text."""
    vectors = embedder.vectors(list(texts), "query") if embedder.model == head.embedder else [None] * len(texts)
    sums = rows(texts, vectors, head.size) @ head.weights.T + head.bias
    return guesses(head.labels, softmax(sums / head.temperature))


def softmax(sums: Any) -> Any:
    """Return sums as probabilities, row by row."""
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def guesses(labels: Sequence[str], probabilities: Any) -> list[Guess]:
    """Return rows of probabilities, a column for each label, as guesses."""
    made = []
    for row in probabilities:
        order = np.argsort(-row, kind="stable")
        scores = {labels[place]: round(float(row[place]), 4) for place in order}
        made.append(Guess(labels[order[0]], round(float(row[order[0]]), 4), scores))
    return made
