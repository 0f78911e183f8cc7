"""From a request to pictures: every setting of each one, settled before the first step is drawn.

A picture is a function of its settings, so that they are all there is to keep of it. Knows the model's own settings and
the library's styles; draws nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistants.engines.drawing import SEEDS, Drawing, Facts
from assistants.errors import InvalidInput, NotFound
from assistants.images.chinese import is_chinese, translated
from assistants.images.reading import size_of
from assistants.images.request import MULTIPLE, Axis, Request, lora_file
from assistants.images.wildcards import WILDCARDS, escaped, expanded
from assistants.jobs import Part, note
from assistants.prompts import render

if TYPE_CHECKING:
    from assistants.studio import Studio

# What a picture needs to be drawn again, as a request has it.
SETTINGS = (
    "prompt", "negative", "width", "height", "steps", "guidance", "seed", "scheduler", "init_image", "mask",
    "strength", "style", "style_version",
)  # fmt: skip
STRENGTH = 0.6


@dataclass(frozen=True)
class Shot:
    """One picture to draw: the ``settings`` that would draw it again, and the prompt as the model gets it.

    ``unknown`` are words of the prompt that the model has no word for.
    """

    index: int
    settings: dict[str, Any]
    sent: str
    unknown: tuple[str, ...] = ()

    @property
    def batch_key(self) -> tuple[Any, ...]:
        """What pictures that are drawn at once have in common."""
        same = {name: value for name, value in self.settings.items() if name not in ("seed", "prompt")}
        return (self.sent, *map(repr, same.items()))


@dataclass(frozen=True)
class Planner:
    """What a request is settled with: the model's facts, its entry in the catalog, and whose files it names."""

    studio: "Studio"
    request: Request
    facts: Facts
    owner: str
    model: str

    def shots(self) -> list[Shot]:
        """Return the pictures of the request, in the order in which they are drawn; raises ``InvalidInput``."""
        base = self._base()
        if plot := self.request.plot:
            rows = plot.y.values if plot.y else [None]
            pairs = [(x, y) for y in rows for x in plot.x.values]
            changes = [_on_axis(plot.x, x, base) | (_on_axis(plot.y, y, base) if plot.y else {}) for x, y in pairs]
        else:
            changes = [{"seed": (base["seed"] + index) % SEEDS} for index in range(self.request.count)]
        return [self._shot(index, base | change) for index, change in enumerate(changes)]

    def drawing(self, shots: list[Shot]) -> Drawing:
        """Return what the engine is asked for pictures that differ in the seed only."""
        settings = shots[0].settings
        taken = ("negative", "width", "height", "steps", "guidance", "scheduler", "strength")
        return Drawing(
            prompt=shots[0].sent,
            seeds=tuple(shot.settings["seed"] for shot in shots),
            init_image=self._file("init_image"),
            mask=self._file("mask"),
            loras=tuple((lora_file(self.studio, lora.name), lora.weight) for lora in self.request.loras),
            **{name: settings[name] for name in taken if settings.get(name) is not None},
        )

    @staticmethod
    def notes(shots: list[Shot]) -> list[Part]:
        """Return what a person should know of how their words were read."""
        unknown = dict.fromkeys(word for shot in shots for word in shot.unknown)
        if not unknown:
            return []
        template = "This model has no word for: {words}. They were left out."
        return [note(template, words="、".join(unknown))]

    def _base(self) -> dict[str, Any]:
        """Return every setting, those that the request leaves open as the catalog or the model has them."""
        own = self._own()
        asked = self.request.model_dump(exclude_none=True)
        base = {name: asked.get(name, own.get(name)) for name in SETTINGS}
        base["width"], base["height"] = self._size(own)
        if self.request.init_image and base["strength"] is None:
            base["strength"] = STRENGTH
        base["model"], base["loras"] = self.model, asked.get("loras", [])
        return base

    def _own(self) -> dict[str, Any]:
        own = {name: getattr(self.facts, name) for name in ("width", "height", "steps", "guidance", "scheduler")}
        return own | self.studio.models.image_models.settings(self.model)

    def _size(self, own: dict[str, Any]) -> tuple[int, int]:
        """Return width and height: as asked, or the initial picture's shape in the model's area, or its own."""
        width, height = self.request.width, self.request.height
        initial = self._file("init_image")
        if initial and not (width and height):
            w, h = size_of(initial, "init_image")
            scale = (own["width"] * own["height"] / (w * h)) ** 0.5
            width, height = (max(64, round(side * scale / MULTIPLE) * MULTIPLE) for side in (w, h))
        return width or own["width"], height or own["height"]

    def _shot(self, index: int, settings: dict[str, Any]) -> Shot:
        prompt = expanded(settings["prompt"], settings["seed"], self.studio.settings.home / WILDCARDS)
        if not prompt.strip():
            raise InvalidInput("prompt", "{field} is empty.")
        english, unknown = self._english(prompt)
        return Shot(index, settings | {"prompt": escaped(prompt)}, self._styled(english), unknown)

    def _styled(self, prompt: str) -> str:
        template = style(self.studio, self.request, self.owner)
        return render(template, {template.variables[0]: prompt})[-1][1] if template else prompt

    def _english(self, prompt: str) -> tuple[str, tuple[str, ...]]:
        """Return the prompt in a language that the model reads, with the words that could not be put into it."""
        folder = self.studio.models.image_models.chinese(self.model)
        if folder is None or not is_chinese(prompt):
            return prompt, ()
        found = translated(prompt, folder)
        if not found.text:
            raise InvalidInput("prompt", "This model has no word for: {words}.", words="、".join(found.unknown))
        return found.text, found.unknown

    def _file(self, name: str) -> Path | None:
        file = getattr(self.request, name)
        return self.studio.history.files.get(file, self.owner).path if file else None


def style(studio: "Studio", request: Request, owner: str) -> Any:
    """Return the template of the request's style; raises ``InvalidInput`` if it is none."""
    if not request.style:
        return None
    try:
        template = studio.prompts.get(request.style, owner, request.style_version)
    except NotFound as error:
        raise InvalidInput("style", error.template, **error.values) from error
    if len(template.variables) != 1 or template.assistant != "images":
        raise InvalidInput(
            "style", "{id} is no style: a style is a template of Images with one variable, the subject.", id=template.id
        )
    return template


def _on_axis(axis: Axis, value: Any, base: dict[str, Any]) -> dict[str, Any]:
    """Return the change that one value of an axis makes."""
    if axis.field == "prompt":
        return {"prompt": base["prompt"].replace(str(axis.values[0]), str(value))}
    wanted: type = {"steps": int, "seed": int, "scheduler": str}.get(axis.field, float)
    if wanted is float and isinstance(value, int):
        value = float(value)
    if type(value) is not wanted:
        raise InvalidInput("plot", "{value} is no value for {name}.", value=value, name=axis.field)
    return {axis.field: value}


def batches(shots: list[Shot], most: int) -> list[list[Shot]]:
    """Return the pictures in groups of at most ``most`` that an engine can draw at once."""
    groups: list[list[Shot]] = []
    for shot in shots:
        if groups and len(groups[-1]) < most and groups[-1][-1].batch_key == shot.batch_key:
            groups[-1].append(shot)
        else:
            groups.append([shot])
    return groups
