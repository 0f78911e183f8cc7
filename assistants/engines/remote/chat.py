"""The engine for a model that runs elsewhere.

It tries again until the first word, and never after it; what it cannot mend it says in one sentence; an answer without
a word is an error, too, unless the server says why. Knows nothing about URLs or parameters, which are its dialect's.
"""

import asyncio
import random
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import Field, PrivateAttr, SecretStr, SkipValidation

from assistants.engines.controls import instructed
from assistants.engines.remote.answer import Answer, is_more_than_life, reason, says_something
from assistants.engines.remote.dialects import Dialect, Wishes
from assistants.engines.remote.faults import Fault, Silence
from assistants.engines.remote.loop import QUIET_SECONDS, CancelledError, Loop
from assistants.engines.streamed import StreamedChat
from assistants.errors import GenerationFailed, ModelUnavailable, StudioError

# To a model that is asked to go on without being able to be made to.
GO_ON = "Continue your last message exactly where it ends; repeat nothing of it and add no introduction"
# Bytes of UTF-8 a token: about four Latin letters, or one and a third Chinese characters.
BYTES_A_TOKEN = 4
TOKENS_A_MESSAGE = 4


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try.

    ``first`` is for the first word, for which a server may have to load the model and read the prompt; ``gap`` for each
    next. Whatever comes, if only to keep the connection open, is waited for anew.
    """

    connect: float = 10
    first: float = 120
    gap: float = 60
    # For the usage, once the answer is whole.
    tail: float = 3
    attempts: int = 3
    pause: float = 0.5
    longest_pause: float = 30


PATIENCE = Patience()


class RemoteChat(StreamedChat):
    """A model of the connection of that name."""

    connection: str
    model: str
    dialect: SkipValidation[Dialect] = Field(exclude=True, repr=False)
    secret: SecretStr | None = Field(None, exclude=True)
    patience: Patience = PATIENCE
    slots: int = 8
    # Servers do not say how much they read; they judge for themselves.
    context: int | None = None
    is_base: ClassVar[bool] = False

    _loop: Loop | None = PrivateAttr(None)
    _closed: bool = PrivateAttr(False)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _begins_reasoning: bool | None = PrivateAttr(None)

    @property
    def begins_reasoning(self) -> bool | None:
        """Whether its text begins within its reasoning, for the server's template has the tag; None: not known yet."""
        return self._begins_reasoning

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
        secret = self.secret.get_secret_value() if self.secret else None
        return Fault.of(error).told(self.connection, self._full_name, secret, begun=begun)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **params: Any,
    ) -> Iterator[ChatGenerationChunk]:
        wishes, continued = Wishes(**params), messages[-1].type == "ai"
        # A reply that is gone on with has its reasoning behind it.
        goes_on = continued and self.dialect.continues
        answer = Answer(self.connection, self._full_name, None if goes_on else self._begins_reasoning or None)
        chunks = self._running().iterate(self._answer(messages, stop, wishes))
        try:
            for chunk in chunks:
                # An empty one gives whoever waits a chance to stop.
                kept = AIMessageChunk(content="") if chunk is None else answer.take(chunk)
                if run_manager and kept.text:
                    run_manager.on_llm_new_token(kept.text, chunk=ChatGenerationChunk(message=kept))
                yield ChatGenerationChunk(message=kept)
        except CancelledError:
            raise ModelUnavailable("The model {model} is closed.", model=self._full_name) from None
        except StudioError:
            yield ChatGenerationChunk(message=answer.rest(is_whole=False))
            raise
        finally:
            chunks.close()
        yield ChatGenerationChunk(message=answer.rest(is_whole=answer.reason == "stop"))
        if answer.reason == "stop" and not goes_on:
            self._begins_reasoning = answer.begins_reasoning
        if answer.lack and not continued:
            raise GenerationFailed(answer.lack["template"], **answer.lack["values"])
        if wishes.logprobs and answer.has_text and not answer.has_logprobs:
            raise GenerationFailed("{connection} gave no log-probabilities.", connection=self.connection)
        yield ChatGenerationChunk(message=answer.last())

    async def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """Yield the answer's chunks; before the first word, try again what may pass.

        Of those that are only a sign of life, as many as are needed to stop in time.
        """
        plain, attempt, begun, told = False, 1, False, 0.0
        if messages[-1].type == "ai" and not self.dialect.continues:
            messages = [*messages, HumanMessage(GO_ON)]
        while True:
            try:
                async with aclosing(self._attempt(messages, stop, wishes, plain)) as chunks:
                    async for chunk in chunks:
                        begun = begun or says_something(chunk)
                        if is_more_than_life(chunk) or time.monotonic() - told >= QUIET_SECONDS:
                            told = time.monotonic()
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
        """Ask once; raises ``Silence`` when nothing comes. What breaks once the answer is whole breaks nothing."""
        begun = ended = False
        async with aclosing(self.dialect.stream(messages, stop, wishes, plain=plain)) as chunks:
            while True:
                limit = self.patience.tail if ended else self.patience.gap if begun else self.patience.first
                try:
                    async with asyncio.timeout(limit):
                        chunk = await anext(chunks)
                except StopAsyncIteration:
                    return
                except TimeoutError as error:
                    if ended:
                        return
                    raise Silence(limit, begun=begun) from error
                except Exception as error:
                    if ended and Fault.of(error).is_network:
                        return
                    raise
                begun = begun or says_something(chunk)
                ended = ended or reason(chunk) is not None
                yield chunk

    def _is_long(self, fault: Fault) -> bool:
        return fault.wait is not None and fault.wait > self.patience.longest_pause

    def _pause(self, fault: Fault, attempt: int) -> float:
        """Return the seconds until the next attempt: what the server asks for, else more each time, never in step."""
        if fault.wait is not None:
            return fault.wait
        return min(self.patience.longest_pause, self.patience.pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))


def put_plainly(messages: list[BaseMessage], wishes: Wishes) -> tuple[list[BaseMessage], Wishes]:
    """Return the request in words alone, for a server that refuses to be made to go on or to write JSON."""
    if messages[-1].type == "ai":
        messages = [*messages, HumanMessage(GO_ON)]
    if wishes.json_schema is not None:
        messages = instructed(messages, "json_schema", wishes.json_schema)
        wishes = replace(wishes, json_schema=None)
    return messages, wishes
