"""The cells of a matrix: asked at once as far as the models take them, checked, and told of as each is done.

A cell that fails says so, and the others go on; one that was done before a restart is not run again. Knows nothing
about requests or summaries.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import asdict, dataclass
from typing import Any

from assistants.errors import BROKEN, GenerationFailed, StudioError
from assistants.generation import SEEDS, run_to_end
from assistants.jobs import Event, Part, Progress, RunningJob, Stopped
from assistants.playground.asking import NEEDS_SCORE, NO_NEEDS, CellRun, Said
from assistants.playground.classifying import classified
from assistants.playground.evaluators import BY_MODEL, Answer, evaluate
from assistants.playground.judging import Judging
from assistants.playground.plan import Plan, Variant
from assistants.playground.request import Evaluator, Example, Price

NOTE = "Running the cells"
DEFAULT_TOKENS = 512
# Threads for models that take any number at once.
MOST_AT_ONCE = 32
LOCAL = "local:"
CLASSIFIER = "classifier"
MILLION = 1_000_000

Key = tuple[int, int, int]
Cell = dict[str, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """A cell that is to be run."""

    variant: Variant
    row: int
    repeat: int

    @property
    def key(self) -> Key:
        """Where in the matrix it is."""
        return self.variant.id, self.row, self.repeat


@dataclass(frozen=True)
class Checks:
    """What is made of an answer."""

    evaluators: Sequence[Evaluator]
    labels: tuple[str, ...]
    prices: dict[str, Price]
    judging: Judging


class Matrix:
    """The cells of one job."""

    def __init__(
        self,
        job: RunningJob,
        plan: Plan,
        asking: CellRun,
        checks: Checks,
        examples_for: Callable[[Variant, int], list[Example]],
    ) -> None:
        """``examples_for`` returns those that a variant shows for a row."""
        self._job = job
        self._plan = plan
        self._asking = asking
        self._checks = checks
        self._examples_for = examples_for
        self.cells: dict[Key, Cell] = {
            (part.data["variant"], part.data["row"], part.data["repeat"]): part.data
            for part in job.parts
            if part.name == "cell"
        }

    def run(self) -> Iterator[Event]:
        """Run all that is not done yet; raises the error of the models where none of them can be had."""
        yield self._progress()
        for models, variants in self._groups():
            tasks = [task for task in self._tasks(variants) if task.key not in self.cells]
            if tasks:
                yield from self._open(variants)
                yield from self._run(tasks, self._asking.width(models))
        for variant in self._plan.variants:
            if variant.how == CLASSIFIER:
                yield from self._classify(variant)

    def _groups(self) -> Iterator[tuple[set[str], list[Variant]]]:
        """Yield the models that are run together: a local one by itself, for memory may hold one of them only."""
        groups: dict[str, list[Variant]] = {}
        for variant in self._plan.variants:
            if variant.model is not None:
                name = variant.model if variant.model.startswith(LOCAL) else ""
                groups.setdefault(f"{name} {variant.how}" if name else "", []).append(variant)
        for variants in groups.values():
            yield {variant.model for variant in variants if variant.model}, variants

    def _tasks(self, variants: list[Variant]) -> Iterator[Task]:
        """Yield the cells, those after another whose prompts begin alike: an engine has read that beginning then."""
        for variant in variants:
            for row in range(len(self._plan.rows)):
                for repeat in range(self._plan.repeats):
                    yield Task(variant, row, repeat)

    def _open(self, variants: list[Variant]) -> Iterator[Event]:
        wanted = dict.fromkeys((variant.model or "", _needs(variant)) for variant in variants)
        for model, needs in wanted:
            yield from self._asking.open(model, needs)
        asked = {(variant.model or "", _needs(variant)) for variant in self._plan.variants if variant.model}
        if asked <= self._asking.failed.keys() and not self.cells:
            raise next(iter(self._asking.failed.values()))

    def _run(self, tasks: list[Task], width: int) -> Iterator[Event]:
        if self._plan.size == 1:
            yield from self._done((yield from self._cell(tasks[0])))
            return
        with ThreadPoolExecutor(max(1, min(width, MOST_AT_ONCE)), thread_name_prefix=f"cell-{self._job.id}") as pool:
            try:
                # Each in a copy of the context, which says for whom the work is.
                futures = [pool.submit(copy_context().run, run_to_end, self._cell(task)) for task in tasks]
                for future in as_completed(futures):
                    yield from self._done(future.result())
            finally:
                pool.shutdown(cancel_futures=True)

    def _classify(self, variant: Variant) -> Iterator[Event]:
        """Fill the column of the classifier, which learns once and is asked for all rows together."""
        tasks = [task for task in self._tasks([variant]) if task.key not in self.cells]
        if not tasks:
            return
        texts = [variant.source.input(row) for row in self._plan.rows]
        failure, said = None, []
        try:
            said = yield from classified(self._job, self._checks.judging.embedder, variant.examples, texts)
        except StudioError as error:
            failure = error
        for task in tasks:
            yield from self._done(run_to_end(self._cell(task, failure or said[task.row])))

    def _done(self, cell: Cell) -> Iterator[Event]:
        self.cells[cell["variant"], cell["row"], cell["repeat"]] = cell
        self._job.usage = _added(self._job.usage, cell)
        yield Part("cell", cell)
        yield self._progress()

    def _progress(self) -> Progress:
        return Progress(len(self.cells), self._plan.size, NOTE)

    # One cell

    def _cell(self, task: Task, known: Said | StudioError | None = None) -> Generator[Event, None, Cell]:
        """Answer, unless that is ``known``, and check; whatever goes wrong, but a stop, is the cell's."""
        cell: Cell = {"variant": task.variant.id, "row": task.row, "repeat": task.repeat, **NOTHING}
        try:
            if isinstance(known, StudioError):
                raise known
            shown = self._examples_for(task.variant, task.row)
            cell["examples"] = [self._plan.examples.index(example) for example in shown]
            said = known or (yield from self._said(task, shown))
            cost = self._cost(task.variant, said)
            cell |= {
                "output": said.text,
                "finish": said.finish,
                "cached": said.cached,
                "scores": said.scores,
                "notes": list(said.notes),
                "cost": 0 if said.cached else cost,
                **{name: getattr(said, name) for name in COUNTED},
            }
            answer = Answer(said.text, self._plan.rows[task.row], said.seconds, cost, self._checks.labels)
            cell |= self._checked(answer, task.row)
        except Stopped:
            raise
        except StudioError as error:
            cell["error"] = error.as_dict()
        except Exception as error:
            log.exception("a cell of job %s failed", self._job.id)
            cell["error"] = GenerationFailed(BROKEN, kind=type(error).__name__).as_dict()
        return cell

    def _said(self, task: Task, shown: list[Example]) -> Generator[Event, None, Said]:
        variant = task.variant
        model = variant.model or ""
        if self._job.stopping:
            raise Stopped
        messages = variant.source.render(self._plan.rows[task.row], shown)
        if variant.how == "score":
            return self._asking.score(model, messages, list(self._checks.labels))
        options = variant.params.model_dump(exclude_none=True)
        if options.get("seed") is not None:
            options["seed"] = (options["seed"] + task.repeat) % SEEDS
        return (yield from self._asking.ask(model, messages, options, DEFAULT_TOKENS, variant.source.controls))

    def _cost(self, variant: Variant, said: Said) -> float | None:
        """Return what an answer costs, nothing on this machine, and elsewhere what the request says of prices."""
        model = variant.model or LOCAL
        if price := self._checks.prices.get(model):
            return round((said.input_tokens * price.input + said.output_tokens * price.output) / MILLION, 8)
        return 0 if model.startswith((LOCAL, "echo:")) else None

    def _checked(self, answer: Answer, row: int) -> Cell:
        checks = []
        for number, evaluator in enumerate(self._checks.evaluators):
            if evaluator.rows is not None and row not in evaluator.rows:
                continue
            if evaluator.type in BY_MODEL:
                finding = self._checks.judging.evaluate(evaluator, answer)
            else:
                finding = evaluate(evaluator, answer)
            checks.append({"evaluator": number, **asdict(finding)})
        return {"checks": checks, "passed": _all_pass([check["passed"] for check in checks])}


COUNTED = ("seconds", "first_seconds", "input_tokens", "output_tokens")
NOTHING: Cell = {
    "examples": [], "output": "", "error": None, "finish": None, "cached": False, "scores": None, "cost": None,
    "seconds": 0, "first_seconds": 0, "input_tokens": 0, "output_tokens": 0, "checks": [], "passed": None, "notes": [],
}  # fmt: skip


def _needs(variant: Variant) -> frozenset[str]:
    return NEEDS_SCORE if variant.how == "score" else NO_NEEDS


def _all_pass(passed: list[bool | None]) -> bool | None:
    if False in passed:
        return False
    return True if passed and None not in passed else None


def _added(usage: dict[str, Any] | None, cell: Cell) -> dict[str, Any]:
    """Return the job's usage with that of a cell; what was kept took nothing."""
    sums = usage or {"first_seconds": cell["first_seconds"]}
    own = {} if cell["cached"] else {name: cell[name] for name in COUNTED if name != "first_seconds"}
    return sums | {name: round(sums.get(name, 0) + value, 3) for name, value in own.items()}
