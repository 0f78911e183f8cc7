"""Settings > Models: what is installed, what there is to install, and what this machine can carry.

Everybody sees what there is; only the operator's installing and deleting get past the library.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from assistants import memory
from assistants.models import LOCAL, ModelCard
from assistants.models.role import LONG_PROMPT
from assistants.models.speeds import Speed
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp import better
from webapp.i18n import t
from webapp.kit import answers
from webapp.live import live
from webapp.wording import sentence

TITLE = "models.title"


class Asked(StudioRequest):
    """A question of the script: ``install`` goes with what a person typed or chose, others with a model's name.

    What is done about a better model than the one that answers needs no name.
    """

    do: Literal["list", "install", "hold", "cancel", "delete", "better", "pause", "keep", "understood"]
    name: Annotated[str, Field(max_length=1000)] = ""


def build(studio: Studio) -> None:
    """Make the section."""
    section = live("settings", "models")

    answers(section, Asked, lambda who, asked, lang: act(studio, who, asked, lang))


def act(studio: Studio, who: Principal, asked: Asked, lang: str) -> dict[str, Any]:
    """Do what was asked and return the models as they are then."""
    extra = {}
    match asked.do:
        case "install":
            extra["begun"] = studio.models.installer.install(asked.name, who)
        case "hold":
            studio.models.installer.pause(asked.name, who)
        case "cancel":
            studio.models.installer.cancel(asked.name, who)
        case "delete":
            studio.models.installer.delete(asked.name, who)
        case deed if deed in better.DEEDS:
            better.do(studio, who, deed)
    cards = studio.models.installer.listed(who, lang)
    return extra | {
        "models": [shown(studio, card, lang) for card in cards],
        "memory": {"total": memory.total(), "available": memory.available()},
        "may": who.is_operator,
        "better": better.offered(studio, who, lang, declined=True),
    }


def shown(studio: Studio, card: ModelCard, lang: str) -> dict[str, Any]:
    """Return a card as the script draws it; all of it is text and numbers."""
    state = card.state
    facts = (
        "name",
        "title",
        "kind",
        "license",
        "size",
        "ram",
        "installed",
        "fits",
        "recommended",
        "measured",
        "origin",
        "parts",
        "linked",
        "shipped",
    )
    return {name: getattr(card, name) for name in facts} | {
        "model": LOCAL + card.name,
        "languages": list(card.languages),
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


def pace(speed: Speed | None) -> dict[str, int] | None:
    """Return how many tokens a model writes in a second, and how many seconds it needs to read a long prompt."""
    if speed is None:
        return None
    return {
        "writes": max(1, round(speed.writes)),
        "tokens": LONG_PROMPT,
        "seconds": max(1, round(LONG_PROMPT / speed.reads)),
    }


# As their makers write them.
RUNNERS = {
    "openvino": "OpenVINO",
    "transformers": "transformers",
    "sentence-transformers": "sentence-transformers",
}


def reason(card: ModelCard, lang: str) -> str:
    """Return why a model is recommended."""
    key = {
        "chat": "models.why-chat",
        "code": "models.why-code",
        "search": "models.why-search",
        "image": "models.why-image",
    }[card.task]
    return t(key, lang, memory=round(memory.total() / 2**30))
