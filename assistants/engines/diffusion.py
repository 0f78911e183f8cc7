"""Draw with a model by diffusers: a folder or a single file of safetensors, on CUDA, MPS or the CPU.

Knows what the program that runs it (``diffusion_worker``) has to be told; loads no native code itself, and knows
nothing about catalogs or downloads.
"""

import queue
import threading
from base64 import b64decode
from collections.abc import Generator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from assistants.engines.drawing import (
    PREVIEW_SECONDS,
    QUIET_SECONDS,
    SCHEDULERS,
    Drawing,
    Drawn,
    Facts,
    Mark,
    Preview,
    Quiet,
    Step,
    check,
)
from assistants.engines.process import PROGRAMS, Event, Restarting, WorkerProcess, failure
from assistants.errors import InvalidInput

PROGRAM = PROGRAMS / "diffusion_worker"


class Diffusion(Restarting):
    """A model that is open; a process that dies takes its drawing with it, and the next one starts it again."""

    # It draws one picture at a time: two at once take as long, and twice the memory.
    slots = 1

    def __init__(self, model: str, path: Path, text_encoder: Path | None) -> None:
        self.model = model
        self._first = {
            "model": str(path),
            "text_encoder": text_encoder and str(text_encoder),
            "schedulers": SCHEDULERS,
            "previews": PREVIEW_SECONDS,
        }
        self._worker = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def facts(self) -> Facts:
        """What the program said of the model; starts it if need be."""
        said = (self._worker or self.start()).facts
        return Facts(**{one.name: frozen(said[one.name]) for one in fields(Facts)})

    def _launch(self) -> WorkerProcess:
        return WorkerProcess(PROGRAM, self._first)

    def draw(self, drawing: Drawing) -> Generator[Mark, None, None]:
        """Draw; closing the iterator ends it within one step."""
        worker = self.start()
        check(drawing, self.facts)
        number, inbox = worker.ask(drawing=plain(drawing))
        try:
            while True:
                try:
                    event = inbox.get(timeout=QUIET_SECONDS)
                except queue.Empty:
                    yield Quiet()
                    continue
                if event.get("end"):
                    return
                yield mark(event)
        finally:
            worker.forget(number)


def frozen(value: Any) -> Any:
    """Return a list as a tuple."""
    return tuple(value) if isinstance(value, list) else value


def plain(drawing: Drawing) -> Event:
    """Return a drawing as JSON can hold it."""
    paths = {
        name: path and str(path.absolute()) for name in ("init_image", "mask") for path in [getattr(drawing, name)]
    }
    loras = [(str(path.absolute()), weight) for path, weight in drawing.loras]
    return asdict(drawing) | paths | {"loras": loras}


def mark(event: Event) -> Mark:
    """Return what an event of the program says; raises its errors."""
    if "error" in event:
        raise failure(event["error"])
    if "refused" in event:
        refused = event["refused"]
        raise InvalidInput(refused["field"], refused["template"], **refused["values"])
    if "picture" in event:
        return Drawn(event["index"], event["seed"], b64decode(event["picture"]))
    if "preview" in event:
        return Preview(event["index"], b64decode(event["preview"]))
    return Step(event["done"], event["total"])


def open_image(model: str, path: Path, text_encoder: Path | None = None) -> Diffusion:
    """Load the folder or file at ``path`` as ``model``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    engine = Diffusion(model, path, text_encoder)
    engine.start()
    return engine
