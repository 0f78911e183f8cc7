"""The trash over HTTP: put items in, look into it, take them out, empty it. Knows nothing about how it is stored."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistants import ROWS
from webapp.api.dependencies import Id, Owner, TheStudio
from webapp.api.errors import answers

router = APIRouter(tags=["trash"])


class Trashed(BaseModel):
    """A line of the trash."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: Annotated[str, Field(json_schema_extra={"enum": [kind.name for kind in ROWS.in_trash]})]
    title: str
    deleted: str
    items: int | None = Field(description="How many items it holds, where that is known")


class Chosen(BaseModel):
    """The items to delete."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=1000)]


class Moved(BaseModel):
    """What lies in the trash now, by the ids that bring it back."""

    ids: list[str]


class Emptied(BaseModel):
    """How many items are gone for good."""

    items: int


@router.post("/trash", responses=answers(401, 404, 413, 422, 503))
def delete_items(studio: TheStudio, owner: Owner, chosen: Chosen) -> Moved:
    """Move items into the trash; a chat's reply takes its whole conversation along."""
    return Moved(ids=studio.history.trash.put(owner, chosen.ids))


@router.get("/trash", responses=answers(401, 503))
def list_trash(studio: TheStudio, owner: Owner) -> list[Trashed]:
    """Return what you deleted, the latest first, at most 200 lines."""
    return [Trashed.model_validate(line) for line in studio.history.trash.list(owner)]


@router.post("/trash/{id}/restore", status_code=204, responses=answers(401, 404, 413, 422, 503))
def restore_line(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Bring a line of the trash back."""
    studio.history.trash.restore(owner, id)


@router.delete("/trash", responses=answers(401, 413, 503))
def empty_trash(studio: TheStudio, owner: Owner) -> Emptied:
    """Delete for good what lies in your trash."""
    return Emptied(items=studio.history.trash.empty(owner))
