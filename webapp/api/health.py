"""Is the studio up, and are its models ready? Open to all, and cheap: load balancers ask often."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from webapp import __version__
from webapp.api.dependencies import TheStudio

router = APIRouter(tags=["health"])


class ModelHealth(BaseModel):
    """A model and how far it is from answering."""

    name: str = Field(description="`provider:model`")
    state: Literal["absent", "downloading", "paused", "installed", "loading", "ready", "failed"]


class Health(BaseModel):
    """How the studio is."""

    status: Literal["ok", "failing"] = Field(description="`failing` while what it makes cannot be written to disk")
    version: str
    models: dict[str, ModelHealth] = Field(description="By what they are for")


@router.get("/health")
async def get_health(studio: TheStudio) -> Health:
    """Say how the studio and its models are."""
    text = studio.models.state(studio.models.resolve(None))
    return Health(
        status="failing" if studio.jobs.problem else "ok",
        version=__version__,
        models={"text": ModelHealth(name=text.name, state=text.state)},
    )
