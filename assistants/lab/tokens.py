"""Tokens: how likely each token of a text was to the model, what else it might have said, and P(x) as their product.

A model of this machine reads any text again; of a connection there is what it said of its tokens when it wrote them,
and where it said nothing it is asked once more. Knows numbers; knows nothing about how they are shown.
"""

from collections.abc import Generator, Iterator
from math import exp, log
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from assistants.engines.controls import Controls
from assistants.errors import InvalidInput
from assistants.generation import conversation, generate, opened
from assistants.jobs import Event, Part, Progress, Result, RunningJob, Text, note
from assistants.lab import subject
from assistants.lab.part import Look
from assistants.principals import Principal
from assistants.requests import Admission, StudioRequest

if TYPE_CHECKING:
    from assistants.studio import Studio

READING = "Reading the text"
ASKED_AGAIN = "{model} doesn't weigh a text that is there, so this is a new answer of its to the same messages."
TOLD = "These are the log-probabilities that {model} told when it wrote this."
NO_LOGPROBS = "{model} tells no log-probabilities of its tokens, so nothing of its inside can be seen."
NO_TEXT = "{model} runs elsewhere and weighs no text. Choose an item of the history, or a model of this machine."
MOST_TOKENS = 512


class Options(StudioRequest):
    """How many of the likeliest tokens to name at each place."""

    top: Annotated[int, Field(ge=1, le=20)] = 8


def admit(studio: "Studio", look: Look[Options], who: Principal) -> Admission:
    """Check that there is a text, and that its model can be asked about it."""
    exchange = subject.exchange_of(studio, look, who.id)
    model = subject.model_of(studio, look, exchange, who)
    if model.startswith("local:"):
        return subject.admitted(studio, look, who)
    if look.job is None:
        raise InvalidInput("model", NO_TEXT, model=model)
    return Admission(exchange.text[:1000], model, settled={"model": model})


def run(studio: "Studio", look: Look[Options], job: RunningJob) -> Iterator[Event]:
    """Read the text and say how likely it is, token by token."""
    if not job.model.startswith("local:"):
        yield from _elsewhere(studio, look, job)
        return
    seen = yield from subject.subject(studio, look, job)
    yield Progress(0, None, READING)
    with job.slot(job.model, 1):
        found = seen.inspect("tokens", top=look.options.top)
    yield Part("tokens", found)
    yield Result({"model": job.model, **found, **summed_up(found["tokens"])})


def summed_up(tokens: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the chances of tokens say together: log P(x) in nats, log10 P(x), perplexity, mean entropy."""
    count, total = len(tokens), sum(one["logprob"] for one in tokens)
    entropies = [one["entropy"] for one in tokens if "entropy" in one]
    return {
        "count": count,
        "logprob": total,
        "log10": total / log(10),
        "perplexity": exp(min(-total / count, 700)) if count else None,
        "entropy": sum(entropies) / len(entropies) if entropies else None,
    }


def _elsewhere(studio: "Studio", look: Look[Options], job: RunningJob) -> Iterator[Event]:
    tokens = told(studio, str(look.job))
    if tokens:
        yield note(TOLD, model=job.model)
    else:
        yield note(ASKED_AGAIN, model=job.model)
        tokens = yield from _asked_again(studio, look, job)
    yield Part("tokens", {"tokens": tokens})
    yield Result({"model": job.model, "tokens": tokens, **summed_up(tokens)})


def told(studio: "Studio", job_id: str) -> list[dict[str, Any]]:
    """Return what a job's model said of its tokens."""
    parts = (
        data for _, kind, data in studio.history.jobs.events(job_id) if kind == "part" and data["name"] == "logprobs"
    )
    return [one for part in parts for one in part["data"]]


def _asked_again(
    studio: "Studio", look: Look[Options], job: RunningJob
) -> Generator[Event, None, list[dict[str, Any]]]:
    engine = yield from opened(studio, job)
    if "logprobs" not in engine.capabilities:
        raise InvalidInput("model", NO_LOGPROBS, model=job.model)
    top = look.options.top if "top_logprobs" in engine.capabilities else 0
    exchange = subject.exchange_of(studio, look, job.owner)
    options = {"max_tokens": MOST_TOKENS} | ({"raw": True} if exchange.raw else {})
    controls = Controls(logprobs=True, top_logprobs=top)
    tokens: list[dict[str, Any]] = []
    for event in generate(engine, conversation(exchange.messages), controls, options, job):
        if isinstance(event, Part) and event.name == "logprobs":
            tokens += event.data
        elif not isinstance(event, Text):
            yield event
    return tokens
