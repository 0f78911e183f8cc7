"""Settings > Storage and backup: what lies on the disk, how long the trash is kept, a backup and how to restore it.

Everybody can empty their own trash; the rest concerns the studio and is its operator's.
"""

from dataclasses import asdict
from typing import Any, Literal

from assistants.disk import used
from assistants.history.trash import LIMIT
from assistants.preferences import Preferences, change, stored, trash_days
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.store import now
from assistants.studio import Studio
from webapp.kit import answers
from webapp.live import live

TITLE = "storage.title"


class Asked(StudioRequest):
    """A question of the script: ``set`` goes with ``preferences``."""

    do: Literal["show", "set", "empty", "forget"]
    preferences: Preferences = Preferences()


def build(studio: Studio) -> None:
    """Make the section."""
    section = live("settings", "storage")

    answers(section, Asked, lambda who, asked, lang: act(studio, who, asked))


def act(studio: Studio, who: Principal, asked: Asked) -> dict[str, Any]:
    """Do what was asked and return what there is then."""
    extra = {}
    if asked.do == "set":
        change(studio, asked.preferences, who)
    elif asked.do == "forget":
        studio.history.discard_staged(who)
    elif asked.do == "empty":
        extra["emptied"] = studio.history.trash.empty(who.id)
    trash = {"lines": len(studio.history.trash.list(who.id)), "limit": LIMIT}
    days = {"days": trash_days(studio.settings, studio.history), "trash": trash}
    return extra | days | {"studio": of_studio(studio, who) if who.is_operator else None}


def of_studio(studio: Studio, who: Principal) -> dict[str, Any]:
    """Return what only the operator sees: sizes in bytes, folders, what the next start restores, and the command."""
    settings, waiting = studio.settings, studio.history.waiting(who)
    return {
        "disk": asdict(used(settings, who)),
        "home": str(settings.home),
        "models": str(settings.models_folder),
        "home_is_set": "home" in settings.model_fields_set,
        "chosen_days": stored(studio.history).trash_days,
        "setting_days": settings.trash_days,
        "waiting": asdict(waiting) if waiting else None,
        "command": f"python -m assistants.history restore backup-{now()[:10]}.zip",
    }
