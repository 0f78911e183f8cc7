"""The few-shot playground: prompts tried on rows, models and parameters, and what that says about them.

    request.py     what can be asked, and the limits
    plan.py        which variants there are, and their messages
    shots.py       which examples are shown
    studies.py     what a few-shot study varies and finds
    asking.py      one question to one model, or the kept answer
    running.py     the cells, at once
    evaluators.py  checks that need no model
    judging.py     checks by a model
    statistics.py  intervals and tests
    summary.py     what the cells say together

Knows nothing about pages. Experiments are kept by ``history.experiments``.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from assistants.embedder import BATCH, Embedder, opened_embedder
from assistants.generation import Step
from assistants.jobs import Event, Part, Progress, Result, RunningJob, Text
from assistants.playground import evaluators, studies
from assistants.playground.asking import Asking
from assistants.playground.judging import Judging
from assistants.playground.plan import EXPECTED, Plan, Variant, plan
from assistants.playground.request import Evaluator, Request
from assistants.playground.running import Checks, Matrix
from assistants.playground.shots import Chooser, Known, Words, needs_vectors
from assistants.playground.summary import summary
from assistants.requests import Admission
from prompts.library import Messages

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from assistants.studio import Studio

__all__ = ["Request", "studies"]

ID = "playground"
RESUMABLE = True


def admit(studio: "Studio", request: Request, owner: str, job_id: str) -> Admission:
    """Check all that can be checked before a model is asked; the record names models and versions outright."""
    planned = plan(studio, request, owner)
    evaluators.check(request.evaluators, planned.rows)
    models = [studio.models.resolve(name, owner, "chat") for name in request.models or [None]]
    for evaluator in request.evaluators:
        if evaluator.type in evaluators.JUDGES:
            studio.models.resolve(evaluator.model, owner, "chat")
    settled: dict[str, Any] = {"models": models}
    if request.prompts:
        settled["prompts"] = [
            _settled(studio, prompt.model_dump(exclude_unset=True), owner) for prompt in request.prompts
        ]
    first = planned.variants[0]
    asked = request.name or first.source.input(planned.rows[0])
    return Admission(asked, models[0] if len(models) == 1 else None, settled=settled)


def _settled(studio: "Studio", prompt: dict[str, Any], owner: str) -> dict[str, Any]:
    if prompt.get("template") and not prompt.get("version"):
        return prompt | {"version": studio.prompts.get(prompt["template"], owner).version}
    return prompt


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Run the matrix: first the ``plan``, each ``cell`` as it is done, at the end the ``summary``."""
    planned = plan(studio, request, job.owner)
    checked = checks_of(request, planned)
    asking = Asking(studio, job)
    embedder = yield from _embedder(studio, job, planned, checked)
    judges = yield from _judges(studio, job, asking, checked)
    chooser = yield from _chooser(planned, embedder)
    if not any(part.name == "plan" for part in job.parts):
        yield Part("plan", told(planned, checked))

    def messages(variant: Variant, row: int) -> Messages:
        values = planned.rows[row]
        examples = chooser.choose(variant.shots, variant.examples, variant.source.input(values))
        return variant.source.render(values, examples)

    judging = Judging(studio, job.owner, asking, embedder, judges)
    checks = Checks(checked, labels_of(request), request.prices, judging)
    matrix = Matrix(job, planned, asking, checks, messages)
    yield from matrix.run()
    cells = [matrix.cells[key] for key in sorted(matrix.cells)]
    found = summary(cells, [variant.id for variant in planned.variants], planned.rows)
    yield Part("summary", {"summary": found})
    result = {"cells": cells, "summary": found, "plan": told(planned, checked)}
    if planned.size > 1:
        yield Text(table(planned, found))
    yield Result(result)


def checks_of(request: Request, planned: Plan) -> tuple[Evaluator, ...]:
    """Return the evaluators; where there are none, and rows say what is expected, one that looks for that."""
    if request.evaluators or not any(EXPECTED in row for row in planned.rows):
        return tuple(request.evaluators)
    return (Evaluator(type="label" if request.labels else "contains", ignore_case=True),)


def labels_of(request: Request) -> tuple[str, ...]:
    """Return the labels that answers are looked through for: those named, else all that rows and examples have."""
    known = request.labels or [row[EXPECTED] for row in request.rows if EXPECTED in row]
    return tuple(dict.fromkeys(label.strip() for label in known if label.strip()))


def told(planned: Plan, checked: tuple[Evaluator, ...]) -> dict[str, Any]:
    """Return the plan as it is shown."""
    return {
        "variants": [variant.told for variant in planned.variants],
        "rows": len(planned.rows),
        "repeats": planned.repeats,
        "evaluators": [{"name": one.name, "type": one.type, "not": one.negated} for one in checked],
        "warnings": [],
    }


def _embedder(
    studio: "Studio", job: RunningJob, planned: Plan, checked: tuple[Evaluator, ...]
) -> Generator[Event, None, Embedder]:
    """Open the embedder where something is to be compared."""
    step = Step(job, "")
    is_needed = any(needs_vectors(variant.shots, variant.examples) for variant in planned.variants)
    if not is_needed and not any(one.type == "similar" for one in checked):
        return Embedder(None, step)
    embedder = yield from opened_embedder(studio, job)
    return Embedder(embedder.engine, step, embedder.languages)


def _judges(
    studio: "Studio", job: RunningJob, asking: Asking, checked: tuple[Evaluator, ...]
) -> Generator[Event, None, dict[str, str]]:
    """Open the judges; one that cannot be had says so in each cell."""
    names = {one.model or "" for one in checked if one.type in evaluators.JUDGES}
    judges = {name: studio.models.resolve(name or None, job.owner, "chat") for name in names}
    for model in set(judges.values()):
        yield from asking.open(model)
    return judges


def _chooser(planned: Plan, embedder: Embedder) -> Generator[Event, None, Chooser]:
    """Read what examples and rows mean, where examples are chosen by that."""
    compared = [variant for variant in planned.variants if needs_vectors(variant.shots, variant.examples)]
    texts = {example.input for variant in compared for example in variant.examples}
    texts |= {variant.source.input(row) for variant in compared for row in planned.rows}
    ordered, vectors = sorted(texts), []
    for start in range(0, len(ordered), BATCH):
        vectors += embedder.vectors(ordered[start : start + BATCH])
        yield Progress(len(vectors), len(ordered), "Reading what the text means")
    return Chooser(lambda: embeddings(ordered, vectors))


def embeddings(texts: list[str], vectors: list[list[float] | None]) -> "Embeddings":
    """Return the embedder's vectors, or those of words where it has none for some."""
    known = {text: vector for text, vector in zip(texts, vectors, strict=True) if vector is not None}
    return Known(known) if len(known) == len(texts) else Words(texts)


def table(planned: Plan, found: list[dict[str, Any]]) -> str:
    """Return the summary as plain text, one line a variant."""
    lines = []
    for variant, entry in zip(planned.variants, found, strict=True):
        facts = [variant.source.name, variant.model or variant.how, variant.how, f"k={variant.shots.k}"]
        share = "" if entry["rate"] is None else f"{entry['rate']:.0%} ({entry['low']:.0%}-{entry['high']:.0%})"
        lines.append("  ".join([*facts, share, f"n={entry['n']}", f"errors={entry['errors']}"]))
    return "\n".join(lines) + "\n"
