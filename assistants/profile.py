"""A profile: what a person wants known to the models that they chat and write with, and to nobody else.

It is off until they turn it on, goes with their own requests only, and each of these records what it was told. Knows
nothing about who shows it.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import Field

from assistants.requests import StudioRequest
from assistants.store import now
from assistants.store.row_kinds import Entry, RowKind
from assistants.words import IS_CJK
from prompts.library import Messages

if TYPE_CHECKING:
    from assistants.studio import Studio

Line = Annotated[str, Field(max_length=200)]
MAX_FACTS = 4000
# Of a whole profile, as a model is told it.
MAX_TOLD = 6000
ToldProfile = Annotated[str, Field(max_length=MAX_TOLD)]

TEXTS = ("name", "tone", "language", "facts")


class Profile(StudioRequest):
    """What the person wants known, in their own words; told to a model only while it ``is_on``."""

    is_on: bool = False
    name: Line = ""
    tone: Line = ""
    language: Line = ""
    facts: Annotated[str, Field(max_length=MAX_FACTS)] = ""

    @property
    def told(self) -> str:
        """The profile as a model is told it; empty where it is off, or says nothing."""
        texts = {name: text for name in TEXTS if (text := getattr(self, name).strip())}
        if not (self.is_on and texts):
            return ""
        words = wording()["zh" if IS_CJK.search("".join(texts.values())) else "en"]
        lines = (f"{words[name]}{words['colon']}{text}" for name, text in texts.items())
        return "\n".join([words["beginning"], *lines])


@cache
def wording() -> dict[str, dict[str, str]]:
    """Return the words around a profile, by language."""
    return yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def read(studio: "Studio", owner: str) -> Profile:
    """Return the owner's profile; one who has none yet gets an empty one that is off."""
    with studio.history.store.read() as db:
        row = db.execute("SELECT * FROM profiles WHERE owner = ?", (owner,)).fetchone()
    return Profile(**_fields(row)) if row else Profile()


def write(studio: "Studio", owner: str, profile: Profile) -> None:
    """Keep a profile in place of the owner's."""
    with studio.history.store.write() as db:
        db.execute("DELETE FROM profiles WHERE owner = ?", (owner,))
        db.table("profiles").insert({"owner": owner, **profile.model_dump(), "changed": now()})


def profile_of(studio: "Studio", owner: str, asked: str | None) -> str:
    """Return what a request tells of its person: what it says itself, even nothing, or else what their profile does."""
    return read(studio, owner).told if asked is None else asked


def knowing(messages: Messages, profile: str | None) -> Messages:
    """Return messages whose system prompt also has what is told of the person."""
    if not profile:
        return messages
    if messages and messages[0][0] == "system":
        return [("system", f"{messages[0][1]}\n\n{profile}"), *messages[1:]]
    return [("system", profile), *messages]


def _fields(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in TEXTS} | {"is_on": bool(row["is_on"])}


def _export(db: Any, owner: str | None) -> Iterator[Entry]:
    """Yield the owner's profile, or everybody's."""
    sql = "SELECT * FROM profiles WHERE ? IS NULL OR owner = ?"
    rows = [_fields(row) | {"changed": row["changed"]} for row in db.execute(sql, (owner, owner))]
    if rows:
        yield Entry("profile.jsonl", (json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))


ROWS = (RowKind("profile", "profiles", id="", export=_export),)
