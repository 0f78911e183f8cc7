"""The lab: look inside the very model that just answered, part by part, in numbers.

    subject.py    the text and the prompt that are looked at: a person's own, or what a job gave a model
    tokens.py     how likely each token was, and what else there was
    sampling.py   what may come at one place, before and after temperature and its kin
    lens.py       what each layer would have said
    control.py    an answer free and held to something, on one seed
    moved.py      which part of the prompt moved the answer; pieces.py: how it is cut
    attention.py  what attends to what, as the model computes it and as it is computed here

A part is a module with ``Options``, ``admit`` and ``run``, and a line in ``PARTS``; nothing here knows any of them.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import Field, JsonValue

from assistants.errors import InvalidInput
from assistants.jobs import Event, RunningJob
from assistants.lab import attention, lens, moved, sampling, tokens
from assistants.lab import control as control
from assistants.lab.part import LabPart, Look
from assistants.principals import Principal
from assistants.requests import Admission, Name, StudioRequest, validated

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "lab"
# Looking twice shows the same, and what learns keeps how far it has come.
RESUMABLE = True

MAX_TEXT = 200_000
MAX_OPTIONS = 64

PARTS: dict[str, LabPart] = {
    "tokens": tokens,
    "sampling": sampling,
    "lens": lens,
    "attention": attention,
    "moved": moved,
    "control": control,
}


class Request(StudioRequest):
    """What to look into: a ``text``, or an item of the history as ``job``, and of one with several steps ``which``.

    ``options`` are those of the part, see ``GET /api/lab``. The model is by default the one that answered.
    """

    part: Name
    text: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    job: Name | None = None
    which: Name | None = None
    model: Name | None = None
    options: Annotated[dict[str, JsonValue], Field(max_length=MAX_OPTIONS)] = {}


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check the part's options and that there is something to look into."""
    part = _part(request)
    return part.admit(studio, _look(part, request), who)


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Look."""
    part = _part(request)
    yield from part.run(studio, _look(part, request), job)


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schema of each part's options."""
    return {name: part.Options.model_json_schema() for name, part in PARTS.items()}


@cache
def samples() -> list[str]:
    """Return texts to begin with."""
    return yaml.safe_load(Path(__file__).with_name("samples.yaml").read_text(encoding="utf-8"))


def _part(request: Request) -> LabPart:
    if request.part not in PARTS:
        raise InvalidInput("part", "{field} must be one of: {expected}.", expected=", ".join(PARTS))
    return PARTS[request.part]


def _look(part: LabPart, request: Request) -> Look[Any]:
    options = validated(part.Options, request.options)
    return Look(request.text, request.job, request.which or "", request.model, options)
