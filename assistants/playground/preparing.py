"""What is opened and settled before the first cell: checks, labels, embedder, judges, and who chooses the examples.

Knows what a plan needs; knows nothing about cells.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistants.embedder import BATCH, Embedder, model_for, opened_embedder
from assistants.generation import Step
from assistants.jobs import Event, Progress, RunningJob, note
from assistants.playground import evaluators, findings
from assistants.playground.asking import CellRun
from assistants.playground.plan import EXPECTED, Plan
from assistants.playground.request import Evaluator, Request
from assistants.playground.shots import Chooser, Known, Words, needs_vectors

if TYPE_CHECKING:
    from assistants.studio import Studio

BY_WORDS = "There is no embedder here that knows this language, so examples are compared by their words."


def checks_of(request: Request, planned: Plan) -> tuple[Evaluator, ...]:
    """Return the evaluators; where there are none, and rows say what is expected, one that looks for that."""
    if request.evaluators or not any(EXPECTED in row for row in planned.rows):
        return tuple(request.evaluators)
    return (Evaluator(type="label" if request.labels else "contains", ignore_case=True),)


def labels_of(request: Request) -> tuple[str, ...]:
    """Return the labels that answers are looked through for: those named, else all that rows expect."""
    known = request.labels or [row[EXPECTED] for row in request.rows if EXPECTED in row]
    return tuple(dict.fromkeys(label.strip() for label in known if label.strip()))


def told(planned: Plan, checked: tuple[Evaluator, ...]) -> dict[str, Any]:
    """Return the plan as it is shown."""
    return {
        "variants": [variant.as_dict() for variant in planned.variants],
        "rows": len(planned.rows),
        "repeats": planned.repeats,
        "evaluators": [{"name": one.name, "type": one.type, "not": one.negated} for one in checked],
        "warnings": findings.leaks(planned),
    }


def embedder_for(
    studio: "Studio", job: RunningJob, planned: Plan, checked: tuple[Evaluator, ...]
) -> Generator[Event, None, Embedder]:
    """Open the embedder where something is to be compared."""
    step = Step(job, "")
    is_needed = any(one.type == "similar" for one in checked) or any(
        variant.how == "classifier" or needs_vectors(variant.shots, variant.examples) for variant in planned.variants
    )
    if not is_needed:
        return Embedder(None, step)
    texts = [variant.source.input(row) for variant in planned.variants for row in planned.rows]
    texts += [row[EXPECTED] for row in planned.rows if EXPECTED in row]
    return replace((yield from opened_embedder(studio, job, model=model_for(texts))), job=step)


def judges_for(
    studio: "Studio", job: RunningJob, asking: CellRun, checked: tuple[Evaluator, ...]
) -> Generator[Event, None, dict[str, str]]:
    """Open the judges and return which model each name means; one that cannot be had says so in each cell."""
    names = {one.model or "" for one in checked if one.type in evaluators.JUDGES}
    judges = {name: studio.models.resolve(name or None, job.who, "chat") for name in names}
    for model in set(judges.values()):
        yield from asking.open(model)
    return judges


def chooser_for(planned: Plan, embedder: Embedder) -> Generator[Event, None, Chooser]:
    """Read what examples and rows mean, where examples are chosen by that."""
    compared = [variant for variant in planned.variants if needs_vectors(variant.shots, variant.examples)]
    texts = {example.input for variant in compared for example in variant.examples}
    texts |= {variant.source.input(row) for variant in compared for row in planned.rows}
    ordered: list[str] = sorted(texts)
    vectors: list[list[float] | None] = []
    for start in range(0, len(ordered), BATCH):
        vectors += embedder.vectors(ordered[start : start + BATCH], "query")
        yield Progress(len(vectors), len(ordered), "Reading what the text means")
    known = {text: vector for text, vector in zip(ordered, vectors, strict=True) if vector is not None}
    if len(known) == len(ordered):
        return Chooser(lambda: Known(known))
    yield note(BY_WORDS)
    return Chooser(lambda: Words(ordered))
