"""Attention: what attends to what in a layer and a head, softmax(Q K^T / sqrt(d_k)) V computed here beside the model's.

Vaswani and others, "Attention Is All You Need", 2017. A decoder looks back only: what comes later is masked.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from assistants.errors import InvalidInput
from assistants.jobs import Event, Progress, Result, RunningJob
from assistants.lab import subject
from assistants.lab.part import Look
from assistants.lab.subject import admitted as admit
from assistants.requests import StudioRequest

if TYPE_CHECKING:
    from assistants.studio import Studio

__all__ = ["Options", "admit", "run"]

READING = "Reading the text"
# A map has as many numbers as the square of this.
MOST_TOKENS = 512

Number = Annotated[int, Field(ge=0, le=100_000)]


class Options(StudioRequest):
    """The layer and head, from 0; ``view`` is what a map shows of them.

    ``pair`` is one token that looks and one that it looks at, for their Q, K and V.
    """

    layer: Annotated[int, Field(ge=0, le=1000)] = 0
    head: Annotated[int, Field(ge=0, le=1000)] = 0
    view: Literal["weights", "mean", "rollout"] = "weights"
    pair: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None


def run(studio: "Studio", look: Look[Options], job: RunningJob) -> Iterator[Event]:
    """Read prompt and text, and say who attends to whom."""
    seen = yield from subject.subject(studio, look, job)
    yield Progress(0, None, READING)
    options = look.options.model_dump(exclude={"view"})
    if options["pair"] and options["pair"][0] < options["pair"][1]:
        raise InvalidInput("pair", "A token looks only at itself and at those before it.")
    with job.slot(job.model, 1):
        found = seen.inspect("attention", **options, most=MOST_TOKENS)
    yield Result({"model": job.model, **found})
