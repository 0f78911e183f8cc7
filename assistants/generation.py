"""One generation: what every assistant does the same once it knows its messages for a model.

Knows how a model is waited for, streamed, stopped and counted; knows nothing about what the text is for.
"""

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from assistants.engines.controls import Controls, stream
from assistants.jobs import Event, Part, Progress, RunningJob, Stopped, Text
from assistants.repetition import Circle, Unwatched
from assistants.requests import StudioRequest

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from assistants.studio import Studio

MOST_TOKENS = 1_000_000
SEEDS = 2**32
# Requests at once to a provider that does not say how many it takes.
SLOTS_ELSEWHERE = 8
NO_CONTROLS = Controls()

Tokens = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
Stops = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=8)]


class Params(StudioRequest):
    """How the model chooses its words; what is absent is left to the model."""

    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    top_k: Annotated[int, Field(ge=1, le=1000)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.5, le=2, allow_inf_nan=False)] | None = None
    max_tokens: Tokens | None = None
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] | None = None
    stop: Stops | None = None


@dataclass(frozen=True)
class Ending:
    """How a generation ended: its text, ``stop``, ``length`` or ``circle``, and how often a constraint was tried.

    ``cut`` is what a circle said again at the end, which is no part of the text.
    """

    text: str
    finish_reason: str = "stop"
    attempts: int | None = None
    cut: str = ""


@dataclass
class Step:
    """One generation of a job that makes many, maybe several at once: it has its own model and its own usage."""

    job: RunningJob
    model: str
    usage: dict[str, Any] | None = None

    @property
    def stopping(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self.job.stopping

    def slot(self, engine: str, count: int) -> AbstractContextManager[None]:
        """Hold a slot for the job, which tells itself how far it is."""
        return self.job.slot(engine, count, quiet=True)


def conversation(turns: Iterable[tuple[str, str]]) -> "list[BaseMessage]":
    """Return (role, text) pairs as LangChain has them; a role is system, user or assistant."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[role](text) for role, text in turns]


def opened(studio: "Studio", job: RunningJob, needs: frozenset[str] = frozenset()) -> Generator[Event, None, Any]:
    """Wait for the job's model, telling how far it is, and return its engine."""
    for state in studio.models.waiting(job.row.model, needs):
        yield Progress(state.done, state.total, state.note)
    return studio.models.engine(job.row.model, needs)


def watch(studio: "Studio", job: RunningJob) -> Circle | None:
    """Return what watches the job's text for circles; None unless its model is a small one of this machine."""
    return None if studio.models.is_capable(job.row.model) else Circle()


def slots(engine: Any) -> int:
    """Return how many requests at once an engine takes."""
    return getattr(engine, "slots", SLOTS_ELSEWHERE)


def generate(
    engine: "BaseChatModel",
    messages: "list[BaseMessage]",
    controls: Controls,
    options: dict[str, Any],
    job: "RunningJob | Step",
    circle: Circle | None = None,
) -> Generator[Event, None, Ending]:
    """Yield the text as it comes, and what ``controls`` asks about its tokens; return how it ended.

    A text that goes round is ended where a ``circle`` is given to watch it, for it would only come to more of the same.
    Holds a slot of the job's model meanwhile, and adds to the job's usage even where it is stopped or fails.
    """
    with job.slot(job.model, slots(engine)):
        began, first = monotonic(), None
        counted: dict[str, Any] = {}
        said: dict[str, Any] = {}
        texts: list[str] = []
        watched = circle or Unwatched()
        try:
            with closing(stream(engine, messages, controls, options)) as chunks:
                for chunk in chunks:
                    # Engines send empty chunks while they think, so that they can be stopped there, too.
                    if job.stopping:
                        raise Stopped
                    counted = chunk.usage_metadata or counted
                    said |= chunk.response_metadata
                    if chunk.text:
                        first = first or monotonic()
                        if shown := watched.push(chunk.text):
                            texts.append(shown)
                            yield Text(shown)
                    if tokens := chunk.response_metadata.get("logprobs"):
                        yield Part("logprobs", tokens["content"])
                    if watched.found:
                        return Ending("".join(texts), "circle", cut=watched.rest())
        except Exception:
            # Nothing that was written is lost with what broke or was stopped.
            yield from map(Text, filter(None, [watched.rest()]))
            raise
        finally:
            job.usage = _added(job.usage, counted, began, first)
        if held := watched.rest():
            texts.append(held)
            yield Text(held)
    return Ending("".join(texts), said.get("finish_reason", "stop"), said.get("attempts"))


def _added(usage: dict[str, Any] | None, counted: dict[str, Any], began: float, first: float | None) -> dict[str, Any]:
    """Return the usage so far with a generation's tokens, where the engine counted them, and its seconds.

    The seconds to the first word are those of the first generation.
    """
    ended = monotonic()
    sums = usage or {"first_seconds": round((first or ended) - began, 3), "seconds": 0}
    own = {key: counted[key] for key in ("input_tokens", "output_tokens") if key in counted}
    own["seconds"] = round(ended - began, 3)
    return sums | {key: round(sums.get(key, 0) + value, 3) for key, value in own.items()}
