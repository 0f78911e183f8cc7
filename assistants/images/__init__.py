"""Images: pictures from words and from other pictures, one after the other, each kept as soon as it is there.

    request.py    what may be asked, and the limits
    planning.py   every setting of every picture
    chinese.py    Chinese prompts for a model that reads English
    wildcards.py  one of several words
    drawing.py    how a picture is drawn, watched, skipped and stopped
    keeping.py    files, labels, rows, thumbnails
    reading.py    pictures that come from elsewhere
    embedded.py   the texts in their files
    foreign.py    what other programs write there
    graphs.py     ComfyUI's graphs
    plotting.py   a grid of pictures
    restoring.py  what a picture says, as far as it can be done here
    preflight.py  what it will take
    upscaling.py  pictures made larger
    waiting.py    the queue
    rows.py       what people have of it

Knows nothing about pages, nor about what runs the models (``engines.drawing``).
"""

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistants.errors import InvalidInput
from assistants.images.drawing import compared, draw_all, opened_painter
from assistants.images.planning import Planner, style
from assistants.images.request import Request, check
from assistants.images.rows import ROWS
from assistants.jobs import Event, JobRow, RunningJob
from assistants.principals import Principal
from assistants.requests import Admission, validated

if TYPE_CHECKING:
    from assistants.studio import Studio

__all__ = ["ID", "IN_ORDER", "RESUMABLE", "ROWS", "Request", "admit", "again", "check", "run"]

ID = "images"
RESUMABLE = True
IN_ORDER = True

# Of those that nobody chose: short enough to be read out.
RANDOM_SEEDS = 2**32


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check the request, and settle the seed and the version of the style, so that it can be drawn again."""
    if request.repeat:
        made = studio.history.pictures.get(request.repeat, who.id)
        if made.picture.kind not in ("picture", "unfinished"):
            raise InvalidInput("repeat", "Only a picture that was drawn can be drawn again.")
        settings = {name: value for name, value in made.settings.items() if value is not None}
        request = validated(Request, settings | {"repeat": request.repeat})
    check(studio, request, who.id)
    template = style(studio, request, who.id)
    settled: dict[str, Any] = request.model_dump(mode="json", exclude_unset=True)
    settled["seed"] = random.randrange(RANDOM_SEEDS) if request.seed is None else request.seed
    if template:
        settled["style_version"] = template.version
    return Admission(request.prompt, studio.models.resolve(request.model, who, "image"), settled=settled)


def again(studio: "Studio", job: JobRow) -> dict[str, Any]:
    """Return what an earlier job was asked, with its seed: the same pictures."""
    return job.request


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Draw the pictures, each kept when it is ready."""
    engine = yield from opened_painter(studio, job)
    planner = Planner(studio, request, engine.facts, job.owner, job.row.model or "")
    shots = planner.shots()
    yield from planner.notes(shots)
    yield from draw_all(planner, engine, shots, job)
    if request.repeat:
        yield from compared(studio, request.repeat, job)
