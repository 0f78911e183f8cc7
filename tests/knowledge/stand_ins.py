"""Embedders that need no model: texts are near each other as far as they share words; one of them knows no Chinese."""

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pytest

from assistants.embedder import MODEL, MULTILINGUAL
from assistants.knowledge.terms import share_chinese, terms
from assistants.models import Models, ModelState

SIZE = 64


class Words:
    """Counts the stems of a text in a few places; ``read`` are the texts that it was given."""

    slots = 1

    def __init__(self, *, knows_chinese: bool = False) -> None:
        self.knows_chinese = knows_chinese
        self.read: list[str] = []

    def embed(self, texts: list[str], kind: str = "document", *, cut: bool = False) -> SimpleNamespace:
        """Return the vectors, and how much of each text is not known."""
        self.read += texts
        unknown = [0.0 if self.knows_chinese else share_chinese(text) for text in texts]
        return SimpleNamespace(vectors=[vector(text) for text in texts], unknown=unknown)


def vector(text: str) -> list[float]:
    counts = [0.01] * SIZE
    for term in terms(text):
        counts[crc32(term.encode()) % SIZE] += 1
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def stand_in_for_embedder(patch: pytest.MonkeyPatch, models: Models, model: str = MODEL) -> Words:
    """Let ``models`` have ``Words`` for an embedder, which is then ready, and return them."""
    state, waiting, engine = models.state, models.waiting, models.engine
    words = Words(knows_chinese=model == MULTILINGUAL)

    def ready(name: str | None, *needs: Any) -> Iterator[ModelState]:
        return iter(()) if name == model else waiting(name, *needs)

    patch.setattr(models, "state", lambda name: ModelState(model, "ready") if name == model else state(name))
    patch.setattr(models, "waiting", ready)
    patch.setattr(models, "engine", lambda name, *needs: words if name == model else engine(name, *needs))
    return words
