"""Rewording: a model says a question that follows up so that it stands by itself.

What it says is used only where it keeps the question and takes all else from the conversation; otherwise what is
computed stays (``followups``). Knows nothing about searching.
"""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from assistants.jobs import Event, JobRow
from assistants.knowledge.injections import is_command
from assistants.knowledge.retrieval import has
from assistants.knowledge.terms import is_seam, stems, terms
from assistants.support.drafting import as_talk, rendered, write
from assistants.support.followups import whole
from assistants.support.searching import ScoreExplanation
from assistants.support.verification import NEGATION, adds_nothing

if TYPE_CHECKING:
    from assistants.support.asking import SupportRun

TEMPLATES = {"en": "support/follow-up", "zh": "support/follow-up-zh"}
# Of the conversation a model is told the last turns, of an answer its beginning.
TURNS = 4
ANSWER = 300
LONGEST = 300
# This share of its words may be new: "cost" where one asked what something is.
NEW = 0.34


def reworded(
    asking: "SupportRun", language: str, question: str, earlier: Sequence[JobRow], why: ScoreExplanation
) -> Generator[Event, None, str]:
    """Return what is searched for: a question as it is, as a model rewords it, or as it is computed."""
    computed = whole(question, _asked(earlier))
    if not earlier or not asking.is_helped(language):
        return computed
    told = as_talk(((row.input, row.output) for row in earlier[-TURNS:]), ANSWER)
    messages = rendered(asking.studio, asking.job.owner, TEMPLATES[language], conversation=told, question=question)
    draft = yield from write(asking.studio, asking.job, messages, _goes_on, "Reading the conversation")
    line = next(iter((draft.text or "").strip().splitlines()), "").strip().strip('"“”')
    is_used = keeps(question, line, told, earlier[-1].input)
    why.facts["reworded"] = {"prompt": draft.prompt, "said": line, "used": is_used}
    why.took("reword")
    return line if is_used else computed


def _asked(earlier: Sequence[JobRow]) -> list[str]:
    """Return the earlier questions, each with what it leaves out because it was said before."""
    asked: list[str] = []
    for row in earlier:
        asked.append(whole(row.input, asked))
    return asked


def _goes_on(text: str) -> bool:
    """Say whether a model has said its line and goes on."""
    return "\n" in text.strip()


def keeps(question: str, said: str, talk: str, before: str) -> bool:
    """Say whether ``said`` holds all of ``question``, and nothing that neither it nor ``talk`` holds.

    It may say no only where the question does, or the one ``before`` it.
    """
    if not said or len(said) > LONGEST or is_command(said):
        return False
    known, held, words = stems(f"{question}\n{talk}"), stems(said), terms(said)
    new = [term for term in words if not (is_seam(term) or has(known, term))]
    no, own_no = bool(NEGATION.search(said)), bool(NEGATION.search(question))
    return (
        all(has(held, term) for term in terms(question) if not is_seam(term))
        and len(new) <= NEW * len(words)
        and adds_nothing(f"{question}\n{talk}", said)
        and (no or not own_no)
        and (not no or own_no or bool(NEGATION.search(before)))
    )
