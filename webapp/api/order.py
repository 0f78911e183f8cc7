"""Conversations in order over HTTP: their folders and tags, another that goes on from a message, who else may read one.

Knows what they look like on the wire; knows nothing about what is said in them.
"""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistants import chat
from webapp.api.dependencies import Id, Owner, TheStudio
from webapp.api.errors import answers

router = APIRouter(tags=["conversations"])


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


class Begun(BaseModel):
    """A conversation that was begun."""

    id: str


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
