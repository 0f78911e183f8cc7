"""Classifiers by scikit-learn and transformers: learned from examples, or opened from a folder.

Knows how to talk to the process that trains and runs them (``classifier_worker``); loads no native code itself, and
knows nothing about what the labels are for.
"""

import base64
import queue
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from assistants.engines.process import PROGRAMS, QUIET_SECONDS, Event, InFolder, WorkerProcess, failure


class LocalClassifier(InFolder):
    """A classifier that is open: a BERT with its labels, or one that has none yet and can only be trained."""

    program: ClassVar[Path] = PROGRAMS / "classifier_worker.py"

    def __init__(self, model: str, folder: Path) -> None:
        """Load the model, which takes seconds; raises ``ModelUnavailable``."""
        super().__init__(model, folder)
        self.labels: tuple[str, ...] = tuple(self.start().facts["labels"])

    def classify(self, texts: list[str]) -> list[list[float]]:
        """Return the probability of each of the ``labels`` for each text; raises ``GenerationFailed``."""
        return self.start().ask_once(texts=texts)["shares"]


def open_classifier(name: str, folder: Path) -> LocalClassifier:
    """Load the classifier in ``folder`` as ``name``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    return LocalClassifier(name, folder)


@contextmanager
def trainer(folder: Path | None = None) -> Iterator[WorkerProcess]:
    """Lend a process that trains, on the encoder in ``folder`` if one is given; it ends with the block."""
    worker = WorkerProcess(LocalClassifier.program, {"model": str(folder or "")})
    try:
        yield worker
    finally:
        worker.close()


def learn_head(worker: WorkerProcess, rows: Any, targets: list[int]) -> Generator[Event, None, None]:
    """Learn a head from rows of 32-bit numbers; yields progress, an empty event now and then, and at last the head."""
    packed = base64.b64encode(rows.tobytes()).decode()
    yield from _events(worker, head={"rows": packed, "width": rows.shape[1], "targets": targets})


def tune(
    worker: WorkerProcess, texts: list[str], targets: list[int], labels: list[str], folder: Path
) -> Generator[Event, None, None]:
    """Fine-tune the encoder into ``folder``; yields as ``learn_head`` does."""
    yield from _events(worker, tune={"texts": texts, "targets": targets, "labels": labels, "folder": str(folder)})


def _events(worker: WorkerProcess, **command: Any) -> Iterator[Event]:
    number, inbox = worker.ask(**command)
    try:
        event: Event = {}
        while "temperature" not in event:
            try:
                event = inbox.get(timeout=QUIET_SECONDS)
            except queue.Empty:
                event = {}
            if "error" in event:
                raise failure(event["error"])
            yield event
    finally:
        worker.forget(number)
