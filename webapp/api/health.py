"""Is the studio up, and are its models ready? Open to all, and cheap: load balancers ask often."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from webapp import __version__
from webapp.api.dependencies import Language, TheStudio
from webapp.api.errors import sentence

router = APIRouter(tags=["health"])


class ModelHealth(BaseModel):
    """A model and how far it is from answering."""

    name: str = Field(description="`provider:model`")
    state: Literal["absent", "downloading", "paused", "installed", "loading", "ready", "failed"]


class Health(BaseModel):
    """How the studio is."""

    status: Literal["ok", "failing"] = Field(description="`failing`, with 503, while what is made cannot be kept")
    problem: str | None = Field(description="Why it is failing, in the language asked for with Accept-Language")
    version: str
    models: dict[str, ModelHealth] = Field(description="By what they are for")


@router.get("/health", responses={503: {"model": Health, "description": "What is made cannot be kept just now"}})
def get_health(studio: TheStudio, lang: Language, response: Response) -> Health:
    """Say how the studio and its models are."""
    text, problem = studio.models.state(studio.models.resolve(None)), studio.jobs.problem
    response.status_code = 503 if problem else 200
    return Health(
        status="failing" if problem else "ok",
        problem=sentence(problem, lang) if problem else None,
        version=__version__,
        models={"text": ModelHealth(name=text.name, state=text.state)},
    )
