"""``/v1/chat/completions``: a conversation that the client brings along, gone on with."""

import time
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from assistants.errors import InvalidInput
from assistants.generation import Tokens
from assistants.openai.completions import MAX_MESSAGES
from webapp.api.errors import Answers, openai_answers
from webapp.api.openai.answers import FAILURES, FinishReason, TheCaller, Usage, answer
from webapp.api.openai.calls import Call, Choice, Piece
from webapp.api.openai.wire import ChatMessage, Generation, ResponseFormat

router = APIRouter(tags=["OpenAI-compatible"])


class ChatRequest(Generation):
    """A conversation and how its next message is to be."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"messages": [{"role": "user", "content": "Hello!"}]}]})

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    max_completion_tokens: Annotated[Tokens | None, Field(description="The newer name of max_tokens")] = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: ResponseFormat | None = None

    def asked(self) -> list[dict[str, Any]]:
        """Return a request for each choice; raises ``InvalidInput``."""
        if self.top_logprobs and not self.logprobs:
            raise InvalidInput("top_logprobs", "{field} goes with logprobs only.")
        if self.max_tokens and self.max_completion_tokens:
            raise InvalidInput("max_tokens", "{field} and max_completion_tokens are the same: send one of them.")
        messages = [message.asked(f"messages.{number}") for number, message in enumerate(self.messages)]
        if len(messages) > 1 and messages[-1] == {"role": "assistant", "content": ""}:
            # Nothing to go on with.
            messages.pop()
        params = {"max_tokens": self.max_completion_tokens} if self.max_completion_tokens is not None else {}
        controls = {
            "json_schema": self.response_format and self.response_format.asked(),
            "logprobs": self.logprobs,
            "top_logprobs": self.top_logprobs,
        }
        return self.requests({"messages": messages}, params, controls)


class Logprobs(BaseModel):
    """The tokens of a choice: each with its log-probability and its likeliest alternatives."""

    content: list[dict[str, Any]]


class ChatReply(BaseModel):
    """The message that the model wrote."""

    role: Literal["assistant"]
    content: str
    reasoning_content: str | None = Field(None, description="What it thought before; there where it told that")


class ChatChoice(BaseModel):
    """One of the choices."""

    index: int
    message: ChatReply
    logprobs: Logprobs | None
    finish_reason: FinishReason


class ChatCompletion(BaseModel):
    """The answer; behind the dash of ``id`` is the id of its job."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage | None


@dataclass
class ChatForm:
    """How a chat completion looks."""

    with_usage: bool

    def __post_init__(self) -> None:
        self._created = int(time.time())
        self._begun: set[int] = set()

    def whole(self, call: Call, choices: list[Choice]) -> dict[str, Any]:
        """Return the answer in one."""
        return self._head(call, "chat.completion") | {
            "choices": [
                {
                    "index": number,
                    "message": {"role": "assistant", "content": choice.text} | reasoned(choice.reasoning),
                    "logprobs": {"content": choice.tokens} if choice.tokens else None,
                    "finish_reason": choice.reason,
                }
                for number, choice in enumerate(choices)
            ],
            "usage": call.usage,
        }

    def more(self, call: Call, piece: Piece) -> list[dict[str, Any]]:
        """Return the events that tell of ``piece``, each choice's first with its role."""
        events = []
        if piece.choice not in self._begun:
            self._begun.add(piece.choice)
            events.append(self._event(call, piece.choice, {"role": "assistant", "content": ""}))
        if piece.reasoning:
            events.append(self._event(call, piece.choice, reasoned(piece.reasoning)))
        if piece.text or piece.tokens:
            tokens = {"content": piece.tokens} if piece.tokens else None
            events.append(self._event(call, piece.choice, {"content": piece.text}, tokens))
        if piece.reason:
            events.append(self._event(call, piece.choice, {}, reason=piece.reason))
        return events

    def end(self, call: Call) -> list[dict[str, Any]]:
        """Return the event that has the usage, if that was asked for."""
        head = self._head(call, "chat.completion.chunk")
        return [head | {"choices": [], "usage": call.usage}] if self.with_usage else []

    def _event(
        self, call: Call, index: int, delta: dict[str, str], tokens: dict | None = None, reason: str | None = None
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": tokens, "finish_reason": reason}
        usage = {"usage": None} if self.with_usage else {}
        return self._head(call, "chat.completion.chunk") | {"choices": [choice]} | usage

    def _head(self, call: Call, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{call.id}", "object": kind, "created": self._created, "model": call.model}


def reasoned(text: str) -> dict[str, str]:
    """Return what a model thought as the field has it: vLLM, SGLang, llama.cpp and DeepSeek call it so."""
    return {"reasoning_content": text} if text.strip() else {}


ANSWER: Answers = {
    200: {"model": ChatCompletion, "content": {"text/event-stream": {}}, "description": "The answer, or its stream"}
}


@router.post("/chat/completions", responses=ANSWER | openai_answers(*FAILURES))
async def create_chat_completion(caller: TheCaller, body: ChatRequest) -> Response:
    """Go on with a conversation, as OpenAI's chat completions do."""
    return await answer(caller, body.asked(), ChatForm(body.with_usage), stream=body.stream)
