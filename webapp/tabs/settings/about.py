"""Settings > About: the version, and whose work under which licence the studio stands on.

Which versions of other packages run here is for the operator: a stranger needs them only to look for holes.
"""

import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp import __version__
from webapp.kit import answers
from webapp.live import live

TITLE = "about.title"

# What answers, draws and stores; each with the name that its makers give it.
PACKAGES = (
    "gradio", "fastapi", "langchain-core", "openvino-genai", "transformers", "torch", "sqlite-utils", "pydantic",
)  # fmt: skip
# What lies in static/ and is not ours.
ASSETS = (
    {"title": "Swagger UI", "license": "Apache-2.0"},
    {"title": "Libertinus Math", "license": "OFL-1.1"},
)


class Asked(StudioRequest):
    """The question of the script."""

    do: Literal["show"]


def build(studio: Studio) -> None:
    """Make the section."""
    section = live("settings", "about")

    answers(section, Asked, lambda who, asked, lang: act(studio, who, lang))


def act(studio: Studio, who: Principal, lang: str) -> dict[str, Any]:
    """Return versions and licences."""
    cards = [card for card in studio.models.installer.listed(who, lang) if card.installed]
    return {
        "version": __version__,
        "models": [{"title": card.title, "license": card.license} for card in cards],
        "assets": ASSETS,
        "packages": packages() if who.is_operator else [],
    }


def packages() -> list[list[str]]:
    """Return names and versions of Python, SQLite and the packages that matter most."""
    found = [["Python", platform.python_version()], ["SQLite", sqlite3.sqlite_version]]
    for name in PACKAGES:
        try:
            found.append([name, version(name)])
        except PackageNotFoundError:
            continue
    return found
