"""Eliza, who listened in 1966, as an engine of AIGC Studio: ``eliza:doctor``."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

RULES = [
    (r"i need (.*?)[.!?]*", "Why do you need {0}?"),
    (r"i am (.*?)[.!?]*", "How long have you been {0}?"),
    (r"because (.*?)[.!?]*", "Is that the real reason?"),
    (r".*\b(mother|father)\b.*", "Tell me more about your {0}."),
    (r"(.*)", "Please go on."),
]


class Eliza(BaseChatModel):
    """Answers by rule, a word at a time."""

    @property
    def _llm_type(self) -> str:
        return "eliza"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **params: Any,
    ) -> Iterator[ChatGenerationChunk]:
        heard = messages[-1].text.strip().lower()
        answer = next(reply.format(*m.groups()) for rule, reply in RULES if (m := re.fullmatch(rule, heard, re.DOTALL)))
        for word in re.findall(r"\S+\s*", answer):
            yield ChatGenerationChunk(message=AIMessageChunk(word))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **params: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **params))


def open_chat(model: str, path: Path | None = None) -> Eliza:
    """Open the model that stands after the colon; she knows one part."""
    if model != "doctor":
        raise ValueError(f"Eliza plays the doctor and not {model}")
    return Eliza()
