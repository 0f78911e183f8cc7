"""A model that answers what its table says of the last message, and weighs labels by it."""

import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from assistants.engines import echo
from assistants.models import Models


class Scripted(echo.Echo):
    """Answers by a function of all messages."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"json_schema", "score"})
    answer: Callable[[list[BaseMessage]], str]

    def _stream(self, messages: list[BaseMessage], *_: Any, **options: Any) -> Iterator[ChatGenerationChunk]:
        text = self.answer(messages)
        message = AIMessageChunk(text, response_metadata={"finish_reason": "stop"}, chunk_position="last")
        yield ChatGenerationChunk(message=message)

    def score(self, messages: list[BaseMessage], continuations: list[str]) -> list[list[float]]:
        """Hold the answer for likely and all else for unlikely."""
        text = self.answer(messages)
        return [[-0.1, -0.1] if one == text else [-3.0] for one in continuations]


def scripted(patch: pytest.MonkeyPatch, models: Models, answer: Callable[[list[BaseMessage]], str]) -> None:
    """Let ``echo:words=1`` be a model that answers by this function."""
    engine, model = models.engine, Scripted(options=echo.Options(), answer=answer)
    patch.setattr(models, "engine", lambda name, *needs: model if name == "echo:words=1" else engine(name, *needs))


MODEL = "echo:words=1"


def verdict(word: str, reason: str = "it is so") -> str:
    """Return what a judge answers."""
    return json.dumps({"reason": reason, "verdict": word})
