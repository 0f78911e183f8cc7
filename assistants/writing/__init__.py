"""Writing: from a brief to an outline, to sections, to a checked text that a person owns.

    brief.py       what is to be written, and its limits
    kinds.py       what the kinds of text ask for and how they are built
    templates.py   the prompts
    outline.py     title, sections, targets
    drafting.py    the text of one section
    sentences.py   the filter that lets whole, new sentences through
    generating.py  how a model is kept writing
    telling.py     how one writes that does as it is told
    guided.py     how one that is small is kept to the text
    poems.py       forms that are held while a model writes
    facts.py       whether a text says a fact
    checks.py      what can be computed of a draft
    repair.py      what can be mended
    losses.py      what a text said before it was rewritten
    rewriting.py   proposals for a selection, headlines
    steps.py       a job's steps, each written into its draft
    files.py       import and export
    rows.py        what people have of it

Knows nothing about pages. What is written is kept by ``history.drafts``.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from assistants import bounded
from assistants.bounded import Budget, OverBudget
from assistants.errors import InvalidInput
from assistants.generation import Params, opened, watch
from assistants.history.search import TITLE
from assistants.history.snippets import shorten
from assistants.jobs import Event, Result, RunningJob
from assistants.principals import Principal
from assistants.profile import ToldProfile, profile_of
from assistants.requests import Admission, Name, StudioRequest
from assistants.store import documents
from assistants.store.documents import markdown
from assistants.writing import checks, guided, rewriting, templates
from assistants.writing.brief import FIELDS, MAX_WORDS, Brief, Entry, Kinds, Line, Short, brief_of
from assistants.writing.checks import Check
from assistants.writing.files import MAX_BYTES, MEDIA, export, take_in
from assistants.writing.generating import Writer
from assistants.writing.kinds import Kind, examples, in_language, kinds
from assistants.writing.outline import MOST, planned
from assistants.writing.rows import ROWS
from assistants.writing.steps import Steps, outlined, told
from assistants.writing.templates import templates_of

if TYPE_CHECKING:
    from assistants.store.draft_rows import Draft
    from assistants.studio import Studio

__all__ = [
    "EXAMPLES",
    "ID",
    "MAX_BYTES",
    "MEDIA",
    "RESUMABLE",
    "ROWS",
    "Brief",
    "Check",
    "Kind",
    "Request",
    "admit",
    "brief_of",
    "check",
    "export",
    "in_language",
    "kinds",
    "markdown",
    "run",
    "take_in",
    "templates_of",
]

ID = "writing"
RESUMABLE = True
PLAYABLE = True
# A draft of 200,000 characters takes two or three.
CHECKING = Budget(8, 512, "checks")
# Requests that a person may begin with.
EXAMPLES = examples()


class Outlined(StudioRequest):
    """A section of the outline that a person gives."""

    heading: Annotated[str, Field(min_length=1, max_length=300)]
    words: Annotated[int, Field(ge=1, le=MAX_WORDS)] | None = None
    notes: Annotated[str, Field(max_length=2000)] = ""


class Selection(StudioRequest):
    """A stretch of a section's text, in characters; nothing is selected where both are equal."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]


class Request(StudioRequest):
    """A brief, or what is to be done with a draft; of an existing draft, its own brief counts where this says nothing.

    ``sections`` are those to draft (default: all that are not locked), ``guard`` lets no phrase come twice, ``polish``
    says whether drafting ends with a repair. ``profile`` is what the model is told of the person, by default what their
    profile says while it is on.
    """

    action: Literal["draft", "outline", "section", "rewrite", "headlines", "repair"] = "draft"
    kind: Kinds = "article"
    topic: Annotated[str, Field(max_length=2000)] = ""
    keywords: Annotated[list[Short], Field(max_length=50)] = []
    facts: Annotated[list[Entry], Field(max_length=50)] = []
    avoid: Annotated[list[Entry], Field(max_length=50)] = []
    tone: Line = ""
    audience: Line = ""
    words: Annotated[int, Field(ge=20, le=MAX_WORDS)] | None = None
    language: Annotated[str, Field(max_length=40)] = "en"
    sample: Annotated[str, Field(max_length=20_000)] = ""
    fields: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=2000)]] = {}
    outline: Annotated[list[Outlined], Field(min_length=1, max_length=MOST * 4)] | None = None
    draft: Name | None = None
    section: Name | None = None
    sections: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None
    selection: Selection | None = None
    operation: rewriting.Operation = "rewrite"
    instruction: Annotated[str, Field(max_length=2000)] = ""
    guard: bool = False
    polish: bool = True
    template: Name | None = None
    template_version: Name | None = None
    model: Name | None = None
    params: Params = Params()
    profile: ToldProfile | None = None


# What only makes sense of a draft that is there.
ON_A_DRAFT = ("section", "rewrite", "headlines", "repair")


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check the request against its draft, or begin a draft for it, so that it is there whatever happens next."""
    model = studio.models.resolve(request.model, who, "chat")
    if request.outline and request.action not in ("draft", "outline"):
        raise InvalidInput("outline", "{field} goes with the actions draft and outline only.")
    if request.draft is None:
        return _admit_new(studio, request, who.id, model)
    drafts = studio.history.drafts
    draft = drafts.open(request.draft, who.id)
    brief = merged(request, draft.brief)
    settled = _settled(studio, request, brief, who.id, model)
    _check_sections(request, draft)
    if request.action == "rewrite":
        _check_selection(request, draft)
        rewriting.check(request.operation, request.instruction, brief, model, studio.models.languages(model))
    drafts.set_brief(draft.id, who.id, brief.model_dump())
    result = {"draft": draft.id, "action": request.action}
    after = drafts.open_job(draft.id, who.id)
    return Admission(request.instruction or brief.topic, model, result, after=after, settled=settled)


def _admit_new(studio: "Studio", request: Request, owner: str, model: str) -> Admission:
    if request.action in ON_A_DRAFT:
        raise InvalidInput("draft", "{field} is missing.")
    if request.sections:
        raise InvalidInput("sections", "{field} goes with a draft only.")
    brief = merged(request, {})
    settled = _settled(studio, request, brief, owner, model)
    document = documents.new_document(headings=kinds()[brief.kind].headings)
    name = shorten(brief.topic, TITLE)
    draft = studio.history.drafts.create(owner, name, brief.model_dump(), document)
    return Admission(brief.topic, model, {"draft": draft, "action": request.action}, settled=settled)


def merged(request: Request, known: dict[str, Any]) -> Brief:
    """Return the brief of a draft with what the request says instead; raises ``InvalidInput``."""
    said = {name: getattr(request, name) for name in FIELDS if name in request.model_fields_set}
    return brief_of({"topic": "", **known, **said})


def _settled(studio: "Studio", request: Request, brief: Brief, owner: str, model: str) -> dict[str, Any]:
    """Return the template, in the version that is used, where the model is told by one."""
    about = profile_of(studio, owner, request.profile)
    known = {"profile": about} if about else {}
    if request.action == "outline" and not request.template and planned(brief):
        return known
    task = templates.task_of(request, brief, guided.is_guided(brief, studio.models.size(model)))
    template = templates.template_for(studio, task, brief, owner, request)
    return {"template": template.id, "template_version": template.version} | known


def _check_sections(request: Request, draft: "Draft") -> None:
    known = {section["id"]: section for section in draft.document["sections"]}
    if request.action in ("section", "rewrite") and request.section is None:
        raise InvalidInput("section", "{field} is missing.")
    named = [("section", request.section)] if request.section else []
    for field, section in [*named, *(("sections", one) for one in request.sections or ())]:
        if section not in known:
            raise InvalidInput(field, "{field} is not in this draft.")
        if known[section]["locked"]:
            raise InvalidInput(field, "{field} is locked.")


def _check_selection(request: Request, draft: "Draft") -> None:
    text = documents.section_of(draft.document, request.section or "")["text"]
    selection = request.selection
    if selection is None:
        raise InvalidInput("selection", "{field} is missing.")
    if not selection.start <= selection.end <= len(text):
        raise InvalidInput("selection", "{field} does not lie in the section's text.")
    if request.operation != "continue" and not text[selection.start : selection.end].strip():
        raise InvalidInput("selection", "{field} is empty.")


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Do what was asked and tell of it; every piece is in the draft as soon as it is done."""
    draft = studio.history.drafts.open((job.row.result or {})["draft"], job.owner)
    brief = brief_of(draft.brief)
    engine = yield from opened(studio, job)
    is_guided = guided.is_guided(brief, studio.models.size(job.row.model or ""))
    may_loop = watch(studio, job) is not None
    writer = Writer(engine, job, request.params.model_dump(exclude_none=True), is_guided, may_loop, request.profile)
    steps = Steps(studio, request, brief, job, writer)
    if request.action == "rewrite":
        proposal = yield from rewriting.rewrite(studio, brief, draft.document, writer, request)
        yield Result({"proposal": proposal})
        return
    if request.action == "headlines":
        found = yield from rewriting.headlines(studio, brief, draft.document, writer, request)
        yield Result({"headlines": found})
        return
    if request.action in ("draft", "outline"):
        is_outlined = any(part.name == "outline" for part in job.parts)
        if not is_outlined and (request.action == "outline" or request.outline or not draft.document["sections"]):
            yield from steps.outline()
    wanted = _wanted(request, steps.draft)
    if request.action in ("draft", "section"):
        yield from steps.sections(wanted)
    if request.action == "repair" or (request.action == "draft" and request.polish):
        yield from steps.repair(wanted)
    yield Result(_result(brief, steps.draft))


def _wanted(request: Request, draft: "Draft") -> list[str]:
    """Return the sections that a job may write: those named, else all that are not locked."""
    named = [request.section] if request.section else request.sections
    return [
        section["id"]
        for section in draft.document["sections"]
        if (section["id"] in named if named else not section["locked"])
    ]


def _result(brief: Brief, draft: "Draft") -> dict[str, Any]:
    return {
        "title": draft.document["title"],
        "outline": outlined(draft),
        "sections": [{"id": section["id"], **told(section)} for section in draft.document["sections"]],
        "checks": [asdict(found) for found in _checked(brief, draft.document)],
        "version": draft.version,
    }


def check(studio: "Studio", draft_id: str, owner: str) -> list[Check]:
    """Return what can be computed of a draft as it stands."""
    draft = studio.history.drafts.open(draft_id, owner)
    return _checked(brief_of(draft.brief), draft.document)


def _checked(brief: Brief, document: documents.Document) -> list[Check]:
    try:
        found = bounded.call(checks.check, brief, document, field="draft", budget=CHECKING)
    except OverBudget:
        return [Check("length", False, "The draft takes too long to check as a whole: split it into several.")]
    return [Check(**one) for one in found]
