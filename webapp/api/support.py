"""Support over HTTP: what a customer does beside asking, and the operator's desk, tests and intents of a base.

Questions themselves are jobs (``webapp.api.jobs``), or come by ``/ask`` where anybody may ask without a page of their
own. Knows nothing about how anything is answered.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from assistants import support
from assistants.support import checks, desk, triage
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import answers
from webapp.api.jobs import JobStatus, JobTicket
from webapp.wording import why as reason

router = APIRouter(tags=["support"])

Name = Annotated[str, Path(min_length=1, max_length=200, description="The name of a base")]
Line = Annotated[str, Field(max_length=desk.MAX_REASON)]


class Body(BaseModel):
    """What a request's body holds; a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class Question(Body):
    """A customer's question; `conversation` is that of an earlier answer, where it follows up."""

    question: str
    conversation: str | None = None


class SupportAnswer(BaseModel):
    """What came of a question, with the names of the sources that are still there."""

    question: str
    result: dict[str, Any] | None = Field(description="The answer with its citations, as `/api/jobs/{id}` has it")
    names: dict[str, str] = Field(description="Of the sources that are quoted, by id")
    reads: bool = Field(description="Whether you may read those in full")
    why: dict[str, Any] | None = Field(description="How the answer came about")
    failure: str | None = Field(description="Why there is none, in one sentence")
    status: JobStatus


class Judgement(Body):
    """What a customer thinks of an answer."""

    good: bool
    reason: Line = ""


class HandOver(BaseModel):
    """A conversation that a person is to answer, or has answered."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    summary: str = Field(description="What is left to answer")
    answer: str | None = Field(description="What a person wrote")
    created: str
    answered: str | None


class Waiting(HandOver):
    """The same with the conversation, for the operator."""

    transcript: list[dict[str, Any]]
    prose: str | None = Field(description="What a model says of the whole")


class PersonsAnswer(Body):
    """What a person answers; with `curate` everybody who asks the `question` gets it from now on."""

    answer: str
    curate: bool = False
    question: str = ""


class Curated(Body):
    """A question with an answer written by hand."""

    question: str
    answer: str


class UnansweredQuestion(BaseModel):
    """What a base could not answer: like questions together, with a drafted answer."""

    question: str
    asked: int
    last: str
    questions: list[str]
    reasons: list[str]
    draft: str
    by_person: bool


class Dismissed(Body):
    """Questions that need no answer, as they were asked."""

    questions: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=1000)]


class Expected(Body):
    """Lines such as `question | phrase or source`, or `question | !` where the base must refuse."""

    lines: Annotated[str, Field(max_length=500_000)]


class Checks(BaseModel):
    """What a base must answer and refuse, and its last runs, the newest first."""

    lines: str
    runs: list[dict[str, Any]]


class Teaching(Body):
    """Examples as lines, `label, text`; or a model of the kind `classify`, by its name."""

    examples: Annotated[str, Field(max_length=triage.MAX_PASTED)] = ""
    hand_over: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=200)] = []
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class Intents(BaseModel):
    """What a base tells apart, and how well."""

    examples: str
    hand_over: list[str]
    model: str | None
    report: dict[str, Any] | None
    trained: str | None


# What customers do


@router.get("/answers/{id}", responses=answers(401, 404, 422, 503))
def get_answer(studio: TheStudio, who: Who, lang: Language, id: Id) -> SupportAnswer:
    """Return what came of a question, and how."""
    row = studio.jobs.get(id, who.id)
    found = row.result or {}
    names = studio.knowledge.rows.names({citation["source"] for citation in found.get("citations", ())})
    parts = (data for _, kind, data in studio.history.jobs.events(row.id) if kind == "part")
    return SupportAnswer(
        question=row.input,
        result=found if "answer" in found else None,
        names=names,
        reads=bool(names) and studio.knowledge.may_read(found["knowledge"], who),
        why=next((part["data"] for part in parts if part["name"] == "why"), None),
        failure=reason(row.failure, lang),
        status=row.status,
    )


@router.get("/knowledge/{name}/suggestions", responses=answers(401, 404, 422, 503))
def list_suggestions(studio: TheStudio, owner: Owner, name: Name) -> list[str]:
    """Return questions to begin with."""
    return studio.knowledge.suggestions(name)


@router.post("/ask/{name}", status_code=202, responses=answers(401, 404, 413, 422, 429, 503))
def ask(studio: TheStudio, who: Who, name: Name, question: Question) -> JobTicket:
    """Take on a customer's question."""
    asked = {"knowledge": name, **question.model_dump(exclude_none=True)}
    row = studio.jobs.submit(support.ID, asked, who)
    return JobTicket(id=row.id, status=row.status)


@router.post("/jobs/{id}/feedback", status_code=204, responses=answers(401, 404, 413, 422, 503))
def judge_answer(studio: TheStudio, owner: Owner, id: Id, judgement: Judgement) -> None:
    """Say what you think of an answer of support to you."""
    desk.judge(studio, id, owner, good=judgement.good, reason=judgement.reason)


@router.post("/talks/{id}/hand-over", status_code=201, responses=answers(401, 404, 413, 422, 503))
def hand_over(studio: TheStudio, who: Who, id: Id) -> HandOver:
    """Ask a person to answer; `id` is the conversation's."""
    made = desk.hand_over(studio, id, who)
    mine = desk.of_conversation(studio, id, who.id)
    return HandOver.model_validate(next(one for one in mine if one.id == made))


@router.get("/talks/{id}/hand-over", responses=answers(401, 422, 503))
def list_hand_overs(studio: TheStudio, owner: Owner, id: Id) -> list[HandOver]:
    """Return what you asked a person in a conversation, and what they answered."""
    return [HandOver.model_validate(one) for one in desk.of_conversation(studio, id, owner)]


# What the operator does


@router.get("/knowledge/{name}/inbox", responses=answers(401, 403, 404, 422, 503))
def list_inbox(studio: TheStudio, who: Who, name: Name) -> list[Waiting]:
    """Return the conversations that wait for a person, then those that were answered."""
    return [Waiting.model_validate(one) for one in desk.inbox(studio, name, who)]


@router.post("/hand-overs/{id}/answer", status_code=204, responses=answers(401, 403, 404, 409, 413, 422, 503))
def answer_as_person(studio: TheStudio, who: Who, id: Id, answer: PersonsAnswer) -> None:
    """Answer a customer as a person."""
    desk.answer(studio, id, answer.answer, who, curate=answer.curate, question=answer.question)


@router.get("/knowledge/{name}/gaps", responses=answers(401, 403, 404, 422, 503))
def list_gaps(studio: TheStudio, who: Who, name: Name) -> list[UnansweredQuestion]:
    """Return what a base could not answer, the most asked first."""
    return [UnansweredQuestion(**gap) for gap in desk.gaps(studio, name, who)]


@router.post("/knowledge/{name}/gaps/dismiss", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def dismiss_gaps(studio: TheStudio, who: Who, name: Name, questions: Dismissed) -> None:
    """Take questions off the list of those without an answer."""
    desk.dismiss(studio, name, questions.questions, who)


@router.post("/knowledge/{name}/curated", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def curate(studio: TheStudio, who: Who, name: Name, entry: Curated) -> None:
    """Give a question an answer by hand, in place of an earlier one."""
    studio.knowledge.curate(name, entry.question, entry.answer, who)


@router.get("/knowledge/{name}/checks", responses=answers(401, 403, 404, 422, 503))
def get_checks(studio: TheStudio, who: Who, name: Name) -> Checks:
    """Return what a base must answer and refuse, and what came of it last."""
    return Checks(**checks.overview(studio, name, who))


@router.put("/knowledge/{name}/checks", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def expect(studio: TheStudio, who: Who, name: Name, expected: Expected) -> None:
    """Set what a base must answer and refuse."""
    checks.expect(studio, name, expected.lines, who)


@router.post("/knowledge/{name}/checks/run", status_code=202, responses=answers(401, 403, 404, 413, 422, 429, 503))
def run_checks(studio: TheStudio, who: Who, name: Name) -> JobTicket:
    """Ask a base all of it; the job's result has every answer, and what became better and worse."""
    row = studio.jobs.submit(checks.ID, {"knowledge": name}, who)
    return JobTicket(id=row.id, status=row.status)


@router.get("/knowledge/{name}/intents", responses=answers(401, 403, 404, 422, 503))
def get_intents(studio: TheStudio, who: Who, name: Name) -> Intents:
    """Return what a base tells apart, and how well."""
    return Intents(**triage.overview(studio, name, who))


@router.post("/knowledge/{name}/intents", status_code=202, responses=answers(401, 403, 404, 413, 422, 429, 503))
def teach_intents(studio: TheStudio, who: Who, name: Name, teaching: Teaching) -> JobTicket:
    """Teach a base what people want; the job's result says how well it has learned."""
    row = studio.jobs.submit(triage.ID, {"knowledge": name, **teaching.model_dump(exclude_unset=True)}, who)
    return JobTicket(id=row.id, status=row.status)


@router.delete("/knowledge/{name}/intents", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def forget_intents(studio: TheStudio, who: Who, name: Name) -> None:
    """Let a base tell nothing apart any more."""
    triage.forget(studio, name, who)
