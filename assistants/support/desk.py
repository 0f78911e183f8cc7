"""The service desk: thumbs, a person who takes over, and what the base should have been able to answer.

A customer sees and hands over what is theirs; the inbox and the reports are the operator's. Knows nothing about pages.
"""

import contextlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from assistants.errors import InvalidInput, NotFound, StudioError
from assistants.knowledge.curating import MAX_ANSWER
from assistants.knowledge.terms import terms
from assistants.principals import OPERATOR, Principal, must_be_operator
from assistants.store.jobs import JobRow
from assistants.support import summaries
from assistants.support.asking import wants_help
from assistants.support.desk_rows import DeskRows, HandOver
from assistants.support.evidence import likeness

if TYPE_CHECKING:
    from assistants.studio import Studio

MAX_REASON = 500
MAX_TURNS = 50
# Questions that share so much of their words are one.
SAME = 0.6
GROUPS = 50
DRAFT = 400


def judge(studio: "Studio", job_id: str, owner: str, *, good: bool, reason: str = "") -> None:
    """Keep what a customer thinks of an answer of theirs; raises ``NotFound`` or ``InvalidInput``."""
    if len(reason) > MAX_REASON:
        raise InvalidInput("reason", "{field} may hold at most {max_length} characters.", max_length=MAX_REASON)
    row = studio.jobs.get(job_id, owner)
    if row.assistant != "support" or row.status != "done" or row.result is None:
        raise NotFound("There is no such answer.")
    _rows(studio).judge(row.id, row.result["knowledge"], good=good, reason=reason.strip())


def hand_over(studio: "Studio", conversation: str, who: Principal) -> str:
    """Put a customer's conversation into the inbox of its base and return the id; raises ``NotFound``."""
    rows = [row for row in _rows(studio).talk(conversation, who.id, MAX_TURNS) if row.status == "done"]
    if not rows:
        raise NotFound("There is no such conversation.")
    transcript = [
        {"question": row.input, "answer": row.output, "grounded": _answer(row)["grounded"], "at": row.created}
        for row in rows
    ]
    known = _rows(studio).of_conversation(conversation, who.id)
    if same := next((one for one in known if one.answered is None and one.transcript == transcript), None):
        return same.id
    knowledge = _answer(rows[-1])["knowledge"]
    id = _rows(studio).hand_over(knowledge, conversation, who.id, summary(rows), transcript)
    _have_summed_up(studio, id, knowledge, who)
    return id


def _have_summed_up(studio: "Studio", id: str, knowledge: str, who: Principal) -> None:
    """Let a capable model say for the operator what a conversation was about; nobody waits for that."""
    operator = who if who.is_operator else OPERATOR
    if len(studio.jobs.queue(operator.id, summaries.ID)[0]) >= summaries.MOST_WAITING:
        return
    # The base may be gone, the queue full, no model there: the open questions are in the inbox all the same.
    with contextlib.suppress(StudioError):
        if wants_help(studio, studio.knowledge.rows.base(knowledge), studio.models.resolve(None, operator, "chat")):
            studio.jobs.submit(summaries.ID, {"hand_over": id}, operator)


def _answer(row: JobRow) -> dict[str, Any]:
    assert row.result, "what is done has one"
    return row.result


def summary(rows: Sequence[JobRow]) -> str:
    """Return what is left to answer: the questions without one, else the last one."""
    open_ones = [row.input for row in rows if not _answer(row)["grounded"]] or [rows[-1].input]
    return " / ".join(dict.fromkeys(" ".join(question.split())[:200] for question in open_ones[-3:]))


def set_up(studio: "Studio", knowledge: str, who: Principal, /, **texts: str) -> None:
    """Set what a base says, offers and is helped by, as ``Knowledge.change`` does, with a reranker that there is.

    Raises ``NotAllowed``, ``NotFound`` or ``InvalidInput``.
    """
    must_be_operator(who)
    if name := texts.get("reranker", "").strip():
        texts["reranker"] = studio.models.resolve(name, who, "rerank")
    studio.knowledge.change(knowledge, who, **texts)


def _rows(studio: "Studio") -> DeskRows:
    return DeskRows(studio.history.store)


def of_conversation(studio: "Studio", conversation: str, owner: str) -> list[HandOver]:
    """Return what a customer asked a person in a conversation of theirs, the oldest first."""
    return _rows(studio).of_conversation(conversation, owner)


def waiting(studio: "Studio", knowledge: str | None, who: Principal) -> int:
    """Return how many customers wait for a person, for the operator's eyes."""
    return _rows(studio).waiting().get(knowledge, 0) if knowledge and who.is_operator else 0


def inbox(studio: "Studio", knowledge: str, who: Principal) -> list[HandOver]:
    """Return the requests for a person in a base; raises ``NotAllowed`` or ``NotFound``."""
    must_be_operator(who)
    return _rows(studio).inbox(studio.knowledge.rows.base(knowledge).name)


def answer(
    studio: "Studio", id: str, text: str, who: Principal, *, curate: bool = False, question: str = ""
) -> HandOver:
    """Answer a customer as a person and, if wanted, the same ``question`` of everybody from now on.

    Raises ``NotAllowed``, ``NotFound``, ``Conflict`` or ``InvalidInput``.
    """
    must_be_operator(who)
    if not text.strip():
        raise InvalidInput("answer", "{field} is empty.")
    if len(text) > MAX_ANSWER:
        raise InvalidInput("answer", "{field} may hold at most {max_length} characters.", max_length=MAX_ANSWER)
    with studio.history.store.write():
        done = _rows(studio).answer(id, text.strip())
        if curate:
            wanted = question.strip() or done.transcript[-1]["question"]
            studio.knowledge.curate(done.knowledge, wanted, text, who)
    return done


def gaps(studio: "Studio", knowledge: str, who: Principal) -> list[dict[str, Any]]:
    """Return what a base could not answer, like questions together, the most asked first, each with a drafted answer.

    The draft is what a person answered to it, or else the passage that comes nearest. Raises ``NotAllowed``.
    """
    must_be_operator(who)
    base = studio.knowledge.rows.base(knowledge)
    answered = [one for one in _rows(studio).inbox(base.name) if one.answer]
    made = []
    for group in grouped(_rows(studio).unanswered(base.name))[:GROUPS]:
        question = group[0]["question"]
        near = next((one.answer for one in answered if likeness(one.summary, question) >= SAME), None)
        found = studio.knowledge.find(base, question, None, 1).passages
        made.append({
            "question": question,
            "asked": len(group),
            "last": max(one["created"] for one in group),
            "questions": list(dict.fromkeys(one["question"] for one in group)),
            "reasons": list(dict.fromkeys(one["reason"] for one in group if one["reason"])),
            "draft": near or (found[0].first.text[:DRAFT] if found else ""),
            "by_person": near is not None,
        })  # fmt: skip
    return made


def grouped(rows: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return rows whose questions are alike together, the largest group first."""
    groups: dict[frozenset[str], list[dict[str, Any]]] = {}
    for row in rows:
        words = frozenset(terms(row["question"]))
        same = next((known for known in groups if _shared(known, words) >= SAME), words)
        groups.setdefault(same, []).append(row)
    return sorted(groups.values(), key=len, reverse=True)


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else float(one == other)


def dismiss(studio: "Studio", knowledge: str, questions: list[str], who: Principal) -> None:
    """Take questions off the list of those without an answer; raises ``NotAllowed`` or ``NotFound``."""
    must_be_operator(who)
    _rows(studio).dismiss(studio.knowledge.rows.base(knowledge).name, questions)
