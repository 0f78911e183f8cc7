"""What the job core asks of an assistant's module, and what one that says nothing about it gets."""

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

from assistants.jobs.events import Event
from assistants.jobs.running import RunningJob
from assistants.requests import Admission, StudioRequest

A_MINUTE = 120


class BetterModel(Protocol):
    """A better model than the one that answers."""

    @property
    def is_awaited(self) -> bool:
        """Whether jobs that come after it wait."""


class Models(Protocol):
    """What jobs ask of models."""

    @property
    def better(self) -> BetterModel:
        """The one that is on its way."""

    def sha256(self, name: str) -> str | None:
        """Return that of a model's file, where it is known."""


class HasModels(Protocol):
    """All that jobs know of the studio."""

    @property
    def models(self) -> Models:
        """Those that there are."""


# What an assistant finds everything in: the studio.
Host = TypeVar("Host", bound=HasModels, contravariant=True)


class Assistant(Protocol[Host]):
    """A module that does jobs of one kind.

    One that has ``look_over(studio, request, owner)`` checks there what takes its time, before the stores are held.
    ``RESUMABLE = True`` lets its jobs go on after a restart. ``ATTENDED = True`` says that somebody waits on the line
    for the answer: such a job is written down while it runs, not before, and a restart does not run it for nobody.
    ``IN_ORDER = True``: one of an owner's jobs after the other, so that those that wait can change places.
    ``PLAYABLE = True``: its items are messages and an answer, which the playground can ask for again.
    ``ROWS``: the kinds of rows that people have of it (``store.row_kinds``).
    ``A_MINUTE``: how many of its jobs an anonymous visitor may begin in a minute, and all those of a place together.
    """

    ID: str

    @property
    def Request(self) -> type[StudioRequest]:
        """What it is asked; a module's own class."""

    def admit(self, studio: Host, request: Any, owner: str, job_id: str) -> Admission:
        """Check what only the stores can tell and write what must be there before the job runs."""

    def run(self, studio: Host, request: Any, job: RunningJob) -> Iterator[Event]:
        """Do the work, telling of it; closed at the next event when the job is stopped."""


def is_resumable(module: Assistant[Any] | None) -> bool:
    """Say whether the module's jobs go on after they were interrupted."""
    return getattr(module, "RESUMABLE", False)


def is_attended(module: Assistant[Any]) -> bool:
    """Say whether somebody waits on the line for what the module does."""
    return getattr(module, "ATTENDED", False)


def is_in_order(module: Assistant[Any]) -> bool:
    """Say whether the module does one of an owner's jobs after the other."""
    return getattr(module, "IN_ORDER", False)


def is_playable(module: Assistant[Any]) -> bool:
    """Say whether the playground can ask the module's items again."""
    return getattr(module, "PLAYABLE", False)


def a_minute(module: Assistant[Any] | None) -> int:
    """Return how many of the module's jobs may begin in a minute."""
    return getattr(module, "A_MINUTE", A_MINUTE)
