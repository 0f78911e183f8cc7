"""Jobs over HTTP: ask for one, look at it, follow it, stop it.

Knows what they look like on the wire; knows nothing about how they run.
"""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, JsonValue
from pydantic_core import CoreSchema

from assistants import ASSISTANTS
from assistants.errors import InvalidInput, NotFound
from assistants.jobs import Event, JobRow, Status, event_data
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import Answers, answers, json_answers
from webapp.i18n import t, translate

router = APIRouter(tags=["jobs"])
PREVIEW: Answers = {
    200: {"content": {"image/jpeg": {}}},
    204: {"description": "It shows none, or none any more"},
}

JobStatus = Literal["queued", "running", "stopping", "done", "stopped", "failed", "interrupted"]
# The largest number SQLite holds.
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]


def must_be_json(request: dict[str, Any]) -> dict[str, Any]:
    """Refuse the numbers that Python reads and JSON does not have, such as NaN."""
    try:
        json.dumps(request, allow_nan=False)
    except ValueError as error:
        raise InvalidInput("request", "{field} holds a number that JSON does not have.") from error
    return request


class AnyRequest:
    """Documents a request as what one of the assistants takes; they check it themselves, in the visitor's language."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schemas of the assistants' requests."""
        return {"anyOf": [handler(assistant.Request.__pydantic_core_schema__) for assistant in ASSISTANTS]}


class NewJob(BaseModel):
    """What to make."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"assistant": "chat", "request": {"message": "Hello!"}}]}
    )

    assistant: str = Field(description="Who makes it", max_length=64)
    request: Annotated[dict[str, JsonValue], AfterValidator(must_be_json), AnyRequest]


class JobTicket(BaseModel):
    """A job that was taken on or asked to stop."""

    id: str
    status: JobStatus


class Job(BaseModel):
    """A job as it stands. Times are ISO 8601 in UTC."""

    id: str
    assistant: str
    status: JobStatus
    model: str | None = Field(description="`provider:model`")
    model_sha256: str | None = Field(description="Of the model's file, where it has one here")
    created: str
    started: str | None
    finished: str | None
    request: dict[str, Any] = Field(description="As it was asked; sent again, it makes it again")
    output: str = Field(description="The text so far")
    result: dict[str, Any] | None = Field(description="What it made beside the text, such as ids")
    usage: dict[str, Any] | None = Field(description="Tokens and seconds, where they are known")
    error: str | None = Field(description="Why it failed, in one sentence")


def sentence(failure: dict[str, Any] | None, lang: str) -> str | None:
    """Return why a job failed in the reader's language."""
    return t(failure["template"], lang, **failure["values"]) if failure else None


def shown(job: JobRow, lang: str) -> Job:
    """Return ``job`` as clients see it."""
    fields = {name: getattr(job, name) for name in Job.model_fields if name != "error"}
    return Job(**fields, error=sentence(job.failure, lang))


def find(studio: TheStudio, owner: Owner, id: Id) -> JobRow:
    """Return the owner's job before anything is answered, so that a stranger's is a plain 404."""
    return studio.jobs.get(id, owner)


Found = Annotated[JobRow, Depends(find)]


@router.post("/jobs", status_code=202, responses=answers(401, 404, 413, 422, 429, 503))
def submit_job(studio: TheStudio, who: Who, job: NewJob) -> JobTicket:
    """Take on a job; it goes on whether anybody looks at it or not."""
    row = studio.jobs.submit(job.assistant, job.request, who)
    return JobTicket(id=row.id, status=row.status)


@router.get("/jobs/{id}", responses=answers(401, 404, 422, 503))
def get_job(job: Found, lang: Language) -> Job:
    """Return a job as it stands, with its text so far."""
    return shown(job, lang)


@router.post("/jobs/{id}/stop", responses=answers(401, 404, 413, 422, 503))
def stop_job(studio: TheStudio, owner: Owner, id: Id) -> JobTicket:
    """Ask a job to stop; what there is stays. One that has ended is left as it is."""
    row = studio.jobs.stop(id, owner)
    return JobTicket(id=row.id, status=row.status)


@router.get(
    "/jobs/{id}/preview",
    response_class=Response,
    responses=PREVIEW | answers(401, 404, 422, 503),
)
def preview_job(studio: TheStudio, owner: Owner, job: Found) -> Response:
    """Return the last picture that a running job has shown of its work."""
    try:
        picture = studio.jobs.preview(job.id, owner)
    except NotFound:
        # A job that has just ended is no mistake of whoever was told of its work a moment ago.
        return Response(status_code=204)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/jobs/{id}/events", response_class=EventSourceResponse, responses=json_answers(401, 404, 422, 503))
async def follow_job(
    studio: TheStudio,
    owner: Owner,
    job: Found,
    lang: Language,
    after: Annotated[Number, Query(description="Leave out the events up to this number")] = 0,
    last_event_id: Annotated[Number | None, Header(description="The same, as browsers send it")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Replay the job's events, then stream them until it ends.

    `id` numbers them, `event` is their kind (`text`, `retracted`, `progress`, `preview`, `part`, `result` or `status`),
    `data` JSON. `retracted` says that all text so far is none of the output.
    """
    async for number, event in studio.jobs.follow(job.id, owner, after if last_event_id is None else last_event_id):
        yield ServerSentEvent(id=str(number), event=event.kind, data=wire(event, lang))


def wire(event: Event, lang: str) -> dict[str, Any]:
    """Return the data of ``event``, with its sentences in the reader's language."""
    data = event_data(event)
    if isinstance(event, Status):
        return {"status": event.status, "error": sentence(event.failure, lang)}
    if event.kind == "progress":
        data["note"] = t(data["note"], lang)
    return translate(data, lang) if event.kind in ("part", "result") else data
