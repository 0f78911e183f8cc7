"""Preferences: what the operator sets for everybody while the studio runs; it goes before the environment.

Knows who may set what and within which limits; knows nothing about how it is stored or shown.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationError

from assistants.history import History
from assistants.models import LOCAL, MINI
from assistants.principals import Principal, must_be_operator
from assistants.requests import StudioRequest
from assistants.settings import Settings

if TYPE_CHECKING:
    from assistants.studio import Studio

MAX_DAYS = 3650


class Preferences(StudioRequest):
    """All of them; None leaves a value to the environment."""

    text_model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    trash_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] | None = None
    # Whether people may give out links by which anybody reads a conversation of theirs.
    sharing: Annotated[bool, Field(strict=True)] | None = None


def stored(history: History) -> Preferences:
    """Return what is set; what another studio wrote and this one cannot read counts as not set."""
    try:
        return Preferences(**{
            name: value for name, value in history.settings.all().items() if name in Preferences.model_fields
        })
    except ValidationError:
        return Preferences()


def change(studio: "Studio", wanted: Preferences, who: Principal) -> None:
    """Set those of ``wanted`` that are given; raises ``NotAllowed``, and ``InvalidInput`` for a model there is not."""
    must_be_operator(who)
    given = wanted.model_dump(exclude_unset=True)
    if wanted.text_model:
        given["text_model"] = studio.models.resolve(wanted.text_model, who, "chat")
    studio.history.settings.put(given)


def take_better(studio: "Studio", who: Principal) -> None:
    """Let a better model come and be the studio's own, also where the small one was chosen; raises ``NotAllowed``."""
    must_be_operator(who)
    if stored(studio.history).text_model == LOCAL + MINI:
        studio.history.settings.put({"text_model": None})
    studio.models.better.begin(who)


def trash_days(settings: Settings, history: History) -> int:
    """Return after how many days the trash is emptied; 0 is never."""
    days = stored(history).trash_days
    return settings.trash_days if days is None else days
