"""``/v1/completions``: a raw prompt, gone on with as it is."""

import time
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assistants.errors import InvalidInput
from webapp.api.errors import Answers, openai_answers
from webapp.api.openai.answers import FAILURES, FinishReason, TheCaller, Usage, answer
from webapp.api.openai.calls import Call, Choice, Piece
from webapp.api.openai.wire import Generation, as_list

router = APIRouter(tags=["OpenAI-compatible"])

MAX_PROMPTS = 64
MAX_CHOICES = 64
# OpenAI's completions, unlike its chat, end here unless they are told otherwise.
DEFAULT_TOKENS = 16

Prompts = Annotated[list[str], Field(min_length=1, max_length=MAX_PROMPTS)]


class CompletionRequest(Generation):
    """Prompts and how they are to be gone on with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "Once upon a time", "max_tokens": 32}]})

    prompt: Annotated[Prompts, BeforeValidator(as_list, json_schema_input_type=str | Prompts)]
    echo: Annotated[bool | None, Field(description="Begin each choice with its prompt")] = None
    logprobs: Annotated[int, Field(ge=0, le=5, description="Alternatives to each token")] | None = None

    def asked(self) -> list[dict[str, Any]]:
        """Return a request for each choice of each prompt; raises ``InvalidInput``."""
        if len(self.prompt) * (self.n or 1) > MAX_CHOICES:
            template = "{field} times the prompts may be at most {limit}."
            raise InvalidInput("n", template, limit=MAX_CHOICES)
        if self.echo and self.logprobs is not None:
            raise InvalidInput("logprobs", "{field} does not go with echo: the prompt's tokens have none here.")
        params = {"max_tokens": DEFAULT_TOKENS} if self.max_tokens is None else {}
        controls = {"logprobs": True, "top_logprobs": self.logprobs} if self.logprobs is not None else {}
        return [request for prompt in self.prompt for request in self.requests({"prompt": prompt}, params, controls)]


class CompletionLogprobs(BaseModel):
    """The tokens of a choice, by column."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


class CompletionChoice(BaseModel):
    """One of the choices; those of the first prompt come first."""

    index: int
    text: str
    logprobs: CompletionLogprobs | None
    finish_reason: FinishReason


class Completion(BaseModel):
    """The answer; behind the dash of ``id`` is the id of its job."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: Usage | None


@dataclass
class CompletionForm:
    """How a completion looks."""

    with_usage: bool
    echo: bool

    def __post_init__(self) -> None:
        self._created = int(time.time())
        # How many characters of each choice are written.
        self._written: dict[int, int] = {}

    def whole(self, call: Call, choices: list[Choice]) -> dict[str, Any]:
        """Return the answer in one."""
        shown = [
            self._choice(call, number, choice.text, choice.tokens, choice.reason)
            for number, choice in enumerate(choices)
        ]
        return self._head(call) | {"choices": shown, "usage": call.usage}

    def more(self, call: Call, piece: Piece) -> list[dict[str, Any]]:
        """Return the event that tells of ``piece``; completions have no word for what a model thinks."""
        if piece.reasoning:
            return []
        choice = self._choice(call, piece.choice, piece.text, piece.tokens, piece.reason)
        return [self._head(call) | {"choices": [choice]} | ({"usage": None} if self.with_usage else {})]

    def end(self, call: Call) -> list[dict[str, Any]]:
        """Return the event that has the usage, if that was asked for."""
        return [self._head(call) | {"choices": [], "usage": call.usage}] if self.with_usage else []

    def _choice(
        self, call: Call, number: int, text: str, tokens: list[dict[str, Any]] | None, reason: str | None
    ) -> dict[str, Any]:
        if self.echo and number not in self._written:
            text = call.jobs[number].row.input + text
        start = self._written.get(number, 0)
        self._written[number] = start + len(text)
        columns = in_columns(tokens, start) if tokens else None
        return {"index": number, "text": text, "logprobs": columns, "finish_reason": reason}

    def _head(self, call: Call) -> dict[str, Any]:
        return {"id": f"cmpl-{call.id}", "object": "text_completion", "created": self._created, "model": call.model}


def in_columns(tokens: list[dict[str, Any]], start: int) -> dict[str, list[Any]]:
    """Return ``tokens``, the first of which stands at ``start``, as completions show them."""
    offsets = []
    for token in tokens:
        offsets.append(start)
        start += len(token["token"])
    return {
        "tokens": [token["token"] for token in tokens],
        "token_logprobs": [token["logprob"] for token in tokens],
        "top_logprobs": [{one["token"]: one["logprob"] for one in token["top_logprobs"]} for token in tokens],
        "text_offset": offsets,
    }


ANSWER: Answers = {
    200: {"model": Completion, "content": {"text/event-stream": {}}, "description": "The answer, or its stream"}
}


@router.post("/completions", responses=ANSWER | openai_answers(*FAILURES))
async def create_completion(caller: TheCaller, body: CompletionRequest) -> Response:
    """Go on with prompts as they are, as OpenAI's completions do."""
    form = CompletionForm(body.with_usage, bool(body.echo))
    return await answer(caller, body.asked(), form, stream=body.stream, prompts=len(body.prompt))
