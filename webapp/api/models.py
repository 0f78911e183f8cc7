"""Models over HTTP: which a visitor can choose from, what each can do, and how far the one that answers is.

Knows what a picker and a first page show of a model; knows nothing about how models are fetched or run.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from assistants.errors import StudioError
from assistants.models import LOCAL, ModelCard, ModelState
from assistants.studio import Studio
from webapp import better
from webapp.api.dependencies import Language, TheStudio, Who
from webapp.api.errors import answers
from webapp.api.history import Words
from webapp.i18n import t
from webapp.wording import model_label, sentence

router = APIRouter(prefix="/models", tags=["models"])

EXAMPLES = 4
# By so many of the last replies it is known how fast a model elsewhere is.
LAST_REPLIES = 300


class Model(BaseModel):
    """A model that can be chosen; null is what nobody knows."""

    name: str = Field(description="`provider:model`")
    title: str
    where: str = Field(description="`local`, or the connection it is reached by")
    is_default: bool
    is_installed: bool = Field(description="Whether it answers without being fetched first")
    languages: list[str] = Field(description="That it knows; none where nobody knows that")
    size: int | None = Field(description="Bytes")
    context: int | None = Field(description="Tokens that a prompt and its reply may have together")
    speed: float | None = Field(description="Tokens a second that it writes, measured here")
    reasons: bool | None = Field(description="Whether it can reason before it answers")
    can_switch_reasoning: bool = Field(description="Whether `reasoning` says if it does")
    used: str | None = Field(description="When you last had a reply of it")


class Server(BaseModel):
    """A server of models that runs on this machine and is not connected yet."""

    name: str
    title: str


class Start(BaseModel):
    """What there is to say before the first message: how far the model is, and what suits it."""

    model: str = Field(description="`provider:model`")
    title: str
    languages: list[str]
    note: str | None = Field(description="How far it is, if it is not ready, or what is wrong with it")
    share: float | None = Field(description="How much of it has come, 0 to 1")
    is_busy: bool
    speed: float | None
    can_switch_reasoning: bool = Field(description="Whether `reasoning` says if it reasons first")
    advice: str | None = Field(description="What to know before one asks it something")
    examples: list[str]
    offer: dict[str, Any] | None = Field(description="A better model, and how far it is")
    comes_with: list[str] = Field(description="Languages that the offered model brings once it has come")
    servers: list[Server] = Field(description="Of models, found on this machine; the operator alone is told")
    may_connect: bool = Field(description="Whether you may connect models that run elsewhere")


class Deed(BaseModel):
    """What to do about a better model."""

    model_config = ConfigDict(extra="forbid")

    do: better.Deed = Field(
        description="Fetch it or go on; pause that; keep the small one; say no more why another one answers"
    )


@router.get("", responses=answers(401, 503))
def list_models(studio: TheStudio, who: Who, lang: Language) -> list[Model]:
    """Return the models that you can chat with, the default first."""
    cards = {LOCAL + card.name: card for card in studio.models.installer.listed(who, lang)}
    own = studio.models.resolve(None)
    seen = studio.history.jobs.models_seen("chat", who.id, LAST_REPLIES)
    return [
        shown(studio, name, cards.get(name), seen.get(name, {}), is_default=name == own)
        for name in studio.models.pickable(who)
    ]


def shown(studio: Studio, name: str, card: ModelCard | None, seen: dict[str, Any], *, is_default: bool) -> Model:
    """Return a model as a picker shows it: what its card says, or what its replies have shown."""
    abilities = studio.models.abilities(name)
    measured = studio.models.speeds.get(name.removeprefix(LOCAL)) if card else None
    return Model(
        name=name,
        title=titled(studio, name, card),
        where="local" if card or not studio.connections.find(name) else name.partition(":")[0],
        is_default=is_default,
        is_installed=card is None or card.installed,
        languages=list(card.languages) if card else [],
        size=card.size if card else None,
        context=card.context if card else None,
        speed=round(measured.writes, 1) if measured else seen.get("speed"),
        reasons=True if seen.get("reasons") else abilities.reasons,
        can_switch_reasoning=abilities.can_switch_reasoning,
        used=seen.get("used"),
    )


def titled(studio: Studio, name: str, card: ModelCard | None) -> str:
    """Return what people call a model: what its card says, or what its connection calls it."""
    if card:
        return card.title
    return name.partition(":")[2] if studio.connections.find(name) else name


@router.get("/start", responses=answers(401, 422, 503))
def get_start(
    studio: TheStudio,
    who: Who,
    lang: Language,
    model: Annotated[Words | None, Query(description="The one that is to answer; the default if it is absent")] = None,
) -> Start:
    """Return what to say before a first message: how far the model is, what suits it, and where better ones are."""
    try:
        state = studio.models.state(studio.models.resolve(model, who, "chat"))
    except StudioError as error:
        name, said = model or "", {"note": sentence(error, lang), "share": None, "is_busy": False}
    else:
        name, said = state.name, progress(state, lang)
    card = next((one for one in studio.models.installer.listed(who, lang) if LOCAL + one.name == name), None)
    measured = studio.models.speeds.get(name.removeprefix(LOCAL)) if card else None
    return Start(
        model=name,
        title=titled(studio, name, card),
        languages=list(card.languages) if card else [],
        speed=round(measured.writes, 1) if measured else None,
        can_switch_reasoning=studio.models.abilities(name).can_switch_reasoning,
        offer=better.offered(studio, who, lang),
        comes_with=better.comes_with(studio),
        servers=[Server(**one) for one in better.servers(studio, who)] if who.is_operator else [],
        may_connect=who.is_operator,
        **said,
        **suggestions(studio, name, lang),
    )


@router.post("/better", status_code=204, responses=answers(401, 403, 413, 422, 503))
def improve(studio: TheStudio, who: Who, deed: Deed) -> None:
    """Say what to do about a better model than the one that answers."""
    better.do(studio, who, deed.do)


def progress(state: ModelState, lang: str) -> dict[str, Any]:
    """Return a line on how far a model is, if it is not ready."""
    share = state.done / state.total if state.state == "downloading" and state.total else None
    note: str | None
    if state.failure:
        note = sentence(state.failure, lang)
    else:
        note = None if state.state == "ready" else t(f"model.{state.state}", lang, name=state.name)
    return {"note": note, "share": share, "is_busy": state.is_under_way}


def suggestions(studio: Studio, name: str, lang: str) -> dict[str, Any]:
    """Return the examples of an empty chat, in English where the model knows no other language, with a word on that."""
    wanted, advice = model_label(studio, name, lang)
    if studio.models.is_base(name):
        advice = t("model.base", lang)
    return {
        "advice": advice,
        "examples": [t(f"chat.example.{number}", wanted) for number in range(1, EXAMPLES + 1)],
    }
