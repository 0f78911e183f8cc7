"""Embeddings: texts become vectors, for programs that search or compare.

Knows how many texts go to the model at once; knows nothing about how it reads them or what the vectors are for.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from assistants.generation import opened
from assistants.jobs import Event, Progress, Result, RunningJob
from assistants.principals import Principal
from assistants.requests import Admission, Name, StudioRequest

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "embeddings"
# The program that asks is on the line: nobody else will come back for the answer.
ATTENDED = True

DEFAULT = "starter-embedder"
MAX_TEXTS = 2048
MAX_CHARACTERS = 100_000
# Between two batches others get their turn, and a stop takes effect.
BATCH = 32

Texts = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]], Field(min_length=1, max_length=MAX_TEXTS)
]


class Request(StudioRequest):
    """The texts, each to become one vector."""

    texts: Texts
    model: Name = DEFAULT


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Look the model up; the history shows the first text."""
    return Admission(request.texts[0], studio.models.resolve(request.model, who, "embed"))


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Read the texts, then return ``vectors`` in their order, and how many ``tokens`` were read."""
    engine = yield from opened(studio, job)
    vectors: list[list[float]] = []
    tokens = 0
    for start in range(0, len(request.texts), BATCH):
        with job.slot(job.model, engine.slots):
            read = engine.embed(request.texts[start : start + BATCH], first=start)
        vectors += read.vectors
        tokens += read.tokens
        yield Progress(len(vectors), len(request.texts), "Reading the texts")
    yield Result({"vectors": vectors, "tokens": tokens})
