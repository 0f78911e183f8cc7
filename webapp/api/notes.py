"""Notes over HTTP; a job keeps one (``/api/jobs``, assistant ``notes``). Knows nothing about how they are stored."""

from fastapi import APIRouter

from assistants import notes
from webapp.api.dependencies import Id, Owner, TheStudio
from webapp.api.errors import answers
from webapp.api.history import Shape

router = APIRouter(tags=["notes"])


class Note(Shape):
    """A note under its title."""

    id: str
    title: str
    text: str
    created: str


@router.get("/notes", responses=answers(401, 503))
def list_notes(studio: TheStudio, owner: Owner) -> list[Note]:
    """Return your notes, the newest first, at most 200."""
    return [Note.model_validate(note) for note in notes.find(studio.history.store, owner)]


@router.get("/notes/{id}", responses=answers(401, 404, 422, 503))
def get_note(studio: TheStudio, owner: Owner, id: Id) -> Note:
    """Return a note."""
    return Note.model_validate(notes.get(studio.history.store, id, owner))


@router.delete("/notes/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def delete_note(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Move a note into the trash."""
    notes.delete(studio.history.store, id, owner)
