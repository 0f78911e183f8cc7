"""Model cards: what a person needs to know to choose a model, and which ones suit this machine.

Knows sizes, languages and memory; knows nothing about how a card is drawn.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

from assistants.models.files.catalog import GGUF, RAM_FOLDER, Entry, Kind, Parts, Task
from assistants.models.files.contents import Runner
from assistants.models.speeds import Speed
from assistants.models.states import ModelState

# A model may take this share of the memory: the rest is for the studio, the browser and the system.
SHARE = 0.7
# What was made ready for OpenVINO GenAI takes so many bytes, and so many times its size. After a prompt of 1,500 tokens
# that is of the 135M (146 MB) 0.32 GB, of the 0.5B (640 MB) 0.84, of the 1.5B (1.28 GB) 1.68. As long as there is room,
# the system keeps the file, too.
RAM_READY = (400_000_000, 1.2)


@dataclass(frozen=True)
class ModelCard:
    """A model to choose: ``size`` and ``ram`` in bytes, None where nobody knows yet; ``runner`` is the engine's name.

    ``speed`` was ``measured`` on this machine, or is estimated by what another model has shown. ``origin`` is a
    repository of the hub, or the path of a linked model; ``parts`` is in how many parts the package index has it.
    """

    name: str
    title: str
    kind: Kind
    license: str | None
    languages: tuple[str, ...]
    task: Task
    size: int | None
    ram: int | None
    context: int | None
    state: ModelState
    installed: bool
    runner: str | None
    fits: bool
    recommended: bool
    speed: Speed | None
    measured: bool
    origin: str | None
    parts: int | None
    linked: bool
    shipped: bool


def card(
    name: str, entry: Entry, memory: int, *, size: int | None, installed: bool, shows_paths: bool, **facts: Any
) -> ModelCard:
    """Return the card of a model on a machine with so much ``memory``; paths are for the operator's eyes only."""
    need = entry.need(size)
    own = ("title", "kind", "license", "languages", "task", "context")
    return ModelCard(
        name=name,
        size=size,
        ram=need,
        installed=installed,
        fits=fits(need, memory),
        origin=entry.hub.repo if entry.hub else str(entry.linked) if entry.linked and shows_paths else None,
        parts=parts_of(entry),
        linked=entry.linked is not None,
        shipped=entry.shipped is not None,
        **{field: getattr(entry, field) for field in own},
        **facts,
    )


def parts_of(entry: Entry) -> int | None:
    """Return in how many parts the package index has a model, if it does."""
    if entry.package is None:
        return None
    return len(entry.package.sha256) if isinstance(entry.package, Parts) else 1


def need_ready(size: int, runner: Runner) -> int:
    """Return how much memory takes what was made ready of a GGUF, with ``size`` bytes, on the engine that opens it."""
    base, share = RAM_READY if runner == "openvino" else RAM_FOLDER
    return round(base + share * size)


def fits(need: int | None, memory: int) -> bool:
    """Say whether a model can run in so much memory; one whose need nobody knows may try."""
    return need is None or need <= SHARE * memory


def recommended(entries: dict[str, Entry], memory: int, language: str) -> set[str]:
    """Return the models that suit the memory best, one for each task, among those that know the language."""
    best: dict[Task, tuple[int, str]] = {}
    for name, entry in entries.items():
        least = entry.recommended
        if least and least <= memory and language in entry.languages and fits(entry.need(), memory):
            best[entry.task] = max(best.get(entry.task, (0, "")), (least, name))
    return {name for _, name in best.values()}


def expected_runner(entry: Entry) -> str | None:
    """Return the engine that a model will run on, as far as its files tell."""
    if entry.kind in ("embed", "rerank"):
        return "sentence-transformers"
    if entry.kind == "image":
        return "diffusers"
    if not entry.files:
        return None
    return "openvino" if any(file.name.endswith(GGUF) for file in entry.files) else "transformers"


def in_order(cards: Iterable[ModelCard]) -> list[ModelCard]:
    """Return the cards as they are shown: what is installed, what is coming, what is recommended, the rest by size."""

    def place(card: ModelCard) -> tuple[Any, ...]:
        is_coming = card.state.is_under_way or card.state.failure is not None
        return not card.installed, not is_coming, not card.recommended, card.kind, card.size or inf, card.name

    return sorted(cards, key=place)
