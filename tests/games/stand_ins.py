"""A model that keeps to a schema: it fills every key of an answer with words that fit its pattern."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from assistants.engines import echo
from assistants.models import Models

MODEL = "echo:words=1"
NAMES = ["Ash", "Birch", "Cedar", "Dune", "Elm", "Fern", "Gorse", "Heath", "Ivy", "Juniper", "Kelp", "Larch"]


class Author(echo.Echo):
    """Writes new names, or always the same one, and sentences about them."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"json_schema"})
    monotonous: bool = False
    asked: list[str] = []

    def _stream(self, messages: list[BaseMessage], *_: Any, **options: Any) -> Iterator[ChatGenerationChunk]:
        keys = list(options["json_schema"]["properties"]) if "json_schema" in options else []
        self.asked.append(messages[-1].text)
        answer = {key: self._text(key) for key in keys}
        text = json.dumps(answer) if keys else "You feel the wind."
        usage = {"input_tokens": 10, "output_tokens": 8 * len(keys), "total_tokens": 10 + 8 * len(keys)}
        last = {"response_metadata": {"finish_reason": "stop"}, "usage_metadata": usage, "chunk_position": "last"}
        yield ChatGenerationChunk(message=AIMessageChunk(text, **last))

    def _text(self, key: str) -> str:
        number = sum(map(ord, key)) * 31 + len(self.asked)
        name = NAMES[0] if self.monotonous else f"{NAMES[number % 12]} {NAMES[number // 12 % 12].lower()}"
        return name if key.endswith("_name") else f"{name} stands here and waits for number {number}."


def author(patch: pytest.MonkeyPatch, models: Models, *, monotonous: bool = False) -> Author:
    """Let ``MODEL`` be an author; it holds what it was asked."""
    engine, model = models.engine, Author(options=echo.Options(), monotonous=monotonous, asked=[])
    patch.setattr(models, "engine", lambda name, *needs: model if name == MODEL else engine(name, *needs))
    return model
