"""The catalog over HTTP: which models there are to install, what is here of each, and what is to be done about it.

Everybody sees what there is; only the operator's installing and deleting get past the library. Knows nothing about how
models are fetched.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from assistants import memory
from assistants.models import LOCAL, ModelCard
from assistants.models.role import LONG_PROMPT
from assistants.models.speeds import Speed
from assistants.studio import Studio
from webapp import better
from webapp.api.dependencies import Language, TheStudio, Who
from webapp.api.errors import answers
from webapp.api.history import Shape
from webapp.i18n import t
from webapp.wording import sentence

router = APIRouter(prefix="/models/catalog", tags=["models"])

Name = Annotated[str, Path(min_length=1, max_length=200, description="The name of a model in the catalog")]
# As their makers write them.
RUNNERS = {"openvino": "OpenVINO", "transformers": "transformers", "sentence-transformers": "sentence-transformers"}
# Why a model is recommended, by what it is for.
WHY = {"chat": "models.why-chat", "code": "models.why-code", "search": "models.why-search", "image": "models.why-image"}


class Pace(BaseModel):
    """How fast a model is on this machine: tokens written in a second, and seconds to read so many tokens."""

    writes: int
    tokens: int
    seconds: int


class Card(Shape):
    """A model that can be installed or is here; null is what nobody knows."""

    model_config = ConfigDict(from_attributes=True, protected_namespaces=())

    name: str
    title: str
    kind: str
    license: str | None
    languages: list[str]
    size: int | None = Field(description="Bytes")
    ram: int | None = Field(description="Bytes that it needs while it is loaded")
    installed: bool
    fits: bool = Field(description="Whether this machine has memory enough")
    recommended: bool
    measured: bool = Field(description="Whether its speed was measured here, not estimated")
    origin: str | None = Field(description="A repository of the hub; of a linked model its path, for the operator")
    parts: int | None = Field(description="In how many parts the package index has it")
    linked: bool = Field(description="Whether its file lies where its owner has put it")
    shipped: bool = Field(description="Whether it comes with the studio")
    model: str = Field(description="`provider:model`")
    speed: Pace | None
    held: bool = Field(description="Whether its download is paused")
    runner: str | None = Field(description="What runs it")
    state: str
    busy: bool = Field(description="Whether it is being fetched or loaded")
    note: str | None
    share: float | None = Field(description="How much of it has come, 0 to 1")
    error: str | None
    reason: str | None = Field(description="Why it is recommended")
    own: bool = Field(description="Whether it is the studio's own text model")


class Memory(BaseModel):
    """The memory of this machine in bytes."""

    total: int
    available: int


class Catalog(BaseModel):
    """All there is to install, and what this machine can carry."""

    models: list[Card]
    memory: Memory
    may: bool = Field(description="Whether you may install and delete")
    better: dict[str, Any] | None = Field(description="A better model than the one that answers, and how far it is")


class Wanted(BaseModel):
    """What to install."""

    model_config = ConfigDict(extra="forbid")

    spec: Annotated[str, Field(max_length=1000)] = Field(
        description="A name of the catalog, a repository of the hub, or the path of a file or folder"
    )


class Begun(BaseModel):
    """What is being installed."""

    name: str


@router.get("", responses=answers(401, 503))
def list_catalog(studio: TheStudio, who: Who, lang: Language) -> Catalog:
    """Return what is here and what there is to install, with what suits this machine."""
    return Catalog(
        models=[shown(studio, card, lang) for card in studio.models.installer.listed(who, lang)],
        memory=Memory(total=memory.total(), available=memory.available()),
        may=who.is_operator,
        better=better.offered(studio, who, lang, declined=True),
    )


@router.post("", status_code=202, responses=answers(401, 403, 404, 413, 422, 503))
def install_model(studio: TheStudio, who: Who, wanted: Wanted) -> Begun:
    """Begin to install a model, or go on with one whose download was paused; for the operator."""
    return Begun(name=studio.models.installer.install(wanted.spec, who))


@router.post("/{name}/pause", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def pause_model(studio: TheStudio, who: Who, name: Name) -> None:
    """Pause a download; what has come of it stays. For the operator."""
    studio.models.installer.pause(name, who)


@router.post("/{name}/cancel", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def cancel_model(studio: TheStudio, who: Who, name: Name) -> None:
    """Call a download off, or forget why it failed; nothing of it stays. For the operator."""
    studio.models.installer.cancel(name, who)


@router.delete("/{name}", status_code=204, responses=answers(401, 403, 404, 409, 413, 422, 503))
def delete_model(studio: TheStudio, who: Who, name: Name) -> None:
    """Delete an installed model, or forget one that is linked; for the operator."""
    studio.models.installer.delete(name, who)


def shown(studio: Studio, card: ModelCard, lang: str) -> Card:
    """Return a card as clients see it."""
    state = card.state
    told = {
        "languages": list(card.languages),
        "model": LOCAL + card.name,
        "speed": pace(card.speed),
        "held": state.state == "paused",
        "runner": RUNNERS.get(card.runner or ""),
        "state": state.state,
        "busy": state.is_under_way,
        "note": t(state.note, lang) if state.note else None,
        "share": state.done / state.total if state.total else None,
        "error": sentence(state.failure, lang) if state.failure else None,
        "reason": reason(card, lang) if card.recommended else None,
        "own": LOCAL + card.name == studio.models.resolve(None),
    }
    return Card(**told, **{name: getattr(card, name) for name in Card.model_fields if name not in told})


def pace(speed: Speed | None) -> Pace | None:
    """Return how many tokens a model writes in a second, and how many seconds it needs to read a long prompt."""
    if speed is None:
        return None
    return Pace(
        writes=max(1, round(speed.writes)), tokens=LONG_PROMPT, seconds=max(1, round(LONG_PROMPT / speed.reads))
    )


def reason(card: ModelCard, lang: str) -> str:
    """Return why a model is recommended."""
    return t(WHY[card.task], lang, memory=round(memory.total() / 2**30))
