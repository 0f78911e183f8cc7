"""The history over HTTP: search it, take a conversation home.

Knows what it looks like on the wire; knows nothing about how it is stored.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from assistants import chat
from webapp.api.dependencies import Id, Owner, TheStudio
from webapp.api.errors import answers
from webapp.api.files import disposition
from webapp.api.jobs import JobStatus, Number

router = APIRouter(tags=["history"])

# SQLite ends a text at its first NUL.
Words = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]

EXPORT_TYPES = {"md": "text/markdown; charset=utf-8", "json": "application/json"}
EXPORT = {200: {"content": {"text/markdown": {}, "application/json": {}}, "description": "The file"}}


class HistoryItem(BaseModel):
    """A line of the history."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(description="Its place; give it as `before` for what is older")
    id: str = Field(description="The job's id")
    assistant: str
    status: JobStatus
    model: str | None
    title: str = Field(description="The beginning of what was asked")
    snippet: str = Field(description="The beginning of what came of it")
    created: str
    finished: str | None
    conversation: str | None


class HistoryPage(BaseModel):
    """A page of the history, newest first."""

    items: list[HistoryItem]
    next: int | None = Field(description="Give it as `before` for the next page; null on the last one")


@router.get("/history", responses=answers(401, 422, 503))
def search_history(
    studio: TheStudio,
    owner: Owner,
    q: Annotated[Words, Query(description="Words to find")] = "",
    assistant: Annotated[Words | None, Query(description="Only what this assistant made")] = None,
    status: Annotated[JobStatus | None, Query(description="Only what ended, or stands, so")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[Number | None, Query(description="Only what is older than this number")] = None,
) -> HistoryPage:
    """Return your items, newest first, that match every filter."""
    items = studio.history.search(owner, q, assistant, status, limit + 1, before)
    page = [HistoryItem.model_validate(item) for item in items[:limit]]
    return HistoryPage(items=page, next=page[-1].number if len(items) > limit else None)


@router.get("/conversations/{id}/export", response_class=Response, responses=EXPORT | answers(401, 404, 422, 503))
def export_conversation(
    studio: TheStudio,
    owner: Owner,
    id: Id,
    form: Annotated[Literal["md", "json"], Query(description="Markdown or JSON")] = "md",
) -> Response:
    """Download a conversation, labelled as AI-generated."""
    name, content = chat.export(studio, id, owner, form)
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, media_type=EXPORT_TYPES[form], headers=headers)
