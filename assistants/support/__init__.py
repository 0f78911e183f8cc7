"""Support: questions answered from a base of knowledge, with proof or not at all.

    asking.py        a base with the models that help it
    answering.py     the steps from a question to its answer
    rewording.py     a question that follows up, made whole by a model
    searching.py     what a base has on a question
    reranking.py     which of that a cross-encoder takes for an answer
    evidence.py      the sentences of what was found, weighed
    quoting.py       answers that are quoted: curated ones, and the sentences that say most
    drafting.py      a model's draft
    verification.py  what of a draft is proved
    intent.py        what the question was taken for, and how to go on without an answer
    summaries.py     what a person should know who takes over
    checks.py        what a base must answer and refuse, asked after every change
    rows.py          what people have of it
    phrases.yaml     what support says of itself

A curated answer comes first; else a model writes one, of which only what the passages prove is kept; where that is too
little, the passages are quoted; where nothing fits the question, it says so. Knows nothing about how a base is made.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from assistants.errors import InvalidInput, NotFound
from assistants.jobs import Event, JobRow, Part, Result, RunningJob, Text
from assistants.principals import Principal
from assistants.requests import Admission, Name, StudioRequest
from assistants.support.answering import Reply, answer
from assistants.support.asking import asking
from assistants.support.desk_rows import DeskRows
from assistants.support.rows import ROWS

if TYPE_CHECKING:
    from assistants.studio import Studio

__all__ = ["ID", "ROWS", "Request", "admit", "run"]

ID = "support"
PLAYABLE = True
# Customers' pages are open to everybody.
A_MINUTE = 20

MAX_QUESTION = 2000
MAX_TURNS = 20


class Request(StudioRequest):
    """A question to a base of knowledge; ``conversation`` is that of an earlier answer, where it follows up."""

    question: Annotated[str, Field(max_length=MAX_QUESTION)]
    knowledge: Name | None = None
    conversation: Name | None = None
    model: Name | None = None


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check that there are such a base and such a conversation; each question waits for the one before it."""
    if not request.question.strip():
        raise InvalidInput("question", "{field} is empty.")
    model = studio.models.resolve(request.model, who, "chat")
    studio.knowledge.base(request.knowledge, request.question)
    earlier = _earlier(studio, request.conversation, who.id)
    after = earlier[-1].id if earlier and earlier[-1].is_open else None
    conversation = request.conversation or job_id
    return Admission(request.question, model, {"conversation": conversation}, after)


def _earlier(studio: "Studio", conversation: str | None, owner: str) -> list[JobRow]:
    if conversation is None:
        return []
    if not (found := DeskRows(studio.history.store).talk(conversation, owner, MAX_TURNS)):
        raise NotFound("There is no such conversation.")
    return found


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Find passages, make an answer of them, prove it, and say what proves it."""
    earlier = _before(studio, request, job)
    asked = yield from asking(studio, job, request.knowledge, request.question, named_model=bool(request.model))
    reply = yield from answer(asked, request.question, earlier)
    yield Text(reply.text)
    yield Part("why", _why(studio, reply, job.who))
    yield Result(reply.result())


def _why(studio: "Studio", reply: Reply, who: Principal) -> dict[str, Any]:
    """Return how an answer came about, as far as the owner may read the base."""
    if studio.knowledge.may_read(reply.base, who):
        return reply.why.facts
    return reply.why.without_passages({quote.chunk.number for quote in reply.answer.quotes} if reply.answer else set())


def _before(studio: "Studio", request: Request, job: RunningJob) -> list[JobRow]:
    """Return the earlier questions of the conversation."""
    rows = _earlier(studio, request.conversation, job.owner) if request.conversation else []
    return [row for row in rows if row.id < job.id]
