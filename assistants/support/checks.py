"""Checks: a base is asked what it must answer and what it must refuse, and compared with the last time.

A job of its own, on the very steps that answer people. It goes on after a restart with what it has not asked yet. Knows
what counts as right; knows nothing about how an answer is made.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistants.errors import InvalidInput
from assistants.jobs import Event, Part, Progress, Result, RunningJob, Text
from assistants.principals import Principal, must_be_operator
from assistants.requests import Admission, Name, StudioRequest
from assistants.support.answering import Reply, answer
from assistants.support.asking import asking
from assistants.support.expectations import Expectation, ExpectationRows, parsed

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "checks"
RESUMABLE = True


class Request(StudioRequest):
    """Ask everything that the operator of a base expects of it."""

    knowledge: Name
    model: Name | None = None


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check that there is such a base and something to ask it."""
    must_be_operator(who)
    studio.knowledge.rows.base(request.knowledge)
    if not parsed(_rows(studio).lines(request.knowledge)):
        raise InvalidInput("expectations", "{field} is empty: write down what the base must answer first.")
    return Admission(request.knowledge, studio.models.resolve(request.model, who, "chat"))


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Ask, judge, and say what became better and what worse since the last run."""
    expectations = parsed(_rows(studio).lines(request.knowledge))
    results = [part.data for part in job.parts if part.name == "checked"]
    done = {result["question"] for result in results}
    asked = yield from asking(studio, job, request.knowledge, named_model=bool(request.model))
    for expectation in expectations:
        if expectation.question in done:
            continue
        yield Progress(len(results), len(expectations), "Asking the knowledge base")
        reply = yield from answer(asked, expectation.question)
        results.append(judged(studio, expectation, reply))
        yield Part("checked", results[-1])
    before = _rows(studio).last_runs(request.knowledge, 1)
    changes = compared(before[0]["results"] if before else [], results)
    _rows(studio).keep_run(request.knowledge, job.id, results)
    passed = sum(result["passed"] for result in results)
    yield Text(f"{request.knowledge}: {passed} / {len(results)}")
    counts = {"passed": passed, "failed": len(results) - passed}
    yield Result({"knowledge": request.knowledge, **counts, **changes, "results": results})


def judged(studio: "Studio", expectation: Expectation, reply: Reply) -> dict[str, Any]:
    """Return whether a reply is what was expected, with what it was."""
    quotes = reply.answer.quotes if reply.answer else ()
    sources = {quote.chunk.source for quote in quotes}
    names = list(studio.knowledge.rows.names(sources).values())
    said = _plain(" ".join([reply.text, *(quote.text for quote in quotes)]))
    if expectation.expected is None:
        passed = reply.answer is None
    else:
        wanted = _plain(expectation.expected)
        passed = reply.answer is not None and (wanted in said or wanted in map(_plain, names))
    return {
        "question": expectation.question,
        "expected": expectation.expected,
        "passed": passed,
        "answer": reply.text,
        "sources": names,
        "grounded": reply.answer is not None,
        "confidence": round(reply.confidence, 3),
    }


def compared(before: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the questions that became better and worse; one that is new or was changed is neither."""
    earlier = {(one["question"], one["expected"]): one["passed"] for one in before}
    changed: dict[str, list[str]] = {"better": [], "worse": []}
    for result in results:
        passed = earlier.get((result["question"], result["expected"]), result["passed"])
        if passed != result["passed"]:
            changed["better" if result["passed"] else "worse"].append(result["question"])
    return changed


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def expect(studio: "Studio", knowledge: str, lines: str, who: Principal) -> None:
    """Set what a base must answer and refuse; raises ``NotAllowed``, ``NotFound`` or ``InvalidInput``."""
    must_be_operator(who)
    _rows(studio).save(studio.knowledge.rows.base(knowledge).name, lines)


def _rows(studio: "Studio") -> ExpectationRows:
    return ExpectationRows(studio.history.store)


def overview(studio: "Studio", knowledge: str, who: Principal) -> dict[str, Any]:
    """Return what a base must answer and refuse, and its last two runs; raises ``NotAllowed`` or ``NotFound``."""
    must_be_operator(who)
    name = studio.knowledge.rows.base(knowledge).name
    return {"lines": _rows(studio).lines(name), "runs": _rows(studio).last_runs(name)}
