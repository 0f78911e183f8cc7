"""The studio's settings over HTTP: what the operator sets for everybody, what lies on the disk, and what it stands on.

Everybody learns how long the trash is kept and whose work this is; folders, sizes and versions are the operator's.
"""

import platform
import sqlite3
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter
from pydantic import BaseModel, Field

from assistants.disk import used
from assistants.history.trash import LIMIT
from assistants.preferences import Preferences, change, stored, trash_days
from assistants.principals import Principal
from assistants.store import now
from assistants.studio import Studio
from webapp import __version__
from webapp.api.backup import WaitingBackup
from webapp.api.dependencies import Language, TheStudio, Who
from webapp.api.errors import answers

router = APIRouter(tags=["settings"])

# What answers, draws and stores; each with the name that its makers give it.
PACKAGES = (
    "gradio", "fastapi", "langchain-core", "openvino-genai", "transformers", "torch", "sqlite-utils", "pydantic",
)  # fmt: skip


class TextModel(BaseModel):
    """The studio's own text model, and what it can be."""

    chosen: str | None = Field(description="By the operator, here; null leaves it to the setting")
    is_there: bool
    setting: str = Field(description="What answers where none was chosen")
    from_environment: bool = Field(description="Whether the setting was made by `STUDIO_TEXT_MODEL`")
    choices: list[str]


class KnownPreferences(BaseModel):
    """What the operator has set, or else the environment."""

    trash_days: int = Field(description="After how many days the trash is emptied; 0 is never")
    sharing: bool = Field(description="Whether people may give out links to their conversations")
    text_model: TextModel | None = Field(description="For the operator")


class Disk(BaseModel):
    """What lies on the disk, in bytes."""

    database: int
    files: int
    models: int
    copies: int = Field(description="Copies from before an update or a restore")
    free: int


class OwnStorage(BaseModel):
    """What only the operator sees: sizes, folders, what the next start restores, and the command that does."""

    disk: Disk
    home: str
    models: str
    home_is_set: bool
    chosen_days: int | None
    setting_days: int
    waiting: WaitingBackup | None
    command: str


class Storage(BaseModel):
    """What is kept."""

    days: int = Field(description="After how many days the trash is emptied; 0 is never")
    trash: int = Field(description="How many lines lie in yours")
    trash_limit: int = Field(description="So many are counted at most")
    studio: OwnStorage | None = Field(description="For the operator")


class Work(BaseModel):
    """Something that the studio stands on, with its licence."""

    title: str
    license: str | None


class About(BaseModel):
    """The version, and whose work under which licence the studio stands on."""

    version: str
    models: list[Work]
    assets: list[Work] = Field(description="What the page has of others")
    packages: list[tuple[str, str]] = Field(description="Names and versions, for the operator")


# What lies in static/ and is not ours.
ASSETS = (
    Work(title="Swagger UI", license="Apache-2.0"),
    Work(title="Libertinus Math", license="OFL-1.1"),
    Work(title="Mermaid", license="MIT"),
)


@router.get("/preferences", responses=answers(401, 503))
def get_preferences(studio: TheStudio, who: Who) -> KnownPreferences:
    """Return what is set for everybody, and to the operator the choice among models."""
    days = trash_days(studio.settings, studio.history)
    sharing = bool(stored(studio.history).sharing)
    model = text_model(studio, who) if who.is_operator else None
    return KnownPreferences(trash_days=days, sharing=sharing, text_model=model)


@router.patch("/preferences", responses=answers(401, 403, 404, 413, 422, 503))
def set_preferences(studio: TheStudio, who: Who, preferences: Preferences) -> KnownPreferences:
    """Set those that are given, null leaves one to the environment again; for the operator."""
    change(studio, preferences, who)
    return get_preferences(studio, who)


def text_model(studio: Studio, who: Principal) -> TextModel:
    """Return the studio's own text model, and what it can be."""
    chosen = stored(studio.history).text_model
    return TextModel(
        chosen=chosen,
        is_there=chosen is None or studio.models.own() == chosen,
        setting=studio.models.unchosen(),
        from_environment="text_model" in studio.settings.model_fields_set,
        choices=studio.models.pickable(who),
    )


@router.get("/storage", responses=answers(401, 503))
def get_storage(studio: TheStudio, who: Who) -> Storage:
    """Return what lies in your trash, and to the operator what lies on the disk."""
    return Storage(
        days=trash_days(studio.settings, studio.history),
        trash=len(studio.history.trash.list(who.id)),
        trash_limit=LIMIT,
        studio=own_storage(studio, who) if who.is_operator else None,
    )


def own_storage(studio: Studio, who: Principal) -> OwnStorage:
    """Return what only the operator sees."""
    settings, waiting = studio.settings, studio.history.waiting(who)
    return OwnStorage(
        disk=Disk(**asdict(used(settings, who))),
        home=str(settings.home),
        models=str(settings.models_folder),
        home_is_set="home" in settings.model_fields_set,
        chosen_days=stored(studio.history).trash_days,
        setting_days=settings.trash_days,
        waiting=WaitingBackup.model_validate(waiting) if waiting else None,
        command=f"python -m assistants.history restore backup-{now()[:10]}.zip",
    )


@router.get("/about", responses=answers(401, 503))
def get_about(studio: TheStudio, who: Who, lang: Language) -> About:
    """Return the version and the licences; the versions of packages, which help to look for holes, to the operator."""
    cards = [card for card in studio.models.installer.listed(who, lang) if card.installed]
    return About(
        version=__version__,
        models=[Work(title=card.title, license=card.license) for card in cards],
        assets=list(ASSETS),
        packages=packages() if who.is_operator else [],
    )


def packages() -> list[tuple[str, str]]:
    """Return names and versions of Python, SQLite and the packages that matter most."""
    found = [("Python", platform.python_version()), ("SQLite", sqlite3.sqlite_version)]
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found
