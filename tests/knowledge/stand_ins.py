"""An embedder that needs no model: texts are near each other as far as they share words, and it knows no Chinese."""

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pytest

from assistants.embedder import MODEL
from assistants.knowledge.sentences import share_chinese, terms
from assistants.models import Models, ModelState

SIZE = 64


class Words:
    """Counts the stems of a text in a few places."""

    slots = 1

    def embed(self, texts: list[str], kind: str = "document", *, cut: bool = False) -> SimpleNamespace:
        """Return the vectors, and how much of each text is Chinese."""
        return SimpleNamespace(
            vectors=[vector(text) for text in texts], unknown=[share_chinese(text) for text in texts]
        )


def vector(text: str) -> list[float]:
    counts = [0.01] * SIZE
    for term in terms(text):
        counts[crc32(term.encode()) % SIZE] += 1
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def stand_in_for_embedder(patch: pytest.MonkeyPatch, models: Models) -> None:
    """Let ``models`` have ``Words`` for the starter embedder, which is then ready."""
    state, waiting, engine = models.state, models.waiting, models.engine
    words = Words()

    def ready(name: str | None, *needs: Any) -> Iterator[ModelState]:
        return iter(()) if name == MODEL else waiting(name, *needs)

    patch.setattr(models, "state", lambda name: ModelState(MODEL, "ready") if name == MODEL else state(name))
    patch.setattr(models, "waiting", ready)
    patch.setattr(models, "engine", lambda name, *needs: words if name == MODEL else engine(name, *needs))
