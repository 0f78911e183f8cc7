"""Training: a head on features, in a process of its own, or an encoder (BERT) that is fine-tuned as a whole.

Steps of a job: they tell how far they are and end when the job is stopped. Knows nothing about where what was learned
is kept, but for the folder of a model that was tuned.
"""

import base64
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from assistants.classify.examples import Example
from assistants.classify.features import rows
from assistants.classify.head import Guess, Head, guesses
from assistants.classify.report import Report, compared
from assistants.embedder import Embedder
from assistants.engines import classifier
from assistants.jobs import Event, Progress, RunningJob, Stopped

if TYPE_CHECKING:
    from assistants.studio import Studio

# Texts that the embedder reads before a stop takes effect.
BATCH = 32
READING = "Reading the examples"
LEARNING = "Learning from the examples"


@dataclass(frozen=True)
class Trained:
    """What was learned: a head, or an encoder in ``folder``; and how good it is."""

    report: Report
    head: Head | None = None
    folder: Path | None = None


def train(job: RunningJob, embedder: Embedder, examples: Sequence[Example]) -> Generator[Event, None, Trained]:
    """Learn a head from examples that were checked; raises ``GenerationFailed``, and ``Stopped`` with its job."""
    began = monotonic()
    labels = tuple(dict.fromkeys(example.label for example in examples))
    features = yield from _read(job, embedder, [example.text for example in examples])
    targets = [labels.index(example.label) for example in examples]
    with classifier.trainer() as worker:
        learned = yield from _followed(job, classifier.learn_head(worker, features, targets))
    weights = np.frombuffer(base64.b64decode(learned["weights"]), np.float32).reshape(len(labels), -1)
    head = Head(labels, weights, np.array(learned["bias"], np.float32), learned["temperature"], embedder.model)
    held_out = guesses(labels, np.array(learned["held_out"]))
    return Trained(compared(examples, held_out, len(labels), monotonic() - began), head)


def _read(job: RunningJob, embedder: Embedder, texts: list[str]) -> Generator[Event, None, Any]:
    """Return the features of texts."""
    vectors: list[list[float] | None] = []
    for start in range(0, len(texts), BATCH):
        yield Progress(start, len(texts), READING)
        if job.stopping:
            raise Stopped
        vectors += embedder.vectors(texts[start : start + BATCH], "query")
    return rows(texts, vectors, max((len(vector) for vector in vectors if vector), default=0))


def _followed(job: RunningJob, events: Generator[dict[str, Any], None, None]) -> Generator[Event, None, dict[str, Any]]:
    """Tell of a training's events and return the last one."""
    event: dict[str, Any] = {}
    with closing(events):
        for event in events:
            if job.stopping:
                raise Stopped
            if "done" in event:
                yield Progress(event["done"], event["total"], LEARNING)
    return event


def tune(job: RunningJob, encoder: Path, examples: Sequence[Example], folder: Path) -> Generator[Event, None, Trained]:
    """Fine-tune the encoder in a folder into another one; raises as ``train`` does, and ``ModelUnavailable``."""
    began = monotonic()
    labels = list(dict.fromkeys(example.label for example in examples))
    yield Progress(0, None, "Loading the model")
    with classifier.trainer(encoder) as worker:
        texts, targets = [one.text for one in examples], [labels.index(one.label) for one in examples]
        learned = yield from _followed(job, classifier.tune(worker, texts, targets, labels, folder))
    held = [examples[place] for place in learned["held"]]
    held_out = guesses(labels, np.array(learned["held_out"]))
    return Trained(compared(held, held_out, len(labels), monotonic() - began), folder=folder)


def guess_by_model(
    studio: "Studio", job: RunningJob, model: str, texts: Sequence[str]
) -> Generator[Event, None, list[Guess]]:
    """Let an installed classifier guess; raises ``ModelUnavailable``, or ``GenerationFailed`` where it breaks."""
    for state in studio.models.waiting(model):
        yield Progress(state.done, state.total, state.note)
    engine = studio.models.engine(model)
    with job.slot(model, engine.slots):
        return guesses(engine.labels, np.array(engine.classify(list(texts))))
