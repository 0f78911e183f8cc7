"""Summaries: what a person should know who takes a conversation over, in a few sentences by a model.

A job of the operator's, submitted when a customer asks for a person. Of what the model says only sentences stay whose
names and numbers stand in the conversation; where none does, the open questions are all there is, as without a model.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistants.jobs import Event, Result, RunningJob, Text
from assistants.knowledge.injections import is_command
from assistants.knowledge.retrieval import has
from assistants.knowledge.terms import stems, terms
from assistants.principals import Principal, must_be_operator
from assistants.requests import Admission, Name, StudioRequest
from assistants.support.answering import language_of
from assistants.support.desk_rows import DeskRows, HandOver
from assistants.support.drafting import as_talk, rendered, write
from assistants.support.verification import adds_nothing, claims, says_no_as, together

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "summaries"
# Customers cause them and they are the operator's, whose other jobs are not to wait for all of them.
IN_ORDER = True
MOST_WAITING = 20

TEMPLATES = {"en": "support/summary", "zh": "support/summary-zh"}
MOST = 3
ANSWER = 600
# What a summary says of a conversation that is in none; of its other words so many must be.
REPORTS = "the customer asks wants to know was told 顾客 客户 询问 想 知道 得到 答复"
LIKE = 0.6


class Request(StudioRequest):
    """A conversation in the inbox, by its id there."""

    hand_over: Name


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check that there is such a conversation."""
    must_be_operator(who)
    return Admission(
        DeskRows(studio.history.store).get(request.hand_over).summary, studio.models.resolve(None, who, "chat")
    )


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Let the model sum up, and keep what stands in the conversation."""
    waiting = DeskRows(studio.history.store).get(request.hand_over)
    conversation = told(waiting)
    language = language_of(waiting.transcript[-1]["question"])
    messages = rendered(studio, job.owner, TEMPLATES[language], conversation=conversation)
    draft = yield from write(studio, job, messages, lambda _: False, "Summing up the conversation")
    prose = proved(draft.text or "", conversation)
    if prose:
        DeskRows(studio.history.store).sum_up(waiting.id, prose, waiting.transcript)
    yield Text(prose or waiting.summary)
    yield Result({"summary": prose or None})


def told(waiting: HandOver) -> str:
    """Return a conversation as the model reads it."""
    return as_talk(((turn["question"], turn["answer"]) for turn in waiting.transcript), ANSWER)


def proved(said: str, talk: str) -> str:
    """Return the sentences of a summary that the conversation bears out."""
    return together([claim for claim in dict.fromkeys(claims(said)) if _stands(claim, talk)][:MOST])


def _stands(claim: str, talk: str) -> bool:
    words, known = [word for word in terms(claim) if word not in stems(REPORTS)], stems(talk)
    return (
        bool(words)
        and not is_command(claim)
        and sum(has(known, word) for word in words) >= LIKE * len(words)
        and adds_nothing(f"{talk}\n{REPORTS}", claim)
        and says_no_as(talk, claim)
    )
