"""What is drawn, what comes of it, and what every engine that draws has in common.

Knows the words and limits of a drawing; loads no native code, and knows nothing about what draws it or where pictures
are kept.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assistants.errors import InvalidInput, StudioError

# Our short names: the class of diffusers and what it is told beside the model's own settings.
SCHEDULERS: dict[str, str] = {
    "ddim": "DDIMScheduler",
    "ddpm": "DDPMScheduler",
    "pndm": "PNDMScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_a": "EulerAncestralDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "dpmpp_2m": "DPMSolverMultistepScheduler",
    "dpmpp_2m_karras": "DPMSolverMultistepScheduler use_karras_sigmas",
    "unipc": "UniPCMultistepScheduler",
    "lcm": "LCMScheduler",
    "flow_euler": "FlowMatchEulerDiscreteScheduler",
}
MOST_STEPS = 150
MOST_GUIDANCE = 30
# What every program that reads our pictures takes as a number.
SEEDS = 2**53
# A caller hears something this often, so that it gets a chance to stop.
QUIET_SECONDS = 0.25
# Pictures on their way are shown this often at most.
PREVIEW_SECONDS = 0.7


@dataclass(frozen=True)
class Drawing:
    """One picture, or some that differ in the seed only. ``mask`` is white where a picture is painted anew."""

    prompt: str
    negative: str = ""
    width: int = 512
    height: int = 512
    steps: int = 20
    guidance: float = 7.5
    seeds: tuple[int, ...] = (0,)
    # One of ``Facts.schedulers``; None: the model's own.
    scheduler: str | None = None
    init_image: Path | None = None
    mask: Path | None = None
    strength: float | None = None
    loras: tuple[tuple[Path, float], ...] = ()


@dataclass(frozen=True)
class Step:
    """So many of the steps of this call are done; an engine that cannot say how many there are counts pictures."""

    done: int
    total: int


@dataclass(frozen=True)
class Preview:
    """A small, rough JPEG of a picture on its way; ``index`` is its place among the seeds."""

    index: int
    jpeg: bytes


@dataclass(frozen=True)
class Drawn:
    """A picture that is ready: a PNG without metadata."""

    index: int
    seed: int
    png: bytes


@dataclass(frozen=True)
class Quiet:
    """Nothing has happened: a chance to stop."""


Mark = Step | Preview | Drawn | Quiet


@dataclass(frozen=True)
class Facts:
    """What there is to know about a model that is open.

    ``tasks`` are of "text", "image" (from a picture) and "inpaint"; ``largest`` is the longest side that makes sense,
    ``batch`` how many pictures are drawn at once, and ``tokens`` how much of a prompt is read. Where ``made_with`` is
    the same, the same drawing gives the same pixels; it has no ``seeds`` if the model does not promise that.
    """

    family: str
    tasks: tuple[str, ...]
    width: int
    height: int
    multiple: int
    largest: int
    steps: int
    guidance: float
    scheduler: str | None = None
    schedulers: tuple[str, ...] = ()
    negative: bool = True
    weights: bool = False
    loras: bool = False
    device: str = "cpu"
    dtype: str = "float32"
    batch: int = 1
    tokens: int = 77
    made_with: dict[str, str] = field(default_factory=dict)


class ImageEngine(Protocol):
    """A model that draws. Closing the iterator of ``draw`` ends it within one step."""

    model: str
    slots: int
    facts: Facts

    def draw(self, drawing: Drawing) -> Generator[Mark, None, None]:
        """Draw; raises ``InvalidInput``, ``GenerationFailed`` and ``ModelUnavailable``."""

    def close(self) -> None:
        """Free what the model holds; whoever still waits for it gets an error."""


def check(drawing: Drawing, facts: Facts) -> None:
    """Raise ``InvalidInput`` if a model with these facts cannot draw this."""
    for name in ("width", "height"):
        _check_range(name, getattr(drawing, name), facts.multiple, facts.largest)
        if getattr(drawing, name) % facts.multiple:
            raise InvalidInput(name, "{field} must be a multiple of {multiple}.", multiple=facts.multiple)
    _check_range("steps", drawing.steps, 1, MOST_STEPS)
    _check_range("guidance", drawing.guidance, 0, MOST_GUIDANCE)
    if not drawing.seeds:
        raise InvalidInput("seed", "{field} is missing.")
    for seed in drawing.seeds:
        _check_range("seed", seed, 0, SEEDS - 1)
    if drawing.strength is not None and not 0 < drawing.strength <= 1:
        raise InvalidInput("strength", "{field} must be above 0 and at most 1.")
    strength = 1 if drawing.strength is None else drawing.strength
    if drawing.init_image and int(drawing.steps * strength) < 1:
        least = math.ceil(1 / strength)
        raise InvalidInput("steps", "{field} must be at least {ge} with a strength that small.", ge=least)
    if drawing.scheduler is not None and drawing.scheduler not in facts.schedulers:
        known = ", ".join(facts.schedulers) or "-"
        raise InvalidInput("scheduler", "{field} must be one of: {known}.", known=known)
    _check_abilities(drawing, facts)


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidInput(name, "{field} must be from {ge} to {le}.", ge=least, le=most)


def _check_abilities(drawing: Drawing, facts: Facts) -> None:
    if "text" not in facts.tasks and not drawing.mask:
        raise InvalidInput("mask", "This model only paints a part of a picture anew: give it a picture and a {field}.")
    if drawing.mask and not drawing.init_image:
        raise InvalidInput("mask", "{field} needs an initial picture that it is laid on.")
    if drawing.init_image and "image" not in facts.tasks:
        raise InvalidInput("init_image", "This model draws from words only and takes no {field}.")
    if drawing.mask and "inpaint" not in facts.tasks:
        raise InvalidInput("mask", "This model cannot paint a part of a picture anew and takes no {field}.")
    if drawing.negative.strip() and not facts.negative:
        raise InvalidInput("negative", "This model cannot be told what to avoid and takes no {field}.")
    if drawing.loras and not facts.loras:
        raise InvalidInput("loras", "This model takes no {field}.")


def unreadable(field: str, error: Exception) -> StudioError:
    """Return the error for a picture that does not open."""
    cause = getattr(error, "strerror", None) or "it is no picture"
    return InvalidInput(field, "{field} cannot be read: {cause}.", cause=cause)
