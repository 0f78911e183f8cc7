"""Sampling: what may come at one place of a text, before and after temperature, top-k, top-p and the penalties.

The distribution is the model's own, and the settings work on it by the very sampler that draws replies.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from assistants.jobs import Event, Progress, Result, RunningJob
from assistants.lab import subject
from assistants.lab.part import Look
from assistants.lab.subject import admitted as admit
from assistants.requests import StudioRequest

if TYPE_CHECKING:
    from assistants.studio import Studio

__all__ = ["Options", "admit", "run"]

READING = "Reading the text"

Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]


class Options(StudioRequest):
    """The place, counted in tokens of the text from 0, and the sampler's settings; neutral ones change nothing."""

    place: Annotated[int, Field(ge=0, le=100_000)] = 0
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    top_k: Annotated[int, Field(ge=1, le=1000)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.5, le=2, allow_inf_nan=False)] = 1.0
    frequency_penalty: Penalty = 0.0
    presence_penalty: Penalty = 0.0
    top: Annotated[int, Field(ge=1, le=100)] = 20


def run(studio: "Studio", look: Look[Options], job: RunningJob) -> Iterator[Event]:
    """Read up to the place and say what may come there."""
    seen = yield from subject.subject(studio, look, job)
    yield Progress(0, None, READING)
    with job.slot(job.model, 1):
        found = seen.inspect("place", **look.options.model_dump())
    yield Result({"model": job.model, "settings": look.options.model_dump(), **found})
