"""What is to be drawn: the request, its limits, and what the stores say of it at the door.

Knows numbers and files; what a model makes of them is checked again where it is open (``engines.drawing``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from assistants.engines.drawing import MOST_GUIDANCE, MOST_STEPS, SEEDS
from assistants.errors import InvalidInput
from assistants.images.reading import size_of
from assistants.images.wildcards import WILDCARDS, expanded
from assistants.requests import Name, StudioRequest
from assistants.storable import storable

if TYPE_CHECKING:
    from assistants.studio import Studio

MAX_PROMPT = 4000
MAX_COUNT = 16
MAX_LORAS = 8
MAX_CELLS = 64
# In pixels. Models for CPUs and single GPUs draw no larger ones; ``upscale`` makes them so.
LEAST_SIDE, MOST_SIDE = 64, 4096
MULTIPLE = 8

Prompt = Annotated[str, Field(max_length=MAX_PROMPT)]
Side = Annotated[int, Field(ge=LEAST_SIDE, le=MOST_SIDE)]
Steps = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Guidance = Annotated[float, Field(ge=0, le=MOST_GUIDANCE, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=SEEDS)]
Strength = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Lora(StudioRequest):
    """A LoRA of the folder ``models/loras`` by its name, and how much of it."""

    name: Name
    weight: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] = 1.0


class Axis(StudioRequest):
    """One axis of a plot: a setting and the values that it goes through."""

    field: Literal["steps", "guidance", "seed", "scheduler", "strength", "prompt"]
    values: Annotated[list[int | float | str], Field(min_length=1, max_length=16)]


class Plot(StudioRequest):
    """A picture for each pair of values, laid out as a grid; a ``prompt`` value takes the place of the x axis's first.

    That is the search-and-replace of other programs: the first value is what the prompt says, the others replace it.
    """

    x: Axis
    y: Axis | None = None

    @property
    def cells(self) -> int:
        """How many pictures it has."""
        return len(self.x.values) * (len(self.y.values) if self.y else 1)


class Request(StudioRequest):
    """Pictures to draw; what is absent is the model's own. Pictures are given by file id.

    ``style`` is a template of the library with one variable, which the prompt takes the place of. ``repeat`` is a
    picture to draw once more, to see whether the same comes out.
    """

    prompt: Prompt = ""
    negative: Prompt = ""
    model: Name | None = None
    width: Side | None = None
    height: Side | None = None
    steps: Steps | None = None
    guidance: Guidance | None = None
    seed: Seed | None = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    scheduler: Name | None = None
    init_image: Name | None = None
    mask: Name | None = None
    strength: Strength | None = None
    loras: Annotated[list[Lora], Field(max_length=MAX_LORAS)] = []
    style: Name | None = None
    style_version: Name | None = None
    plot: Plot | None = None
    repeat: Name | None = None


def check(studio: "Studio", request: Request, owner: str) -> None:
    """Raise ``InvalidInput`` or ``NotFound`` for what shows before a model is open."""
    if not request.prompt.strip():
        raise InvalidInput("prompt", "{field} is empty.")
    expanded(request.prompt, request.seed or 0, studio.settings.home / WILDCARDS)
    for name in ("width", "height"):
        if (getattr(request, name) or 0) % MULTIPLE:
            raise InvalidInput(name, "{field} must be a multiple of {multiple}.", multiple=MULTIPLE)
    _check_pictures(studio, request, owner)
    for lora in request.loras:
        lora_file(studio, lora.name)
    if request.plot:
        _check_plot(request.plot, request)


def _check_pictures(studio: "Studio", request: Request, owner: str) -> None:
    for name in ("mask", "strength"):
        if getattr(request, name) is not None and not request.init_image:
            raise InvalidInput(name, "{field} needs an initial picture.")
    if not request.init_image:
        return
    size = size_of(studio.history.files.get(request.init_image, owner).path, "init_image")
    if request.mask:
        masked = size_of(studio.history.files.get(request.mask, owner).path, "mask")
        if masked != size:
            template = "{field} has {width} x {height} pixels; the picture it is laid on has {w} x {h}."
            raise InvalidInput("mask", template, width=masked[0], height=masked[1], w=size[0], h=size[1])


def _check_plot(plot: Plot, request: Request) -> None:
    if request.count > 1:
        raise InvalidInput("count", "A plot draws one picture for each pair of values: set {field} to 1.")
    if plot.cells > MAX_CELLS:
        raise InvalidInput("plot", "A plot may have at most {limit} pictures; this one has {cells}.",
                           limit=MAX_CELLS, cells=plot.cells)  # fmt: skip
    if plot.y and plot.x.field == plot.y.field:
        raise InvalidInput("plot", "The two axes of a plot must be two settings.")
    for axis in filter(None, (plot.x, plot.y)):
        if axis.field == "prompt" and str(axis.values[0]) not in request.prompt:
            template = "The prompt does not hold {value}, the first value of the axis, which the others replace."
            raise InvalidInput("plot", template, value=axis.values[0])
        if axis.field == "strength" and not request.init_image:
            raise InvalidInput("strength", "{field} needs an initial picture.")


def lora_folder(studio: "Studio") -> Path:
    """Return where LoRAs lie."""
    return studio.settings.models_folder / "loras"


def loras(studio: "Studio") -> dict[str, Path]:
    """Return the LoRAs that there are, by name."""
    return {storable(file.stem): file for file in sorted(lora_folder(studio).glob("*.safetensors"))}


def lora_file(studio: "Studio", name: str) -> Path:
    """Return a LoRA's file; raises ``InvalidInput``."""
    found = loras(studio).get(name)
    if found is None:
        template = (
            "There is no LoRA named {name}. Put its .safetensors file into the folder models/loras of the studio."
        )
        raise InvalidInput("loras", template, name=name)
    return found
