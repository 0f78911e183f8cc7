"""Conversations in order over HTTP: their folders and tags, another that goes on from a message, others brought in.

Knows what they look like on the wire; knows nothing about what is said in them.
"""

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from assistants import chat
from assistants.errors import InvalidInput
from assistants.history.backup import room
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import answers
from webapp.api.history import Words
from webapp.i18n import t

router = APIRouter(tags=["conversations"])

MB = 1024 * 1024
ANY_FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
FILE_TOO_LARGE = "A file may be at most {limit} MB."
NO_ROOM = "There is no room for {file} on the disk."
CUT_OFF = "{file} did not come to its end. Send it again."


class Label(BaseModel):
    """A folder or a tag, which is there while a conversation has it."""

    name: str
    count: int


class Labels(BaseModel):
    """What conversations are kept in and called by."""

    folders: list[Label]
    tags: list[Label]


class FolderName(BaseModel):
    """Another name for a folder; empty takes all out of it."""

    model_config = ConfigDict(extra="forbid")

    folder: str
    name: str


class Shared(BaseModel):
    """A conversation that others may read, by a link below this studio's own address."""

    path: str
    created: str = Field(description="What came after this moment is not on the page")


class Sharing(BaseModel):
    """Whether people may share here, and what is shared of a conversation."""

    allowed: bool
    shared: Shared | None


class Said(BaseModel):
    """What is to be known of a conversation that was brought in, or of the file where the title is empty."""

    title: str
    text: str


class BroughtIn(BaseModel):
    """What came in, what was here already, and what did not come along."""

    conversations: int
    messages: int
    pictures: int
    known: int = Field(description="Conversations that were brought in before, and have not changed since")
    told: list[Said]
    more: int = Field(description="How many lines are not listed")


class Titled(BaseModel):
    """The title that was found; null where the old one stays."""

    title: str | None


class Begun(BaseModel):
    """A conversation that was begun."""

    id: str


@router.post(
    "/conversations/import", responses=answers(401, 413, 422, 429, 503), openapi_extra={"requestBody": ANY_FILE}
)
async def import_conversations(
    studio: TheStudio,
    who: Who,
    lang: Language,
    request: Request,
    name: Annotated[Words, Query(description="What the file is called, for what is said of it")] = "conversations.json",
) -> BroughtIn:
    """Bring in the conversations of an export of ChatGPT (zip or JSON), Open WebUI or this studio (JSON)."""
    with tempfile.TemporaryDirectory(prefix="import-", dir=studio.settings.home) as folder:
        path = Path(folder) / "upload"
        await taken(request, path, chat.import_limit(who), name)
        brought = await run_in_threadpool(chat.bring_in, studio, who, path, name)
    told = [Said(title=one.title, text=t(one.template, lang, **one.values)) for one in brought.told]
    return BroughtIn(**vars(brought) | {"told": told})


async def taken(request: Request, path: Path, limit: int, name: str) -> None:
    """Write a body to a file as it comes; raises ``InvalidInput`` where it is too large, or breaks off."""
    size = 0
    try:
        with path.open("wb") as file:
            async for block in request.stream():
                size += len(block)
                if size > limit:
                    raise InvalidInput("file", FILE_TOO_LARGE, limit=limit // MB)
                if len(block) > room(path.parent):
                    raise InvalidInput("file", NO_ROOM, file=name)
                await run_in_threadpool(file.write, block)
    except ClientDisconnect as error:
        raise InvalidInput("file", CUT_OFF, file=name) from error


@router.get("/conversations/labels", responses=answers(401, 503))
def list_labels(studio: TheStudio, owner: Owner) -> Labels:
    """Return your folders and tags by their names."""
    labels = studio.history.labels
    found = {"folders": labels.folders(owner), "tags": labels.tags(owner)}
    return Labels(**{name: [Label(**vars(one)) for one in those] for name, those in found.items()})


@router.put("/conversations/folders", status_code=204, responses=answers(401, 404, 413, 422, 503))
def rename_folder(studio: TheStudio, owner: Owner, wanted: FolderName) -> None:
    """Give a folder another name; one that has that name takes in what is in it."""
    studio.history.labels.rename_folder(owner, wanted.folder, wanted.name)


@router.post("/messages/{id}/fork", status_code=201, responses=answers(401, 404, 413, 422, 503))
def fork_conversation(studio: TheStudio, owner: Owner, id: Id) -> Begun:
    """Begin a conversation with copies of a message and of all that led to it."""
    return Begun(id=chat.fork(studio, id, owner))


@router.post("/conversations/{id}/title", responses=answers(401, 404, 413, 422, 429, 503))
def entitle_conversation(studio: TheStudio, who: Who, id: Id) -> Titled:
    """Let the model that answered find a title, where it can and nobody gave one; ask when nothing is going on."""
    return Titled(title=chat.entitle(studio, id, who))


@router.delete("/conversations/{id}/temporary", status_code=204, responses=answers(401, 404, 409, 413, 422, 503))
def leave_conversation(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Leave a temporary conversation: all that was said in it is deleted for good."""
    chat.leave(studio, id, owner)


@router.get("/conversations/{id}/share", responses=answers(401, 404, 422, 503))
def get_share(studio: TheStudio, owner: Owner, id: Id) -> Sharing:
    """Return whether a conversation is shared."""
    found = chat.share_of(studio, id, owner)
    return Sharing(allowed=chat.may_share(studio), shared=link(found) if found else None)


@router.put("/conversations/{id}/share", responses=answers(401, 403, 404, 413, 422, 503))
def share_conversation(studio: TheStudio, owner: Owner, id: Id) -> Shared:
    """Let whoever has the link read the branch that is shown now; one that is shared already keeps its link."""
    return link(chat.share(studio, id, owner))


@router.delete("/conversations/{id}/share", status_code=204, responses=answers(401, 404, 413, 422, 503))
def unshare_conversation(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Take the link back for good."""
    chat.unshare(studio, id, owner)


def link(found: chat.Share) -> Shared:
    """Return what is shared as clients see it."""
    return Shared(path=f"share/{found.token}", created=found.created)
