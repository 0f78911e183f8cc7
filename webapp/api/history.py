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

from assistants import ASSISTANTS
from assistants.jobs import TERMINAL
from assistants.store import now
from assistants.studio import Studio
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import Answers, answers
from webapp.api.files import disposition
from webapp.api.jobs import JobStatus, JobTicket, Number
from webapp.items import compared, opened

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


class InWords(BaseModel):
    """An input of two items by what the page calls it and its values; null where one lacks it."""

    label: str
    left: str | None
    right: str | None
    same: bool


class Piece(Shape):
    """A stretch of two outputs: in both, only in the left one or only in the right one."""

    kind: Literal["same", "removed", "added"]
    text: str


class Said(BaseModel):
    """A message of what was asked, or its beginning."""

    role: str
    text: str


class Tokens(BaseModel):
    """How many a model read and wrote."""

    read: int
    written: int


class Opened(BaseModel):
    """An item in the words of the page: what was asked, what came of it, and how."""

    id: str
    is_open: bool = Field(description="Whether more may still come")
    status: JobStatus
    assistant: str
    model: str | None
    created: str
    said: list[Said] = Field(description="The last messages of what was asked")
    output: str
    error: str | None = Field(description="Why it failed, in one sentence")
    settings: str | None = Field(description="What it was made with, as JSON")
    tokens: Tokens | None
    seconds: float | None


class Comparison(BaseModel):
    """Two items side by side."""

    inputs: list[Difference]
    shown: list[InWords] = Field(description="The same without what no person has chosen, in the reader's language")
    output: list[Piece]
    items: list[Opened]


class Choices(BaseModel):
    """What the history can be narrowed by."""

    assistants: list[str]
    statuses: list[JobStatus]
    models: list[str] = Field(description="Those that have made something for you")
    templates: list[str]
    is_operator: bool = Field(description="Whether a backup of the whole studio is yours to take")


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


@router.get("/history/choices", responses=answers(401, 503))
def list_choices(studio: TheStudio, who: Who) -> Choices:
    """Return what your history can be narrowed by."""
    return Choices(
        assistants=[assistant.ID for assistant in ASSISTANTS],
        statuses=["queued", "running", *sorted(TERMINAL)],
        is_operator=who.is_operator,
        **studio.history.choices(who.id),
    )


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


@router.get("/history/{id}", responses=answers(401, 404, 422, 503))
def open_item(studio: TheStudio, owner: Owner, lang: Language, id: Id) -> Opened:
    """Return an item in the words of the page."""
    return Opened(**opened(studio.jobs.get(id, owner), lang))


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
def compare_items(studio: TheStudio, owner: Owner, lang: Language, id: Id, other: Id) -> Comparison:
    """Return where the inputs and the outputs of two items differ."""
    found = studio.history.compare(owner, id, other)
    jobs = [studio.jobs.get(one, owner) for one in (id, other)]
    return Comparison(
        inputs=[Difference.model_validate(one) for one in found.inputs],
        shown=[InWords(**one) for one in compared(jobs, found, lang)],
        output=[Piece.model_validate(one) for one in found.output],
        items=[Opened(**opened(job, lang)) for job in jobs],
    )


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
