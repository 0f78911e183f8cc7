"""Slogans, as an assistant of AIGC Studio: a model writes some for a product, one after the other."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from assistants.engines.controls import Controls
from assistants.generation import conversation, generate, opened
from assistants.jobs import Event, Part, Progress, Result, RunningJob
from assistants.principals import Principal
from assistants.requests import Admission, StudioRequest

ID = "slogans"
ASK = "Write one short advertising slogan for this product. Answer with the slogan alone.\n\n{product}"


class Request(StudioRequest):
    """What the slogans are for, how many there shall be, and how bold they may be."""

    product: Annotated[str, Field(min_length=1, max_length=2000)]
    count: Annotated[int, Field(ge=1, le=10)] = 3
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.9
    model: str | None = None


def admit(studio: Any, request: Request, who: Principal, job_id: str) -> Admission:
    """Find the model; the history shows the product."""
    return Admission(request.product, studio.models.resolve(request.model, who, "chat"))


def run(studio: Any, request: Request, job: RunningJob) -> Iterator[Event]:
    """Ask the model once for each slogan."""
    slogans: list[str] = []
    engine = yield from opened(studio, job)
    for number in range(request.count):
        yield Progress(number, request.count, "Writing")
        messages = conversation([("user", ASK.format(product=request.product))])
        options = {"temperature": request.temperature, "max_tokens": 40, "seed": number}
        ending = yield from generate(engine, messages, Controls(), options, job)
        slogans.append(ending.text.strip())
        yield Part("slogan", {"text": slogans[-1]})
    yield Result({"slogans": slogans})
