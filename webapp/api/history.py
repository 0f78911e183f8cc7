"""The history over HTTP: search it, star and compare items, run one again, take things home.

Knows what it looks like on the wire; knows nothing about how it is stored.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from assistants.store import now
from assistants.studio import Studio
from webapp.api.dependencies import Id, Owner, TheStudio, Who
from webapp.api.errors import Answers, answers
from webapp.api.files import disposition
from webapp.api.jobs import JobStatus, JobTicket, Number

router = APIRouter(tags=["history"])

# SQLite ends a text at its first NUL.
Words = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]

ZIP: Answers = {200: {"content": {"application/zip": {}}, "description": "The zip file"}}
BLOCK = 1 << 20


class Shape(BaseModel):
    """The base of what is read from the library's records."""

    model_config = ConfigDict(from_attributes=True)


class HistoryItem(Shape):
    """A line of the history. Marks are (begin, end) in characters of the text, where the words looked for stand."""

    number: int = Field(description="Its place; give it as `before` for the next page")
    id: str = Field(description="The job's id")
    assistant: str
    status: JobStatus
    model: str | None
    template: str | None
    template_version: str | None = Field(description="The text of the template that was sent")
    starred: bool
    title: str = Field(description="The beginning of what was asked")
    title_marks: list[tuple[int, int]]
    snippet: str = Field(description="What came of it: the beginning, or the piece around the first word found")
    snippet_marks: list[tuple[int, int]]
    created: str
    finished: str | None
    conversation: str | None


class HistoryPage(BaseModel):
    """A page of the history."""

    items: list[HistoryItem]
    next: int | None = Field(description="Give it as `before` for the next page; null on the last one")


class Marking(BaseModel):
    """What to change of an item."""

    model_config = ConfigDict(extra="forbid")

    starred: Annotated[bool, Field(strict=True)]


class Difference(Shape):
    """One input of two items; null where one lacks it."""

    name: str
    left: str | None
    right: str | None
    same: bool


class Piece(Shape):
    """A stretch of two outputs: in both, only in the left one or only in the right one."""

    kind: Literal["same", "removed", "added"]
    text: str


class Comparison(Shape):
    """Two items side by side."""

    inputs: list[Difference]
    output: list[Piece]


class Count(Shape):
    """What a model made on a day (UTC)."""

    day: str
    model: str | None
    items: int
    input_tokens: int
    output_tokens: int
    seconds: float


@router.get("/history", responses=answers(401, 422, 503))
def search_history(
    studio: TheStudio,
    owner: Owner,
    q: Annotated[Words, Query(description="Words to find; the best matches then come first")] = "",
    assistant: Annotated[Words | None, Query(description="Only what this assistant made")] = None,
    model: Annotated[Words | None, Query(description="Only what this `provider:model` made")] = None,
    template: Annotated[Words | None, Query(description="Only what was made with this template")] = None,
    status: Annotated[JobStatus | None, Query(description="Only what ended, or stands, so")] = None,
    since: Annotated[datetime | None, Query(description="Only from this moment on; UTC if it names no zone")] = None,
    until: Annotated[datetime | None, Query(description="Only before this moment")] = None,
    starred: Annotated[bool | None, Query(description="Only with a star, or only without")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[Number | None, Query(description="The number of the last item of the page before")] = None,
) -> HistoryPage:
    """Return your items that match every filter: the newest first or, with words, the best matches."""
    items = studio.history.search(
        owner,
        q,
        limit=limit + 1,
        before=before,
        assistant=assistant,
        model=model,
        template=template,
        status=status,
        since=since,
        until=until,
        starred=starred,
    )
    page = [HistoryItem.model_validate(item) for item in items[:limit]]
    return HistoryPage(items=page, next=page[-1].number if len(items) > limit else None)


@router.get("/history/stats", responses=answers(401, 422, 503))
def count_history(
    studio: TheStudio, owner: Owner, days: Annotated[int, Query(ge=1, le=3660, description="Of so many days")] = 30
) -> list[Count]:
    """Return how many items, tokens and seconds each model made for you on each day."""
    return [Count.model_validate(count) for count in studio.history.stats(owner, days)]


@router.get("/history/export", response_class=StreamingResponse, responses=ZIP | answers(401, 404, 422, 503))
def export_history(
    studio: TheStudio,
    owner: Owner,
    id: Annotated[list[Words] | None, Query(max_length=1000, description="Only these items; may be repeated")] = None,
) -> StreamingResponse:
    """Download your items, labelled as AI-generated: JSON Lines, Markdown and files in one zip."""
    return zipped(studio, f"history-{now()[:10]}.zip", lambda target: studio.history.export(owner, target, id))


@router.patch("/history/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def mark_item(studio: TheStudio, owner: Owner, id: Id, marking: Marking) -> None:
    """Give an item a star, or take it away."""
    studio.history.jobs.star(id, owner, marking.starred)


@router.post("/history/{id}/again", status_code=202, responses=answers(401, 404, 413, 422, 429, 503))
def run_again(studio: TheStudio, who: Who, id: Id) -> JobTicket:
    """Make an item again from the same inputs, as a new job; in a chat, as another reply to the same message."""
    row = studio.jobs.again(id, who)
    return JobTicket(id=row.id, status=row.status)


@router.get("/history/{id}/compare/{other}", responses=answers(401, 404, 422, 429, 503))
def compare_items(studio: TheStudio, owner: Owner, id: Id, other: Id) -> Comparison:
    """Return where the inputs and the outputs of two items differ."""
    return Comparison.model_validate(studio.history.compare(owner, id, other))


def zipped(studio: Studio, name: str, write: Callable[[BinaryIO], Any]) -> StreamingResponse:
    """Return what ``write`` writes as a download; on disk it has no name, and is gone with the answer."""
    target = tempfile.TemporaryFile(dir=studio.settings.home)  # noqa: SIM115 (closed with the stream)
    try:
        write(target)
    except BaseException:
        target.close()
        raise
    size = target.tell()
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store", "Content-Length": str(size)}
    return StreamingResponse(blocks(target), media_type="application/zip", headers=headers)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what the file holds, then close it."""
    with file:
        file.seek(0)
        while block := file.read(BLOCK):
            yield block
