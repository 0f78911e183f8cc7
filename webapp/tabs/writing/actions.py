"""What the script of the Write tab may ask for, and the answers: always the parts of the page that may have changed.

Every check is the library's. Knows nothing about how anything is drawn.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from assistants import writing
from assistants.errors import Conflict, NotFound
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp.i18n import t
from webapp.render import markdown
from webapp.tabs.writing import view
from webapp.wording import sentence

Id = Annotated[str, Field(max_length=64)]

WHOLE_LIST = 1_000


class Asked(StudioRequest):
    """A question of the script; ``have`` maps the sections it shows to their revisions: only other texts are sent."""

    do: Literal[
        "home", "list", "rename", "delete", "put-back", "open", "refresh", "write", "stop", "brief", "save", "arrange",
        "lock", "replace", "choose", "undo", "redo", "restore", "branch", "versions", "compare", "checks", "rich",
    ]  # fmt: skip
    draft: Id = ""
    job: Id | None = None
    have: dict[Id, Id] = {}
    q: Annotated[str, Field(max_length=200)] = ""
    shown: Annotated[int, Field(ge=1, le=WHOLE_LIST)] = 12
    request: dict[str, Any] = {}
    name: str = ""
    section: Id = ""
    text: str = ""
    heading: str | None = None
    based_on: Id = ""
    start: int = 0
    end: int = 0
    locked: bool = False
    sections: list[dict[str, Any]] = []
    title: str | None = None
    version: Id = ""
    other: Id | None = None


def act(studio: Studio, who: Principal, asked: Asked, lang: str) -> dict[str, Any]:
    """Do what was asked and return what the page shows now."""
    drafts = studio.history.drafts
    match asked.do:
        case "home":
            return view.home(studio, who, lang) | {"drafts": view.drafts(studio, who.id, asked.q, asked.shown)}
        case "list" | "rename" | "delete" | "put-back":
            return _change_list(studio, who.id, asked, lang)
        case "write":
            job = studio.jobs.submit(writing.ID, asked.request, who)
            return {"job": view.job(job), "id": (job.result or {})["draft"]}
        case "stop":
            studio.jobs.stop(asked.job or "", who.id)
            return {}
        case "open":
            return _open(studio, who.id, asked, lang)
        case "versions":
            return {"versions": view.versions(studio, who.id, asked.draft)}
        case "compare":
            pieces = drafts.compare(asked.draft, who.id, asked.version, asked.other)
            return {"pieces": [[piece.kind, piece.text] for piece in pieces]}
        case "checks":
            return {"checks": view.checks(studio, who.id, asked.draft, lang)}
        case "rich":
            return {"html": markdown(writing.markdown(drafts.open(asked.draft, who.id).document))}
        case "branch":
            name = t("writing.branch-name", lang, name=drafts.open(asked.draft, who.id).name)[:120]
            return {"id": drafts.branch(asked.draft, who.id, asked.version or None, name)}
        case "brief":
            brief = writing.brief_of(asked.request).model_dump(mode="json", exclude_unset=True)
            drafts.set_brief(asked.draft, who.id, brief)
            return {}
        case _:
            return _change(studio, who.id, asked, lang)


def _change_list(studio: Studio, owner: str, asked: Asked, lang: str) -> dict[str, Any]:
    drafts, undo = studio.history.drafts, {}
    match asked.do:
        case "rename":
            drafts.rename(asked.draft, owner, asked.name)
        case "delete":
            name = drafts.open(asked.draft, owner).name
            drafts.delete(asked.draft, owner)
            text = t("writing.deleted", lang, name=name)
            undo = {"undo": {"do": "put-back", "details": {"draft": asked.draft}, "text": text}}
        case "put-back":
            studio.history.trash.restore(owner, asked.draft)
    return {"drafts": view.drafts(studio, owner, asked.q, asked.shown)} | undo


def _open(studio: Studio, owner: str, asked: Asked, lang: str) -> dict[str, Any]:
    """Show a draft, or the one that a job wrote in; where that is gone, what the job was asked, to ask it again."""
    if asked.job is None:
        draft = studio.history.drafts.open(asked.draft, owner)
        return view.whole(studio, owner, draft, asked.have) | {"brief": draft.brief}
    job = studio.jobs.get(asked.job, owner)
    if job.assistant != writing.ID:
        raise NotFound("There is no such item.")
    try:
        draft = studio.history.drafts.open((job.result or {}).get("draft", ""), owner)
    except NotFound as error:
        return {"inputs": job.request, "error": sentence(error, lang)}
    return view.whole(studio, owner, draft, {}) | {"brief": draft.brief, "job": view.job(job)}


def _change(studio: Studio, owner: str, asked: Asked, lang: str) -> dict[str, Any]:
    """Change the draft; what another window or a job was quicker with comes back with the draft as it is now."""
    drafts = studio.history.drafts
    try:
        match asked.do:
            case "save":
                changed = drafts.save(asked.draft, owner, asked.section, asked.text, asked.based_on, asked.heading)
                return view.head(changed) | {"saved": view.section_of(changed, asked.section)}
            case "arrange":
                changed = drafts.arrange(asked.draft, owner, asked.sections, asked.title, based_on=asked.based_on)
            case "lock":
                changed = drafts.lock(asked.draft, owner, asked.section, asked.locked)
            case "replace":
                place = (asked.section, asked.start, asked.end)
                changed = drafts.replace(asked.draft, owner, *place, asked.text, asked.based_on, asked.job)
            case "choose":
                changed = drafts.choose(asked.draft, owner, asked.section, asked.version, asked.based_on)
            case "undo":
                changed = drafts.undo(asked.draft, owner)
            case "redo":
                changed = drafts.redo(asked.draft, owner)
            case "restore":
                changed = drafts.restore(asked.draft, owner, asked.version)
            case _:
                changed = drafts.open(asked.draft, owner)
    except Conflict as error:
        conflict = {"section": asked.section, "kept": error.kept, "text": sentence(error, lang)}
        return view.whole(studio, owner, drafts.open(asked.draft, owner), asked.have) | {"conflict": conflict}
    return view.whole(studio, owner, changed, asked.have)
