"""Completions: what a program asks for over ``/v1``, a conversation it brings along or a raw prompt.

Knows how a request becomes one generation; keeps no conversation, and knows nothing about HTTP or OpenAI's wire.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from assistants.engines.controls import Controls, check, stream
from assistants.errors import InvalidInput
from assistants.jobs import Event, Part, Progress, Result, RunningJob, Stopped, Text
from assistants.requests import Admission, StudioRequest

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from assistants.studio import Studio

ID = "completions"
# The program that asks is on the line: nobody else will come back for the answer.
ATTENDED = True

MAX_MESSAGES = 2048
MAX_CHARACTERS = 4_000_000
WHOLE = 1_000_000
# Requests at once to a provider that does not say how many it takes.
SLOTS_ELSEWHERE = 8
# What not every engine can do, by the capability it takes.
SPECIAL = {"min_tokens": "min_tokens", "frequency_penalty": "penalties", "presence_penalty": "penalties"}

SEEDS = 2**32

Name = Annotated[str, Field(min_length=1, max_length=200)]
Stops = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=8)]
Tokens = Annotated[int, Field(ge=1, le=WHOLE)]
Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]


class Message(StudioRequest):
    """One message of the conversation; an assistant's at the end is gone on with."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Field(max_length=MAX_CHARACTERS)]


class Params(StudioRequest):
    """How the model chooses its words; what is absent is left to the model, which then writes until it is done."""

    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    top_k: Annotated[int, Field(ge=1, le=1000)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.5, le=2, allow_inf_nan=False)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    max_tokens: Tokens | None = None
    min_tokens: Annotated[int, Field(ge=0, le=WHOLE)] | None = None
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] | None = None
    stop: Stops | None = None


class Request(StudioRequest):
    """Messages, or a prompt that the model goes on with as it is, without a chat template."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)] | None = None
    prompt: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)] | None = None
    model: Name | None = None
    params: Params = Params()
    controls: Controls = Controls()


def admit(studio: "Studio", request: Request, owner: str, job_id: str) -> Admission:
    """Check what the request alone does not tell; the history shows it under its last question."""
    if (request.messages is None) == (request.prompt is None):
        raise InvalidInput("messages", "Either messages or a prompt must be there, not both.")
    model = studio.models.resolve(request.model, owner, "chat")
    check(request.controls)
    if request.prompt is not None:
        return Admission(request.prompt, model)
    questions = [message.content for message in request.messages if message.role == "user"]
    return Admission(questions[-1] if questions else request.messages[-1].content, model)


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Write the answer as it comes; then say in a ``Result`` why it ended."""
    model, needs = job.row.model, request.controls.needs
    if request.prompt is not None:
        needs |= {"completion"}
    for state in studio.models.waiting(model, needs):
        yield Progress(state.done, state.total, state.note)
    engine = studio.models.engine(model, needs)
    options = _options(engine, request, model)
    with job.slot(model, getattr(engine, "slots", SLOTS_ELSEWHERE)):
        try:
            ending = yield from _answer(engine, request, options, job)
        except InvalidInput as error:
            if error.field != "message":
                raise
            # What a chat calls its message is here one of several, or a prompt.
            values = {name: value for name, value in error.values.items() if name != "field"}
            field = "messages" if request.prompt is None else "prompt"
            raise InvalidInput(field, error.template, **values) from error
    yield Result(ending)


def _options(engine: "BaseChatModel", request: Request, model: str) -> dict[str, Any]:
    """Return the parameters for the engine; raises ``InvalidInput`` for what it cannot do."""
    able = getattr(engine, "capabilities", frozenset())
    options = request.params.model_dump(exclude_none=True)
    needed = [(name, capability) for name, capability in SPECIAL.items() if options.get(name)]
    needed += [(name, name) for name in ("logprobs", "top_logprobs") if getattr(request.controls, name)]
    if request.prompt is not None:
        needed.append(("prompt", "completion"))
        options["raw"] = True
    for field, capability in needed:
        if capability not in able:
            raise InvalidInput(field, "{field} is nothing that {model} can do.", model=model)
    return {name: value for name, value in options.items() if name not in SPECIAL or value}


def _answer(
    engine: "BaseChatModel", request: Request, options: dict[str, Any], job: RunningJob
) -> Generator[Event, None, dict[str, Any]]:
    """Yield the text, and what was asked about its tokens; return how it ended."""
    began, first = monotonic(), None
    counted: dict[str, Any] = {}
    ending: dict[str, Any] = {"finish_reason": "stop"}
    try:
        with closing(stream(engine, _messages(request), request.controls, options)) as chunks:
            for chunk in chunks:
                # Engines send empty chunks while they think, so that they can be stopped there, too.
                if job.stopping:
                    raise Stopped
                counted = chunk.usage_metadata or counted
                said = chunk.response_metadata
                ending |= {name: said[name] for name in ("finish_reason", "attempts") if name in said}
                if chunk.text:
                    first = first or monotonic()
                    yield Text(chunk.text)
                if tokens := said.get("logprobs"):
                    yield Part("logprobs", tokens["content"])
    finally:
        job.usage = _usage(counted, began, first)
    return ending


def _messages(request: Request) -> "list[BaseMessage]":
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    if request.prompt is not None:
        return [HumanMessage(request.prompt)]
    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[message.role](message.content) for message in request.messages]


def _usage(counted: dict[str, Any], began: float, first: float | None) -> dict[str, Any]:
    """Return the tokens where the engine counted them, and the seconds to the first word and in all."""
    ended = monotonic()
    tokens = {key: counted[key] for key in ("input_tokens", "output_tokens") if key in counted}
    return tokens | {"first_seconds": round((first or ended) - began, 3), "seconds": round(ended - began, 3)}
