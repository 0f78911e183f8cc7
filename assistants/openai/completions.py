"""Completions: what a program asks for over ``/v1``, a conversation it brings along or a raw prompt.

Knows how a request becomes one generation; keeps no conversation, and knows nothing about HTTP or OpenAI's wire.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from assistants.engines.controls import Controls, check
from assistants.errors import InvalidInput
from assistants.generation import MOST_TOKENS, Params, conversation, generate, opened
from assistants.jobs import Event, Result, RunningJob
from assistants.principals import Principal
from assistants.requests import Admission, Name, StudioRequest

if TYPE_CHECKING:
    from assistants.engines.chat_engine import ChatEngine
    from assistants.studio import Studio

ID = "completions"
# The program that asks is on the line: nobody else will come back for the answer.
ATTENDED = True
PLAYABLE = True

MAX_MESSAGES = 2048
MAX_CHARACTERS = 4_000_000
# What not every engine can do, by the capability it takes.
SPECIAL = {"min_tokens": "min_tokens", "frequency_penalty": "penalties", "presence_penalty": "penalties"}

# A program's seeds have 64 bits, with a sign or without.
SEEDS = 2**64
LEAST_SEED = -(2**63)

Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]


class Message(StudioRequest):
    """One message of the conversation; an assistant's at the end is gone on with."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Field(max_length=MAX_CHARACTERS)]


class CompletionParams(Params):
    """What programs may ask for beyond that; a model then writes until it is done."""

    seed: Annotated[int, Field(ge=LEAST_SEED, lt=SEEDS)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    min_tokens: Annotated[int, Field(ge=0, le=MOST_TOKENS)] | None = None


class Request(StudioRequest):
    """Messages, or a prompt that the model goes on with as it is, without a chat template."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)] | None = None
    prompt: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)] | None = None
    model: Name | None = None
    params: CompletionParams = CompletionParams()
    controls: Controls = Controls()


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check what the request alone does not tell; the history shows it under its last question."""
    if (request.messages is None) == (request.prompt is None):
        raise InvalidInput("messages", "Either messages or a prompt must be there, not both.")
    model = studio.models.resolve(request.model, who, "chat")
    check(request.controls)
    if request.prompt is not None:
        return Admission(request.prompt, model)
    messages = request.messages or []
    questions = [message.content for message in messages if message.role == "user"]
    return Admission(questions[-1] if questions else messages[-1].content, model)


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Write the answer as it comes; then say in a ``Result`` why it ended."""
    needs = request.controls.needs
    if request.prompt is not None:
        needs |= {"completion"}
    engine = yield from opened(studio, job, needs)
    options = _options(engine, request, job.model)
    try:
        turns = conversation(_turns(request))
        ending = yield from generate(engine, turns, request.controls, options, job, may_retract=True)
    except InvalidInput as error:
        if error.field != "message":
            raise
        # What a chat calls its message is here one of several, or a prompt.
        values = {name: value for name, value in error.values.items() if name != "field"}
        field = "messages" if request.prompt is None else "prompt"
        raise InvalidInput(field, error.template, **values) from error
    attempts = {} if ending.attempts is None else {"attempts": ending.attempts}
    yield Result({"finish_reason": ending.finish_reason, **attempts})


def _turns(request: Request) -> list[tuple[str, str]]:
    if request.prompt is not None:
        return [("user", request.prompt)]
    return [(message.role, message.content) for message in request.messages or ()]


def _options(engine: "ChatEngine", request: Request, model: str) -> dict[str, Any]:
    """Return the parameters for the engine; raises ``InvalidInput`` for what it cannot do."""
    options = request.params.model_dump(exclude_none=True)
    needed = [(name, capability) for name, capability in SPECIAL.items() if options.get(name)]
    needed += [(name, name) for name in ("logprobs", "top_logprobs") if getattr(request.controls, name)]
    if request.prompt is not None:
        needed.append(("prompt", "completion"))
        options["raw"] = True
    for field, capability in needed:
        if capability not in engine.capabilities:
            raise InvalidInput(field, "{field} is nothing that {model} can do.", model=model)
    return {name: value for name, value in options.items() if name not in SPECIAL or value}
