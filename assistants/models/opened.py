"""The open engines: one for each model, or two where one engine cannot do all; those nobody uses make room for others.

Knows whose memory may be taken back; knows nothing about how a model is fetched or what runs it.
"""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from assistants import memory
from assistants.errors import ModelUnavailable

GIGABYTE = 2**30


class NoMemory(ModelUnavailable):
    """There is no room for a model just now."""


@dataclass(frozen=True)
class Opened:
    """An engine that is open, and the model it runs."""

    model: str
    engine: Any


class Engines:
    """Every open engine, by label; ``in_use`` says which models jobs under way name, ``own`` which one always stays."""

    def __init__(self, in_use: Callable[[], Collection[str]], own: Callable[[], str | None]) -> None:
        self._in_use = in_use
        self._own = own
        self._lock = threading.Lock()
        self._open: dict[str, Opened] = {}

    def get(self, label: str) -> Any | None:
        """Return an engine, if it is open."""
        with self._lock:
            opened = self._open.get(label)
        return opened and opened.engine

    def keep(self, label: str, model: str, engine: Any) -> None:
        """Take in an engine that was opened."""
        with self._lock:
            self._open[label] = Opened(model, engine)

    def labels(self, model: str) -> list[str]:
        """Return the labels of a model's open engines."""
        with self._lock:
            return [label for label, opened in self._open.items() if opened.model == model]

    def is_in_use(self, model: str) -> bool:
        """Say whether a job under way names the model."""
        return model in self._in_use()

    def close(self, labels: Collection[str]) -> None:
        """Close engines; their memory is free when this returns."""
        with self._lock:
            closing = [self._open.pop(label) for label in labels if label in self._open]
        for opened in closing:
            opened.engine.close()

    def close_all(self) -> None:
        """Close every engine."""
        with self._lock:
            labels = list(self._open)
        self.close(labels)

    def make_room(self, title: str, need: int | None) -> list[str]:
        """Close idle engines until ``need`` bytes are free and return their labels; raises ``ModelUnavailable``."""
        closed: list[str] = []
        while need and memory.available() < need:
            label = self._take_idle()
            if label is None:
                template = (
                    "{model} needs about {needed} GB of memory, and {free} GB are free."
                    " Close other programs, or choose a smaller model."
                )
                sizes = {"needed": f"{need / GIGABYTE:.1f}", "free": f"{memory.available() / GIGABYTE:.1f}"}
                raise NoMemory(template, model=title, **sizes)
            closed.append(label)
        return closed

    def _take_idle(self) -> str | None:
        """Close the engine that was opened first of those that nobody uses, and return its label."""
        with self._lock:
            # Under the lock: a job that begins now finds its engine gone and opens it again.
            busy = {self._own(), *self._in_use()}
            label = next((label for label, opened in self._open.items() if opened.model not in busy), None)
            opened = self._open.pop(label) if label else None
        if opened:
            opened.engine.close()
        return label
