"""Chat with a model by transformers: safetensors or a GGUF, on CUDA, MPS or the CPU, with every control there is.

Knows what the program that runs it (``transformers_worker``) has to be told; loads no native code itself, and knows
nothing about catalogs or downloads.
"""

from pathlib import Path
from typing import Any, ClassVar

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from assistants import memory
from assistants.engines.process import PROGRAMS, Event, ProcessChat
from assistants.errors import InvalidInput


class TransformersChat(ProcessChat):
    """A folder of safetensors or a GGUF file that is open."""

    program: ClassVar[Path] = PROGRAMS / "transformers_worker"
    capabilities: ClassVar[frozenset[str]] = frozenset({
        "choice",
        "completion",
        "guidance",
        "inspect",
        "json_schema",
        "logprobs",
        "min_tokens",
        "penalties",
        "regex",
        "score",
        "top_logprobs",
        "words",
    })

    path: Path

    @property
    def _llm_type(self) -> str:
        return "transformers"

    def score(self, messages: list[BaseMessage], continuations: list[str]) -> list[list[float]]:
        """Return the log-probability, in nats, of each token of each continuation as the reply to ``messages``.

        Raises ``InvalidInput`` if the prompt is too long, and ``GenerationFailed``.
        """
        event = self._heard(self.start().ask_once(messages=convert_to_openai_messages(messages), score=continuations))
        if "prompt" in event:
            self._fitting(event["prompt"])
        return event["scores"]

    def inspect(self, messages: list[BaseMessage], text: str, what: str, *, raw: bool = False, **options: Any) -> Event:
        """Return what is inside the model as it reads ``text`` as the reply to ``messages``.

        ``what`` and its options are those of ``transformers_worker/looking.py``: tokens, place, lens or attention.
        Raises ``InvalidInput`` for what is too long or is not there, and ``GenerationFailed``.
        """
        look, turns = {"what": what, "text": text, **options}, convert_to_openai_messages(messages)
        event = self._heard(self.start().ask_once(messages=turns, look=look, options={"raw": raw}))
        if "prompt" in event:
            self._fitting(event["prompt"])
        if amiss := event.get("amiss"):
            raise InvalidInput(amiss["field"], amiss["template"], **amiss["values"])
        return event["found"]

    def _first(self) -> dict[str, Any]:
        return {"model": str(self.path), "memory": memory.available()}


def open_chat(model: str, path: Path) -> TransformersChat:
    """Load the folder or GGUF file at ``path`` as ``model``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    engine = TransformersChat(model=model, path=path)
    engine.start()
    return engine
