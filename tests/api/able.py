"""Stand-ins that need no model: one that can more than the echo, and an embedder."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from assistants.engines import echo
from assistants.models import Models

EMBEDDER = "local:starter-embedder"


class Able(echo.Echo):
    """Says the last message back and how sure it was."""

    capabilities: ClassVar[frozenset[str]] = frozenset({
        "completion", "logprobs", "min_tokens", "penalties", "top_logprobs",
    })  # fmt: skip

    def _stream(
        self,
        messages: list[BaseMessage],
        *args: Any,
        raw: bool = False,
        logprobs: bool = False,
        top_logprobs: int = 0,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in super()._stream(messages, *args, **options):
            word = chunk.message.text
            if logprobs and word:
                other = [{"token": f"not {i}", "logprob": -2.0 - i, "bytes": [110]} for i in range(top_logprobs)]
                sure = {"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": other}
                chunk.message.response_metadata["logprobs"] = {"content": [sure]}
            yield chunk


def open_chat(options: str, file: Path | None = None) -> Able:
    """Return the stand-in."""
    return Able(options=echo.open_chat(options).options)


class Lengths:
    """An embedder whose vectors begin with the length of the text."""

    slots = 1

    def embed(self, texts: list[str], first: int = 0) -> SimpleNamespace:
        return SimpleNamespace(vectors=[[float(len(text)), 0.5] for text in texts], tokens=len(texts))

    embed_documents = embed


def stand_in_for_embedder(patch: pytest.MonkeyPatch, models: Models) -> None:
    """Let ``models`` have ``Lengths`` for the starter embedder, which is then ready."""
    waiting, engine = models.waiting, models.engine
    patch.setattr(models, "waiting", lambda name, *needs: iter(()) if name == EMBEDDER else waiting(name, *needs))
    patch.setattr(models, "engine", lambda name, *needs: Lengths() if name == EMBEDDER else engine(name, *needs))
