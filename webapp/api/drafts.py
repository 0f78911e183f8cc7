"""Drafts over HTTP: look at them, change a section, arrange, undo, compare, take in a file, take one home.

What writes in them is a job (``/api/jobs``, assistant ``writing``), and what is answered are the library's own records.
Knows nothing about how they are stored.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from assistants import writing
from assistants.store.draft_rows import Alternate, Version
from webapp.api.dependencies import Id, Language, Owner, TheStudio
from webapp.api.draft_answers import FoundDraft, OpenDraft, SavedSection, found, opened, saved
from webapp.api.errors import Answers, answers
from webapp.api.files import disposition
from webapp.api.history import Piece, Words
from webapp.api.sentences import Sentence
from webapp.i18n import t, translate
from webapp.render import markdown

router = APIRouter(prefix="/drafts", tags=["drafts"])

FILES: Answers = {200: {"content": {kind: {} for kind in writing.MEDIA.values()}, "description": "The file"}}
CHANGES = answers(401, 404, 409, 413, 422, 503)


class Finding(BaseModel):
    """What a check found; the place is in characters of a section's text, null where it is about the whole."""

    name: str
    ok: bool | None = Field(description="Null of what was asked for and cannot be judged by a rule")
    sentence: str
    section: str | None
    start: int | None
    end: int | None


class Rendered(BaseModel):
    """A draft as it is read."""

    html: str = Field(description="Sanitised")


class Begun(BaseModel):
    """A draft that was begun."""

    id: str
    notes: list[Sentence] = Field([], description="What of a file did not come along, or is another way here")


class Body(BaseModel):
    """The base of what is sent; the library checks the rest."""

    model_config = ConfigDict(extra="forbid")


class NewName(Body):
    """Another name."""

    name: Annotated[str, Field(max_length=1000)]


class Typed(Body):
    """A section as a person left it."""

    text: str
    based_on: str = Field(description="The revision of the section that was edited")
    heading: str | None = None


class Arrangement(Body):
    """All sections in their order; one without an `id` is new, one that is missing is removed."""

    sections: list[dict[str, Any]]
    title: str | None = None
    based_on: str = Field(description="The version of the draft that was edited")


class Choice(Body):
    """An alternate that is to become the text."""

    based_on: str = Field(description="The revision of the section")


class Replacement(Body):
    """A text in place of a stretch of a section; the stretch is in characters."""

    text: str
    start: Annotated[int, Field(strict=True)]
    end: Annotated[int, Field(strict=True)]
    based_on: str = Field(description="The revision of the section")
    job: str | None = Field(None, description="Whose proposal it is, if it is one")


class Lock(Body):
    """Whether jobs are kept out of a section."""

    locked: Annotated[bool, Field(strict=True)]


@router.get("", responses=answers(401, 422, 503))
def list_drafts(
    studio: TheStudio,
    owner: Owner,
    q: Annotated[Words, Query(description="In names, briefs and texts")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> list[FoundDraft]:
    """Return your drafts, the latest first, and where in them the words stand that were looked for."""
    return found(studio, owner, studio.history.drafts.list(owner, q, limit, offset), q)


@router.post("/import", responses=answers(401, 413, 422, 429, 503), form_limits={"max_files": 1, "max_fields": 8})
def import_draft(studio: TheStudio, owner: Owner, file: UploadFile, lang: Language) -> Begun:
    """Begin a draft with a Markdown, text or Word file."""
    taken = writing.take_in(studio, owner, file.filename or "", file.file.read(writing.MAX_BYTES + 1))
    return Begun(**translate({"id": taken.id, "notes": list(taken.notes)}, lang))


@router.get("/{id}", responses=answers(401, 404, 422, 503))
def get_draft(studio: TheStudio, owner: Owner, id: Id) -> OpenDraft:
    """Return a draft as it stands."""
    return opened(studio, owner, studio.history.drafts.open(id, owner))


@router.patch("/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def rename_draft(studio: TheStudio, owner: Owner, id: Id, new: NewName) -> None:
    """Give a draft another name."""
    studio.history.drafts.rename(id, owner, new.name)


@router.delete("/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def delete_draft(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Move a draft into the trash, with all its versions."""
    studio.history.drafts.delete(id, owner)


@router.put("/{id}/brief", status_code=204, responses=answers(401, 404, 413, 422, 503))
def set_brief(studio: TheStudio, owner: Owner, id: Id, brief: dict[str, JsonValue]) -> None:
    """Say anew what the draft is to be, as a request for it does; the next job goes by that."""
    said = writing.brief_of(brief).model_dump(mode="json", exclude_unset=True)
    studio.history.drafts.set_brief(id, owner, said)


@router.put("/{id}/sections/{section}", responses=CHANGES)
def save_section(studio: TheStudio, owner: Owner, id: Id, section: Id, typed: Typed) -> SavedSection:
    """Keep what was typed; if the section was changed meanwhile (409), it is kept as a version of its own."""
    draft = studio.history.drafts.save(id, owner, section, typed.text, typed.based_on, typed.heading)
    return saved(draft, section)


@router.put("/{id}/sections/{section}/lock", responses=answers(401, 404, 413, 422, 503))
def lock_section(studio: TheStudio, owner: Owner, id: Id, section: Id, lock: Lock) -> OpenDraft:
    """Keep jobs out of a section, or let them in again."""
    return opened(studio, owner, studio.history.drafts.lock(id, owner, section, lock.locked))


@router.post("/{id}/sections/{section}/replace", responses=CHANGES)
def replace_stretch(studio: TheStudio, owner: Owner, id: Id, section: Id, new: Replacement) -> OpenDraft:
    """Put a text in place of a stretch of a section, as what a job proposes is accepted (409 as in saving)."""
    place = (section, new.start, new.end)
    return opened(studio, owner, studio.history.drafts.replace(id, owner, *place, new.text, new.based_on, new.job))


@router.put("/{id}/outline", responses=CHANGES)
def arrange_sections(studio: TheStudio, owner: Owner, id: Id, wanted: Arrangement) -> OpenDraft:
    """Order, add, remove, name, lock and size the sections in one go; their texts stay as they are."""
    arranged = studio.history.drafts.arrange(id, owner, wanted.sections, wanted.title, based_on=wanted.based_on)
    return opened(studio, owner, arranged)


@router.post("/{id}/undo", responses=answers(401, 404, 413, 422, 503))
def undo_job(studio: TheStudio, owner: Owner, id: Id) -> OpenDraft:
    """Take back what the last job wrote, to the byte."""
    return opened(studio, owner, studio.history.drafts.undo(id, owner))


@router.post("/{id}/redo", responses=answers(401, 404, 413, 422, 503))
def redo_job(studio: TheStudio, owner: Owner, id: Id) -> OpenDraft:
    """Take back the last undo."""
    return opened(studio, owner, studio.history.drafts.redo(id, owner))


@router.get("/{id}/versions", responses=answers(401, 404, 422, 503))
def list_versions(
    studio: TheStudio, owner: Owner, id: Id, limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> list[Version]:
    """Return the versions of a draft, the newest first."""
    return studio.history.drafts.versions(id, owner, limit)


@router.get("/{id}/versions/{version}", responses=answers(401, 404, 422, 503))
def get_version(studio: TheStudio, owner: Owner, id: Id, version: Id) -> Version:
    """Return a version with its document."""
    return studio.history.drafts.version(id, version, owner)


@router.post("/{id}/versions/{version}/restore", responses=answers(401, 404, 413, 422, 503))
def restore_version(studio: TheStudio, owner: Owner, id: Id, version: Id) -> OpenDraft:
    """Make a version the current one; what came after it stays."""
    return opened(studio, owner, studio.history.drafts.restore(id, owner, version))


@router.post("/{id}/versions/{version}/branch", responses=answers(401, 404, 413, 422, 503))
def branch_draft(studio: TheStudio, owner: Owner, id: Id, version: Id, lang: Language) -> Begun:
    """Begin another draft with what a version says."""
    name = t("writing.branch-name", lang, name=studio.history.drafts.open(id, owner).name)
    return Begun(id=studio.history.drafts.branch(id, owner, version, name))


@router.get("/{id}/compare", responses=answers(401, 404, 422, 429, 503))
def compare_versions(
    studio: TheStudio, owner: Owner, id: Id, left: Words, right: Annotated[Words | None, Query()] = None
) -> list[Piece]:
    """Return what differs between two versions, or between one and the current one."""
    return [Piece.model_validate(piece) for piece in studio.history.drafts.compare(id, owner, left, right)]


@router.get("/{id}/sections/{section}/alternates", responses=answers(401, 404, 422, 503))
def list_alternates(studio: TheStudio, owner: Owner, id: Id, section: Id) -> list[Alternate]:
    """Return the different texts that jobs wrote for a section, the newest first."""
    return studio.history.drafts.alternates(id, owner, section)


@router.post("/{id}/sections/{section}/alternates/{version}", responses=CHANGES)
def choose_alternate(studio: TheStudio, owner: Owner, id: Id, section: Id, version: Id, choice: Choice) -> OpenDraft:
    """Give a section the text that it has in another version."""
    return opened(studio, owner, studio.history.drafts.choose(id, owner, section, version, choice.based_on))


@router.get("/{id}/checks", responses=answers(401, 404, 422, 429, 503))
def check_draft(studio: TheStudio, owner: Owner, id: Id, lang: Language) -> list[Finding]:
    """Return what can be computed of a draft: keywords, facts, length, repetitions, readability and more."""
    places = ("name", "ok", "section", "start", "end")
    return [
        Finding(sentence=t(one.template, lang, **one.values), **{name: getattr(one, name) for name in places})
        for one in writing.check(studio, id, owner)
    ]


@router.get("/{id}/html", responses=answers(401, 404, 422, 429, 503))
def render_draft(studio: TheStudio, owner: Owner, id: Id) -> Rendered:
    """Return a draft as it is read."""
    return Rendered(html=str(markdown(writing.markdown(studio.history.drafts.open(id, owner).document))))


@router.get("/{id}/export", response_class=Response, responses=FILES | answers(401, 404, 422, 429, 503))
def export_draft(
    studio: TheStudio, owner: Owner, id: Id, form: Literal["md", "html", "docx", "epub"] = "md"
) -> Response:
    """Download a draft, labelled as AI-generated."""
    name, content = writing.export(studio, id, owner, form)
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, media_type=writing.MEDIA[form], headers=headers)
