"""The lab over HTTP: what can be looked at and how, and going on from another token.

What looks is a job (``/api/jobs``, assistant ``lab``). Knows its form on the wire; knows nothing about models.
"""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistants.lab import schemas
from assistants.lab.branching import branch
from webapp.api.dependencies import Id, TheStudio, Who
from webapp.api.errors import answers
from webapp.api.jobs import JobTicket

router = APIRouter(tags=["lab"])


class Parts(BaseModel):
    """The parts of the lab."""

    parts: dict[str, dict[str, Any]] = Field(description="The JSON schema of each part's options, by its name")


class Turning(BaseModel):
    """Where to go on, and from which of the likeliest tokens there."""

    model_config = ConfigDict(extra="forbid")

    place: Annotated[int, Field(ge=0, description="The number of a token of the text, from 0")]
    token: Annotated[int, Field(ge=0, description="The rank of the one to go on from, from 0")]


@router.get("/lab", responses=answers(401, 503))
def list_parts(studio: TheStudio, who: Who) -> Parts:
    """Return what can be looked at, and the options of each look."""
    return Parts(parts=schemas())


@router.post("/lab/{id}/branch", status_code=202, responses=answers(401, 404, 413, 422, 429, 503))
def branch_here(studio: TheStudio, who: Who, id: Id, turning: Turning) -> JobTicket:
    """Go on from another token than the one that came, where the job `id` has looked at tokens.

    In a chat that is another reply to the same message; any other text goes on as a completion.
    """
    row = branch(studio, who, id, turning.place, turning.token)
    return JobTicket(id=row.id, status=row.status)
