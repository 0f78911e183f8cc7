"""The engine for a model that runs elsewhere.

It tries again until the first word, and never after it; what it cannot mend it says in one sentence; an answer without
a word is an error, too. Knows nothing about URLs or parameters, which are its dialect's.
"""

import asyncio
import random
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr, SecretStr, SkipValidation

from assistants.engines.controls import instructed
from assistants.engines.remote.dialects import Dialect, Wishes, reason
from assistants.engines.remote.faults import Cut, Fault, Silence
from assistants.engines.remote.loop import CancelledError, Loop
from assistants.errors import GenerationFailed, ModelUnavailable, StudioError

# To a model that is asked to go on without being able to be made to.
GO_ON = "Continue your last message exactly where it ends; repeat nothing of it and add no introduction"
# Bytes of UTF-8 a token: about four Latin letters, or one and a third Chinese characters.
BYTES_A_TOKEN = 4
TOKENS_A_MESSAGE = 4


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try.

    ``first`` is for the first sign of an answer, for which a server may have to load the model; ``gap`` for each next.
    """

    connect: float = 10
    first: float = 120
    gap: float = 60
    attempts: int = 3
    pause: float = 0.5
    longest_pause: float = 30


PATIENCE = Patience()


class RemoteChat(BaseChatModel):
    """A model of the connection of that name."""

    connection: str
    model: str
    dialect: SkipValidation[Dialect] = Field(exclude=True, repr=False)
    secret: SecretStr | None = Field(None, exclude=True)
    patience: Patience = PATIENCE
    slots: int = 8
    # Servers do not say how much they read; they judge for themselves.
    context: int | None = None

    _loop: Loop | None = PrivateAttr(None)
    _closed: bool = PrivateAttr(False)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "remote"

    @property
    def capabilities(self) -> frozenset[str]:
        """Which controls the server takes natively."""
        return self.dialect.capabilities

    def close(self) -> None:
        """Close every connection; whoever still waits for an answer gets an error."""
        with self._lock:
            self._closed = True
        if self._loop:
            self._loop.close(self.dialect.close)

    def models(self) -> list[str]:
        """Ask the server for its models; raises ``GenerationFailed``."""

        async def listed() -> list[str]:
            try:
                async with asyncio.timeout(self.patience.first):
                    return await self.dialect.models()
            except TimeoutError:
                raise Silence(self.patience.first, begun=False) from None

        try:
            return self._running().result(listed())
        except Exception as error:  # noqa: BLE001 (libraries raise what they like)
            raise self._told(error, begun=False) from None

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """Estimate the tokens by the characters, for a count would have to fetch the model's vocabulary."""
        size = sum(len(message.text.encode()) // BYTES_A_TOKEN + TOKENS_A_MESSAGE for message in messages)
        return max(1, size)

    def _running(self) -> Loop:
        with self._lock:
            if self._closed:
                raise ModelUnavailable("The model {model} is closed.", model=self._full_name)
            if self._loop is None:
                self._loop = Loop(f"remote {self.connection}")
            return self._loop

    @property
    def _full_name(self) -> str:
        return f"{self.connection}:{self.model}"

    def _told(self, error: Exception, *, begun: bool) -> StudioError:
        if isinstance(error, StudioError):
            return error
        secret = self.secret and self.secret.get_secret_value()
        return Fault.of(error).told(self.connection, self._full_name, secret, begun=begun)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **params: Any,
    ) -> Iterator[ChatGenerationChunk]:
        wishes = Wishes(**params)
        answer = Answer()
        chunks = self._running().iterate(self._answer(messages, stop, wishes))
        try:
            for chunk in chunks:
                if chunk is None:
                    yield ChatGenerationChunk(message=AIMessageChunk(""))
                elif kept := answer.take(chunk):
                    if run_manager:
                        run_manager.on_llm_new_token(kept.text, chunk=ChatGenerationChunk(message=kept))
                    yield ChatGenerationChunk(message=kept)
        except CancelledError:
            raise ModelUnavailable("The model {model} is closed.", model=self._full_name) from None
        finally:
            chunks.close()
        self._check(answer, wishes, continued=messages[-1].type == "ai")
        yield ChatGenerationChunk(message=answer.last(self._full_name))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **params: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **params))

    def _check(self, answer: "Answer", wishes: Wishes, *, continued: bool) -> None:
        """Raise ``GenerationFailed`` if the answer is not what was asked for."""
        if not answer.has_text and not continued:
            if answer.reason == "length":
                template = "{model} used up its tokens before its first word. Allow it more."
                raise GenerationFailed(template, model=self._full_name)
            raise GenerationFailed("The model answered with nothing. Ask again or in other words.")
        if wishes.logprobs and answer.has_text and not answer.has_logprobs:
            raise GenerationFailed("{connection} gave no log-probabilities.", connection=self.connection)

    async def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """Yield the answer's chunks; before the first word, try again what may pass."""
        plain, attempt, begun = False, 1, False
        if messages[-1].type == "ai" and not self.dialect.continues:
            messages = [*messages, HumanMessage(GO_ON)]
        while True:
            try:
                async with aclosing(self._attempt(messages, stop, wishes, plain)) as chunks:
                    async for chunk in chunks:
                        begun = begun or bool(chunk.text)
                        yield chunk
                return
            except Exception as error:  # noqa: BLE001 (libraries raise what they like)
                fault = Fault.of(error)
                if fault.is_refusal and not plain and not begun:
                    messages, wishes = put_plainly(messages, wishes)
                    plain = True
                elif begun or not fault.is_passing or attempt == self.patience.attempts or self._is_long(fault):
                    raise self._told(error, begun=begun) from None
                else:
                    await asyncio.sleep(self._pause(fault, attempt))
                    attempt += 1

    async def _attempt(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, plain: bool
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """Ask once; raises ``Silence`` when nothing comes and ``Cut`` when the end does not."""
        begun, ended = False, not self.dialect.ends
        async with aclosing(self.dialect.stream(messages, stop, wishes, plain=plain)) as chunks:
            while True:
                limit = self.patience.gap if begun else self.patience.first
                try:
                    async with asyncio.timeout(limit):
                        chunk = await anext(chunks)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    raise Silence(limit, begun=begun) from None
                begun, ended = True, ended or reason(chunk) is not None
                yield chunk
        if not ended:
            raise Cut

    def _is_long(self, fault: Fault) -> bool:
        return fault.wait is not None and fault.wait > self.patience.longest_pause

    def _pause(self, fault: Fault, attempt: int) -> float:
        """Return the seconds until the next attempt: what the server asks for, else more each time, never in step."""
        if fault.wait is not None:
            return fault.wait
        return min(self.patience.longest_pause, self.patience.pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))


class Answer:
    """What has come of an answer so far, apart from its text."""

    def __init__(self) -> None:
        self.has_text = self.has_logprobs = False
        self.reason = "stop"
        self._tokens = {"input_tokens": 0, "output_tokens": 0}

    def take(self, chunk: AIMessageChunk) -> AIMessageChunk | None:
        """Note what ``chunk`` tells; return what is to be shown of it."""
        self.reason = reason(chunk) or self.reason
        # Some count once, some as they go, some each half at its time: the most is the whole.
        for name, count in self._tokens.items():
            self._tokens[name] = max(count, (chunk.usage_metadata or {}).get(name, 0))
        logprobs = chunk.response_metadata.get("logprobs") or {}
        logprobs = logprobs if logprobs.get("content") else None
        self.has_text = self.has_text or bool(chunk.text)
        self.has_logprobs = self.has_logprobs or bool(logprobs)
        if not chunk.text and not logprobs:
            return None
        # As plain text: pydantic takes half a character in no other, and it is made storable where the stream ends.
        return AIMessageChunk(str(chunk.text), response_metadata={"logprobs": logprobs} if logprobs else {})

    def last(self, name: str) -> AIMessageChunk:
        """Return the last chunk."""
        metadata = {"finish_reason": self.reason, "model_name": name}
        total = sum(self._tokens.values())
        usage = {**self._tokens, "total_tokens": total} if total else None
        return AIMessageChunk("", usage_metadata=usage, response_metadata=metadata, chunk_position="last")


def put_plainly(messages: list[BaseMessage], wishes: Wishes) -> tuple[list[BaseMessage], Wishes]:
    """Return the request in words alone, for a server that refuses to be made to go on or to write JSON."""
    if messages[-1].type == "ai":
        messages = [*messages, HumanMessage(GO_ON)]
    if wishes.json_schema is not None:
        messages = instructed(messages, "json_schema", wishes.json_schema)
        wishes = replace(wishes, json_schema=None)
    return messages, wishes
