"""What a request will take, before it is begun: memory, time, and what to change where it does not fit.

The time is foretold from what the same model took here before; without that nobody knows. Knows nothing about how
pictures are drawn.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistants import memory
from assistants.images.request import Request
from assistants.images.vocabulary import unlearnt

if TYPE_CHECKING:
    from assistants.studio import Studio

# Of the memory that a model takes at its own size, so much grows with the number of pixels.
GROWS = 0.35
Sentence = dict[str, Any]


@dataclass(frozen=True)
class Preflight:
    """``need`` and ``free`` in bytes, ``seconds`` for all pictures; None where nobody knows.

    ``unlearnt`` are words of the prompt that the model was never taught.
    """

    fits: bool
    need: int | None
    free: int
    seconds: float | None
    advice: list[Sentence] = field(default_factory=list)
    unlearnt: tuple[str, ...] = ()


def preflight(studio: "Studio", request: Request, model: str) -> Preflight:
    """Return what a request takes that was checked already."""
    own = studio.models.image_models.settings(model)
    width, height = request.width or own.get("width", 512), request.height or own.get("height", 512)
    share = width * height / (own.get("width", width) * own.get("height", height))
    need, free = _need(studio, model, share), memory.available()
    fits = need is None or need <= free
    seconds = _seconds(studio, request, model, width * height, own.get("steps", 20))
    advice = [] if fits else _advice(studio, model, share, own)
    drawers = studio.models.image_models
    words = unlearnt(request.prompt, drawers.words(model), drawers.chinese(model))
    return Preflight(fits, need, free, seconds, advice, words)


def _need(studio: "Studio", model: str, share: float) -> int | None:
    whole = studio.models.image_models.need(model)
    if whole is None:
        return None
    # What is loaded already is paid for.
    base = 0 if studio.models.facts(model) else whole * (1 - GROWS)
    return round(base + whole * GROWS * max(share, 0.25))


def _seconds(studio: "Studio", request: Request, model: str, pixels: int, steps: int) -> float | None:
    paces = [
        usage["seconds"] / (usage["steps"] * usage["pixels"])
        for usage in studio.history.jobs.paces("images", model)
        if usage.get("steps") and usage.get("pixels")
    ]
    if not paces:
        return None
    pictures = request.plot.cells if request.plot else request.count
    pace = sorted(paces)[len(paces) // 2]
    return round(pace * (request.steps or steps) * pixels * pictures * (request.strength or 1), 1)


def _advice(studio: "Studio", model: str, share: float, own: dict[str, Any]) -> list[Sentence]:
    said = []
    if share > 1 and own:
        template = "Draw at {width} x {height}, and make it larger afterwards."
        said.append({"template": template, "values": {"width": own["width"], "height": own["height"]}})
    smaller = studio.models.image_models.smaller(model)
    if smaller:
        said.append({"template": "Choose {model}, which needs less memory.", "values": {"model": smaller}})
    said.append({"template": "Close other programs.", "values": {}})
    return said
