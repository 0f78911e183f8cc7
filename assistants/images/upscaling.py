"""Upscaling: a picture at twice or four times its size, by a model of the folder ``models/upscalers`` or by Lanczos.

Lanczos invents nothing and is named as what it is; a model is any that ``spandrel`` reads (ESRGAN and its kin), as
safetensors. Knows nothing about how the picture was drawn: its settings go along.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistants import engines
from assistants.errors import InvalidInput
from assistants.images.keeping import address, keep, shown
from assistants.images.reading import MOST_PIXELS
from assistants.jobs import Event, Part, Progress, Result, RunningJob, kept
from assistants.principals import Principal
from assistants.requests import Admission, Name, StudioRequest
from assistants.storable import storable

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "upscale"
IN_ORDER = True
LANCZOS = "lanczos"


class Request(StudioRequest):
    """A picture of the gallery by its id, how many times as large, and the model (absent: Lanczos)."""

    image: Name
    scale: Literal[2, 4] = 2
    model: Name | None = None


def upscalers(studio: "Studio") -> dict[str, Path]:
    """Return the models that there are, by name."""
    folder = studio.settings.models_folder / "upscalers"
    return {storable(file.stem): file for file in sorted(folder.glob("*.safetensors"))}


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check that there is such a picture and such a model, and that the result is not too large."""
    made = studio.history.pictures.get(request.image, who.id)
    if made.picture.width * made.picture.height * request.scale**2 > MOST_PIXELS:
        limit = MOST_PIXELS // 10**6
        raise InvalidInput("scale", "The picture would have more than {limit} million pixels.", limit=limit)
    if request.model not in (None, LANCZOS) and request.model not in upscalers(studio):
        template = "There is no upscaler named {name}. Put its .safetensors file into the folder models/upscalers."
        raise InvalidInput("model", template, name=request.model)
    return Admission(made.picture.prompt, f"{ID}:{request.model or LANCZOS}")


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Make the picture larger, and keep it beside the one that it was made from."""
    from PIL import Image

    made = studio.history.pictures.get(request.image, job.owner)
    source = studio.history.files.get(request.image, job.owner).path
    name = request.model or LANCZOS
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    with job.slot(ID, 1):
        if name == LANCZOS:
            size = picture.width * request.scale, picture.height * request.scale
            large = picture.resize(size, Image.Resampling.LANCZOS)
        else:
            large = None
            for mark in engines.upscale(upscalers(studio)[name], picture, request.scale):
                if isinstance(mark, tuple):
                    yield Progress(*mark, "Making it larger")
                else:
                    large = mark
    settings = made.settings | {"upscaled": request.scale, "upscaler": name}
    assert large, "it ends with the picture"
    own = {"upscaler": name}
    kept_so = partial(
        keep, studio, job, large, settings=settings, sent=made.picture.prompt, made_with=own, kind="upscaled"
    )
    row = yield from kept(job, kept_so)
    yield Part("picture", shown(row))
    yield Result({"images": [{"file": address(row.id), "width": row.width, "height": row.height, "seed": row.seed}]})
