"""Settings > Connections: the list of them, and a form to add, test, change and delete one.

What is stored of a key never reaches the page: it only learns that there is one.
"""

from typing import Any, Literal

from assistants.connections import Connection, Tested
from assistants.connections.file import TIMEOUTS
from assistants.errors import InvalidInput
from assistants.principals import Principal, must_be_operator
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import answers
from webapp.live import live

TITLE = "connections.title"


class Asked(StudioRequest):
    """A question of the script: ``save`` and ``test`` go with a ``connection``, ``test`` and ``delete`` with a name."""

    do: Literal["list", "save", "test", "delete"]
    connection: Connection | None = None
    name: str = ""


def build(studio: Studio) -> None:
    """Make the section."""
    section = live("settings", "connections")

    answers(section, Asked, lambda who, asked, lang: act(studio, who, asked, lang))


def act(studio: Studio, who: Principal, asked: Asked, lang: str) -> dict[str, Any]:
    """Do what was asked and return the connections as they are then; of a test, what it found."""
    must_be_operator(who)
    if asked.do == "test":
        connection = asked.connection or studio.connections.get(asked.name)
        found = studio.connections.test(connection, who)
        return {"tested": in_words(found, lang), "models": found.models}
    if asked.do == "save":
        if asked.connection is None:
            raise InvalidInput("connection", "{field} is missing.")
        studio.connections.save(asked.connection, who)
    elif asked.do == "delete":
        studio.connections.delete(asked.name, who)
    fixed = studio.connections.environment
    return {"connections": [shown(one, is_fixed=one is fixed) for one in studio.connections.list()]}


def shown(connection: Connection, *, is_fixed: bool) -> dict[str, Any]:
    """Return a connection as the script draws it; one from the environment cannot be changed here."""
    names = ("name", "provider", "url", "models", "visitors", *TIMEOUTS)
    fields = {name: getattr(connection, name) for name in names}
    return {**fields, "has_key": connection.key is not None, "fixed": is_fixed}


def in_words(found: Tested, lang: str) -> str:
    """Return what a test found as one sentence."""
    values = {"model": found.model, "word": found.word, "word_ms": found.word_ms}
    if not found.models:
        return t("connections.answered", lang, **values)
    return t("connections.tested", lang, count=len(found.models), models_ms=found.models_ms, **values)
