"""Triage: a base of knowledge learns what people want, from the operator's own labels and a few examples of each.

A job, so that it shows how far it is and can be stopped. Without a model it learns a head on the studio's embedder, or
of many examples tunes the embedder's own encoder, if that is right more often; an encoder (BERT) that is named is tuned
instead, and a classifier with labels of its own is taken as it is. Knows nothing about what an intent changes about an
answer.
"""

from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from assistants import classify
from assistants.classify import Example
from assistants.embedder import MODEL, model_for, opened_embedder
from assistants.errors import InvalidInput
from assistants.jobs import Event, Progress, Result, RunningJob, Text
from assistants.principals import Principal, must_be_operator
from assistants.requests import Admission, Name, StudioRequest
from assistants.store import new_id
from assistants.support.intent_rows import IntentRows

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "triage"

MAX_PASTED = 1_000_000
# From so many examples of each label on, an encoder that is tuned as a whole may be worth its minutes.
MANY = 40


class Request(StudioRequest):
    """Examples as lines, ``label, text``; questions with the labels ``hand_over`` are for a person at once."""

    knowledge: Name
    examples: Annotated[str, Field(max_length=MAX_PASTED)] = ""
    hand_over: Annotated[list[Name], Field(max_length=classify.MAX_LABELS)] = []
    model: Name | None = None


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Check the examples, and that there are such a base and such a model."""
    must_be_operator(who)
    studio.knowledge.rows.base(request.knowledge)
    model = studio.models.resolve(request.model, who, "classify") if request.model else None
    if model is None or request.examples.strip():
        labels = {example.label for example in classify.parsed(request.examples)}
        _check_labels(request, labels)
    return Admission(request.knowledge, model)


def _check_labels(request: Request, labels: set[str]) -> None:
    for label in request.hand_over:
        if label not in labels:
            raise InvalidInput("hand_over", "{field}: no example has the label {label}.", label=label)


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Learn, and keep what was learned with how good it is."""
    examples = classify.parsed(request.examples) if request.examples.strip() else ()
    if job.row.model:
        learned = yield from _with_model(studio, request, job, examples)
    else:
        learned = yield from _without_model(studio, request, job, examples)
    _keep(studio, request, learned)
    report = learned["report"]
    yield Text(f"{request.knowledge}: {report['accuracy']:.0%}" if report else request.knowledge)
    yield Result({"knowledge": request.knowledge, "report": report, "model": learned.get("model")})


def _keep(studio: "Studio", request: Request, learned: dict[str, Any]) -> None:
    IntentRows(studio.history.store).save(request.knowledge, request.examples, list(request.hand_over), **learned)


def _without_model(
    studio: "Studio", request: Request, job: RunningJob, examples: tuple[Example, ...]
) -> Generator[Event, None, dict[str, Any]]:
    """Learn a head and, of many examples, tune the embedder's own encoder, too; whichever is right more often is kept.

    The head answers meanwhile, and stays where the job is stopped.
    """
    embedder = yield from opened_embedder(studio, job, model=model_for(example.text for example in examples))
    trained = yield from classify.train(job, embedder, examples)
    assert trained.head, "examples are learned by a head"
    learned = {"head": trained.head.to_json(), "report": asdict(trained.report)}
    counts = Counter(example.label for example in examples)
    # The multilingual one has its table of words in a form that is not tuned.
    if trained.head.size == 0 or embedder.model != MODEL or min(counts.values()) < MANY:
        return learned
    _keep(studio, request, learned)
    tuned = yield from _tuned(studio, job, MODEL, examples)
    return tuned if tuned["report"]["accuracy"] > trained.report.accuracy else learned


def _tuned(
    studio: "Studio", job: RunningJob, model: str, examples: tuple[Example, ...]
) -> Generator[Event, None, dict[str, Any]]:
    """Fine-tune an encoder into a model of its own, which then stands among the installed ones."""
    folder = studio.settings.home / "classifiers" / new_id()
    trained = yield from classify.tune(job, studio.models.folder(model), examples, folder)
    name = studio.models.installer.install(str(folder), job.who)
    return {"model": studio.models.resolve(name), "report": asdict(trained.report)}


def _with_model(
    studio: "Studio", request: Request, job: RunningJob, examples: tuple[Example, ...]
) -> Generator[Event, None, dict[str, Any]]:
    """Take a classifier as it is, measured on the examples, or fine-tune an encoder into a model of its own."""
    for state in studio.models.waiting(job.model):
        yield Progress(state.done, state.total, state.note)
    labels = studio.models.engine(job.model).labels
    if not labels:
        if not examples:
            template = "{field}: {model} has no labels yet, so it needs examples."
            raise InvalidInput("examples", template, model=job.model)
        return (yield from _tuned(studio, job, job.model, examples))
    _check_labels(request, set(labels))
    report = None
    if examples:
        guesses = yield from classify.guess_by_model(studio, job, job.model, [one.text for one in examples])
        report = asdict(classify.compared(examples, guesses, len(labels)))
    return {"model": job.model, "report": report}


def overview(studio: "Studio", knowledge: str, who: Principal) -> dict[str, Any]:
    """Return what a base was taught, without what was learned of it; raises ``NotAllowed`` or ``NotFound``."""
    must_be_operator(who)
    known = IntentRows(studio.history.store).get(studio.knowledge.rows.base(knowledge).name)
    fields = asdict(known) if known else {"examples": "", "hand_over": [], "model": None, "report": None}
    return {name: fields.get(name) for name in ("examples", "hand_over", "model", "report", "trained")}


def forget(studio: "Studio", knowledge: str, who: Principal) -> None:
    """Let a base tell nothing apart any more; raises ``NotAllowed`` or ``NotFound``."""
    must_be_operator(who)
    IntentRows(studio.history.store).forget(studio.knowledge.rows.base(knowledge).name)
