"""The few-shot playground: prompts tried on rows, models and parameters, and what that says about them.

    request.py     what can be asked, and the limits
    plan.py        which variants there are, and their messages
    shots.py       which examples are shown
    preparing.py   what is opened and settled before the first cell
    studies.py     what a few-shot study varies
    asking.py      one question to one model, or the kept answer
    running.py     the cells, at once
    evaluators.py  checks that need no model
    judging.py     checks by a model
    classifying.py a classifier beside the prompts
    statistics.py  intervals and tests
    summary.py     what the cells say together
    findings.py    what a study found, and what may be wrong with a plan
    origins.py     requests from the history and from prompt files
    promoting.py   a variant becomes a version of a prompt
    tables.py      rows from CSV
    rows.py        what people have of it
    samples/       examples, and a task with four classes

Knows nothing about pages. Experiments are kept by ``history.experiments``.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistants.engines.controls import check_schema
from assistants.errors import NotFound
from assistants.jobs import Event, Exchange, JobRow, Part, Result, RunningJob, Stopped, Text
from assistants.playground import evaluators, findings, preparing
from assistants.playground.asking import CellRun
from assistants.playground.judging import Judging
from assistants.playground.origins import evaluators_of, from_item, from_template, request_from, rows_of
from assistants.playground.plan import Plan, Variant, plan
from assistants.playground.promoting import promote
from assistants.playground.request import TYPES, Example, Request
from assistants.playground.rows import ROWS
from assistants.playground.running import Checks, Matrix
from assistants.playground.samples import dataset, examples
from assistants.playground.summary import summary
from assistants.playground.tables import load_csv
from assistants.principals import Principal
from assistants.requests import Admission, validated
from assistants.store.experiments import Experiment

if TYPE_CHECKING:
    from assistants.studio import Studio

__all__ = [
    "DATASET",
    "DATASETS",
    "EXAMPLES",
    "ID",
    "RESUMABLE",
    "ROWS",
    "TYPES",
    "Request",
    "admit",
    "evaluators_of",
    "exchange",
    "from_item",
    "from_template",
    "keep",
    "load_csv",
    "look_over",
    "messages",
    "promote",
    "request_from",
    "rows_of",
    "run",
]

ID = "playground"
RESUMABLE = True
# Requests that a person may begin with, and a task with four classes in each language.
EXAMPLES = examples()
DATASETS = {language: dataset(language) for language in ("en", "zh")}
DATASET = DATASETS["en"]


def look_over(studio: "Studio", request: Request, who: Principal) -> None:
    """Raise ``InvalidInput`` for a check that cannot be made."""
    evaluators.check(request.evaluators, request.rows or [{}])
    for number, prompt in enumerate(request.prompts or ()):
        if prompt.json_schema is not None:
            check_schema(prompt.json_schema, f"prompts.{number}.json_schema")
    if request.json_schema is not None:
        check_schema(request.json_schema)


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check all that can be checked before a model is asked; the record names models and versions outright."""
    planned = plan(studio, request, who.id)
    models = [studio.models.resolve(name, who, "chat") for name in request.models or (None,)]
    for evaluator in request.evaluators:
        if evaluator.type in evaluators.JUDGES:
            studio.models.resolve(evaluator.model, who, "chat")
    settled: dict[str, Any] = {"models": models}
    if request.prompts:
        settled["prompts"] = [
            _settled(studio, prompt.model_dump(exclude_unset=True), who.id) for prompt in request.prompts
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
    checked = preparing.checks_of(request, planned)
    shown = preparing.told(planned, checked)
    if not any(part.name == "plan" for part in job.parts):
        yield Part("plan", shown)
    asking = CellRun(studio, job)
    embedder = yield from preparing.embedder_for(studio, job, planned, checked)
    judges = yield from preparing.judges_for(studio, job, asking, checked)
    chooser = yield from preparing.chooser_for(planned, embedder)

    def examples_for(variant: Variant, row: int) -> list[Example]:
        return chooser.choose(variant.shots, variant.examples, variant.source.input(planned.rows[row]))

    judging = Judging(studio, job.owner, asking, embedder, judges)
    checks = Checks(checked, preparing.labels_of(request), request.prices, judging)
    matrix = Matrix(job, planned, asking, checks, examples_for)
    try:
        yield from matrix.run()
    except (GeneratorExit, Stopped):
        # Nobody listens to what is yielded now; what was done until then is summed up all the same.
        for event in summed_up(request, planned, matrix, shown):
            job.publish(event)
        raise
    yield from summed_up(request, planned, matrix, shown)
    if planned.size > 1:
        yield Text(table(planned.variants, (job.row.result or {})["summary"]))


def summed_up(request: Request, planned: Plan, matrix: Matrix, shown: dict[str, Any]) -> Iterator[Event]:
    """Yield what the cells that are done say together."""
    cells = [matrix.cells[key] for key in sorted(matrix.cells)]
    found = summary(cells, [variant.id for variant in planned.variants], planned.rows)
    yield Part("summary", {"summary": found})
    result = {"cells": cells, "summary": found, "plan": shown}
    if request.study:
        result["study"] = findings.study(request.study, planned.variants, found)
    yield Result(result)


def table(variants: Sequence[Variant], found: list[dict[str, Any]]) -> str:
    """Return the summary as plain text, one line a variant."""
    lines = []
    for variant, entry in zip(variants, found, strict=True):
        rate = "" if entry["rate"] is None else f"{entry['rate']:.0%} ({entry['low']:.0%}-{entry['high']:.0%})"
        lines.append("  ".join([variant.title, rate or "-", f"n={entry['n']}", f"errors={entry['errors']}"]))
    return "\n".join(lines) + "\n"


def messages(studio: "Studio", owner: str, job_id: str, variant: int, row: int) -> list[dict[str, str]]:
    """Return the exact messages of a cell of the owner's job; raises ``NotFound``."""
    said = exchange(studio, studio.jobs.get(job_id, owner), f"{variant}.{row}").messages
    return [{"role": role, "content": content} for role, content in said]


def exchange(studio: "Studio", job: JobRow, which: str) -> Exchange:
    """Return the messages and the answer of the cell ``which``, as ``variant.row`` or ``variant.row.repeat``.

    By default that is the first one. Raises ``NotFound``.
    """
    wanted = f"{which}." if which else ""
    cells = (
        data["data"]
        for _, kind, data in studio.history.jobs.events(job.id)
        if kind == "part" and data["name"] == "cell"
    )
    places = ((one, f"{one['variant']}.{one['row']}.{one['repeat']}.") for one in cells)
    cell = next((one for one, place in places if place.startswith(wanted)), None)
    if job.assistant != ID or cell is None:
        raise NotFound("There is no such cell.")
    planned = plan(studio, validated(Request, job.request), job.owner)
    shown = [planned.examples[number] for number in cell["examples"]]
    variant = planned.variants[cell["variant"]]
    said = variant.source.render(planned.rows[cell["row"]], shown)
    return Exchange(list(said), cell["output"], model=variant.model)


def keep(studio: "Studio", owner: str, name: str, request: dict[str, Any], id: str | None = None) -> Experiment:
    """Keep a request as an experiment, a new one or in place of one; it need not be complete, but of the right form."""
    validated(Request, request)
    return studio.history.experiments.save(owner, name, request, id)
