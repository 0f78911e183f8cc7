"""The stand-in: a chat engine that needs no model and says back what it heard, for tests and for looking at the page.

Deterministic. Its name carries its options as a query string: ``echo:delay=0.05&words=400``.
"""

import re
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistants.engines.stopping import Alongside, StopStrings, said
from assistants.engines.streamed import StreamedChat
from assistants.errors import GenerationFailed, InvalidInput

# A character of a language without spaces, or a word with the space after it.
UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
WORD = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+\s*|\s+")


def words(text: str) -> list[str]:
    """Cut ``text`` into the pieces that the stand-in says and counts as tokens."""
    return WORD.findall(text)


def rounds(script: list[str]) -> Iterator[str]:
    """Yield the words for ever; from the second round on each has the round's number, for real texts move on, too."""
    yield from script
    for number in count(2):
        yield from (f"{word.rstrip()}{number}{word[len(word.rstrip()) :]}" for word in script)


def certain(word: str) -> dict[str, Any]:
    """Return what is said of a word as a token."""
    return {"token": word, "logprob": 0.0, "bytes": list(word.encode()), "top_logprobs": []}


class Options(BaseModel):
    """What the name of a stand-in may say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay: float = Field(0, ge=0, le=10, description="Seconds before each word")
    words: int | None = Field(None, ge=0, le=100_000, description="Say the message in rounds, each with its number")
    reasons: int = Field(0, ge=0, le=100_000, description="Reason in so many words first")
    fail: int | None = Field(None, ge=0, description="Break after so many words")
    slots: int = Field(8, ge=1, le=64)
    context: int = Field(4096, ge=8, description="Tokens")


class Echo(StreamedChat):
    """Says the last message back, word by word; of each it is certain."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"logprobs", "completion"})
    begins_reasoning: ClassVar[bool] = False
    is_base: ClassVar[bool] = False

    options: Options

    @property
    def _llm_type(self) -> str:
        return "echo"

    @property
    def slots(self) -> int:
        """How many generations it takes at once."""
        return self.options.slots

    @property
    def context(self) -> int:
        """How many tokens a prompt and its reply may have together."""
        return self.options.context

    def close(self) -> None:
        """There is nothing to close."""

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """Count the words of all messages."""
        return sum(len(words(message.text)) for message in messages)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        max_tokens: int | None = None,
        logprobs: bool = False,
        raw: bool = False,
        **sampling: Any,
    ) -> Iterator[ChatGenerationChunk]:
        heard = self.get_num_tokens_from_messages(messages)
        if heard >= self.context:
            template = "{field} is too long: the prompt has {tokens} tokens, and {model} takes fewer than {limit}."
            raise InvalidInput("message", template, tokens=heard, model="echo", limit=self.context)
        script = self._script(messages)
        limit = min(max_tokens or len(script), self.context - heard)
        texts, tokens, spoken = StopStrings(stop), Alongside(), 0
        yield from self._reasoning()
        for word in script[:limit]:
            time.sleep(self.options.delay)
            if spoken == self.options.fail:
                raise GenerationFailed("The stand-in broke, as it was told to.")
            spoken += 1
            text = texts.push(word)
            tokens.push([certain(word)] if logprobs else [])
            yield ChatGenerationChunk(message=AIMessageChunk(content=text, response_metadata=said(tokens.pop(text))))
            if texts.found:
                break
        thought = self.options.reasons
        usage: dict[str, Any] = {
            "input_tokens": heard,
            "output_tokens": thought + spoken,
            "total_tokens": heard + thought + spoken,
        }
        usage |= {"output_token_details": {"reasoning": thought}} if thought else {}
        reason = "length" if len(script) > limit and not texts.found else "stop"
        text = texts.flush()
        metadata = {"finish_reason": reason, "model_name": "echo", **said(tokens.pop(text))}
        last = AIMessageChunk(content=text, usage_metadata=usage, response_metadata=metadata, chunk_position="last")
        yield ChatGenerationChunk(message=last)

    def _reasoning(self) -> Iterator[ChatGenerationChunk]:
        """Say what it thinks, which is nothing but words by number."""
        for number in range(1, self.options.reasons + 1):
            time.sleep(self.options.delay)
            beside = {"reasoning_content": f"thought{number} "}
            yield ChatGenerationChunk(message=AIMessageChunk(content="", additional_kwargs=beside))

    def _script(self, messages: list[BaseMessage]) -> list[str]:
        """Return the words to say; of a reply that was begun, those that are missing."""
        heard = next((message.text for message in reversed(messages) if isinstance(message, HumanMessage)), "")
        script = words(heard) or ["…"]
        if self.options.words is not None:
            script = list(islice(rounds([*script[:-1], script[-1].rstrip() + " "]), self.options.words))
        return script[begun(messages[-1].text, script) :] if isinstance(messages[-1], AIMessage) else script


def begun(reply: str, script: list[str]) -> int:
    """Return with how many of the first words of a script a reply ends."""
    said, script = reply.split(), [word.strip() for word in script]
    most = min(len(said), len(script))
    return next((size for size in range(most, 0, -1) if said[-size:] == script[:size]), 0)


def open_chat(options: str, file: Path | None = None) -> Echo:
    """Return the stand-in that ``options`` describes; raises ``InvalidInput`` for others than those of ``Options``."""
    try:
        return Echo(options=Options(**dict(parse_qsl(options, strict_parsing=bool(options)))))
    except (ValidationError, ValueError):
        raise InvalidInput("model", "The stand-in does not know the options {options}.", options=options) from None
