"""The logit lens: what a model would have said had it stopped at each of its layers.

What a layer hands on goes through the last normalisation and the head, as if it were the last (nostalgebraist,
"interpreting GPT: the logit lens", 2020). Layers were not trained to be read so; early ones often say nothing of sense.
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
# More would be a table that nobody reads, and each token is as much work as there are layers.
MOST = 48


class Options(StudioRequest):
    """From which token of the text on, how many of them, and how many words a layer may say."""

    first: Annotated[int, Field(ge=0, le=100_000)] = 0
    count: Annotated[int, Field(ge=1, le=MOST)] = 12
    top: Annotated[int, Field(ge=1, le=10)] = 3


def run(studio: "Studio", look: Look[Options], job: RunningJob) -> Iterator[Event]:
    """Say for each layer which tokens it holds for the likeliest, and how likely the text's own is to it."""
    seen = yield from subject.subject(studio, look, job)
    yield Progress(0, None, READING)
    with job.slot(job.model, 1):
        found = seen.inspect("lens", **look.options.model_dump())
    yield Result({"model": job.model, **found})
