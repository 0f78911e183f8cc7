"""A better model than the one that answers, as the scripts draw it: on the first page, and in Settings > Models.

Knows what is shown to whom, and what the script may ask to be done; whether a visitor has had enough of it, their
browser knows.
"""

from typing import Any, Literal

from assistants import preferences
from assistants.models.improving import Better
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import t
from webapp.wording import sentence

Deed = Literal["better", "pause", "keep", "understood"]
DEEDS: tuple[Deed, ...] = ("better", "pause", "keep", "understood")


def do(studio: Studio, who: Principal, deed: Deed) -> None:
    """Do what the script asks for; raises ``NotAllowed``."""
    better = studio.models.better
    match deed:
        case "better":
            preferences.take_better(studio, who)
        case "pause":
            if seen := better.seen():
                studio.models.installer.pause(seen.name, who)
        case "keep":
            studio.models.installer.keep_small(who)
        case "understood":
            better.understood(who)


def offered(studio: Studio, who: Principal, lang: str, *, declined: bool = False) -> dict[str, Any] | None:
    """Return the better model as it is drawn; None where there is nothing to say.

    Visitors see it while it comes; what is to be decided is the operator's.
    """
    may, better = who.is_operator, studio.models.better.seen(declined=declined)
    if better is None:
        left = studio.models.better.left
        return {"phase": "left", "may": True, "told": sentence(left, lang)} if left and may else None
    if not may and better.phase != "coming":
        return None
    return shown(better, lang) | {"may": may, "servers": servers(studio, who) if may else []}


def shown(better: Better, lang: str) -> dict[str, Any]:
    """Return a better model as text and numbers."""
    state = better.state
    return {
        **{name: getattr(better, name) for name in ("phase", "name", "title", "size", "hub", "parts")},
        "languages": list(better.languages),
        "note": t(state.note, lang) if state.note else None,
        "share": state.done / state.total if state.total else None,
        "error": sentence(state.failure, lang) if state.failure else None,
    }


def servers(studio: Studio, who: Principal) -> list[dict[str, Any]]:
    """Return the servers of models on this machine, unless there is a connection to use already."""
    if studio.connections.names(who):
        return []
    return [{"name": one.name, "title": one.title} for one in studio.connections.nearby.found()]


def comes_with(studio: Studio) -> list[str]:
    """Return the languages of the better model that is coming which the one that answers meanwhile doesn't know."""
    better = studio.models.better.seen()
    known = studio.models.languages(studio.models.resolve(None))
    if better is None or better.phase != "coming" or not known:
        return []
    return [language for language in better.languages if language not in known]
