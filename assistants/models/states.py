"""How far each model is, and a bell for those who wait. Knows nothing about what is done to a model meanwhile."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assistants.errors import StudioError

State = Literal["absent", "downloading", "paused", "installed", "loading", "ready", "failed"]

WAIT_SECONDS = 0.5
UNDER_WAY = ("downloading", "loading")


@dataclass(frozen=True)
class ModelState:
    """How far a model is; ``done`` and ``total`` are bytes while it downloads or its download is paused."""

    name: str
    state: State
    note: str = ""
    done: float = 0
    total: float | None = None
    failure: StudioError | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether something is being done to it just now."""
        return self.state in UNDER_WAY

    @property
    def error(self) -> str | None:
        """Why it failed, in English."""
        return str(self.failure) if self.failure else None


class States:
    """The states of all models that are not at rest, by label: a model has one for each of its engines."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._states: dict[str, ModelState] = {}

    def get(self, label: str) -> ModelState | None:
        """Return the state of a model that is not at rest."""
        return self._states.get(label)

    def all(self) -> dict[str, ModelState]:
        """Return the states by label."""
        with self.changed:
            return dict(self._states)

    def set(self, label: str, state: ModelState) -> None:
        """Change a state and tell who waits."""
        with self.changed:
            self._states[label] = state
            self.changed.notify_all()

    def rest(self, label: str) -> None:
        """Forget a state: the model is as it lies on the disk."""
        with self.changed:
            self._states.pop(label, None)
            self.changed.notify_all()

    def next(self, look: Callable[[], ModelState], shown: ModelState | None) -> ModelState:
        """Return what ``look`` sees once that is another state than ``shown``, or after half a second."""
        with self.changed:
            if look() == shown:
                self.changed.wait(WAIT_SECONDS)
            return look()
