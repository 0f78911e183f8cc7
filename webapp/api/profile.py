"""A person's own profile over HTTP: look at it, change it, empty it."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from assistants import profile
from assistants.requests import validated
from webapp.api.dependencies import Owner, TheStudio
from webapp.api.errors import answers

router = APIRouter(prefix="/profile", tags=["profile"])


class ShownProfile(BaseModel):
    """What you want known to the models that you chat and write with."""

    is_on: bool = Field(description="Whether they are told it")
    name: str
    tone: str
    language: str
    facts: str
    told: str = Field(description="What they are told, word for word; empty while it is off")


@router.get("", responses=answers(401, 503))
def get_profile(studio: TheStudio, owner: Owner) -> ShownProfile:
    """Return your profile; nobody else sees it."""
    return shown(profile.read(studio, owner))


@router.put("", responses=answers(401, 413, 422, 503))
def put_profile(studio: TheStudio, owner: Owner, wanted: dict[str, JsonValue]) -> ShownProfile:
    """Keep another profile in place of yours: `is_on`, `name`, `tone`, `language`, `facts`; what is absent is empty."""
    changed = validated(profile.Profile, wanted)
    profile.write(studio, owner, changed)
    return shown(changed)


def shown(one: profile.Profile) -> ShownProfile:
    """Return a profile as its person sees it."""
    fields: dict[str, Any] = one.model_dump()
    return ShownProfile(**fields, told=one.told)
