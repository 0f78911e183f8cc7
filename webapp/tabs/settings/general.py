"""Settings > General: language and theme, which every browser keeps for itself, and the studio's own model.

The model is the operator's to set; whoever has chosen one for their chats keeps that.
"""

from typing import Any, Literal

from assistants.preferences import Preferences, change, stored
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp.kit import answers
from webapp.live import live

TITLE = "general.title"


class Asked(StudioRequest):
    """A question of the script: ``set`` goes with ``preferences``."""

    do: Literal["show", "set"]
    preferences: Preferences = Preferences()


def build(studio: Studio) -> None:
    """Make the section."""
    section = live("settings", "general")

    answers(section, Asked, lambda who, asked, lang: act(studio, who, asked))


def act(studio: Studio, who: Principal, asked: Asked) -> dict[str, Any]:
    """Set what was asked and return the studio's own model and the choice among others, for the operator."""
    if asked.do == "set":
        change(studio, asked.preferences, who)
    if not who.is_operator:
        return {"model": None}
    chosen, setting = stored(studio.history).text_model, studio.models.unchosen()
    return {
        "model": {
            "chosen": chosen,
            "is_there": chosen is None or studio.models.own() == chosen,
            "setting": setting,
            "from_environment": "text_model" in studio.settings.model_fields_set,
            "choices": studio.models.pickable(who),
        }
    }
