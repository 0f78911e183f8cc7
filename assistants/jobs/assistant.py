"""What the job core asks of an assistant's module, and what one that says nothing about it gets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from assistants.jobs.events import Event
from assistants.jobs.exchange import Exchange, recorded
from assistants.jobs.running import RunningJob
from assistants.principals import Principal
from assistants.requests import Admission, StudioRequest
from assistants.store.jobs import JobRow
from assistants.store.row_kinds import RowKind

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
    """A module that does jobs of one kind; what else it may have is in ``Traits``."""

    ID: str

    @property
    def Request(self) -> type[StudioRequest]:
        """What it is asked; a module's own class."""

    def admit(self, studio: Host, request: Any, who: Principal, job_id: str) -> Admission:
        """Check what only the stores can tell and write what must be there before the job runs."""

    def run(self, studio: Host, request: Any, job: RunningJob) -> Iterator[Event]:
        """Do the work, telling of it; closed at the next event when the job is stopped."""


def overlook(studio: Any, request: Any, who: Principal) -> None:
    """Check nothing."""


def same(studio: Any, job: JobRow) -> dict[str, Any]:
    """Return what the job was asked."""
    return job.request


@dataclass(frozen=True)
class Traits:
    """The parts that a module may leave out, under the same names in capitals or, where it is a function, in small."""

    # Its jobs go on after a restart: ``run`` gets the parts that are stored and skips what is done.
    resumable: bool = False
    # Somebody waits on the line for the answer: such a job is written down while it runs, not before, and a restart
    # does not run it for nobody.
    attended: bool = False
    # One of an owner's jobs after the other, so that those that wait can change places.
    in_order: bool = False
    # Its items are messages and an answer, which the playground can ask for again.
    playable: bool = False
    # The kinds of rows that people have of it.
    rows: tuple[RowKind, ...] = ()
    # How many of its jobs an anonymous visitor may begin in a minute, and all those of a place together.
    a_minute: int = A_MINUTE
    # Checks what takes its time, before the stores are held.
    look_over: Callable[[Any, Any, Principal], None] = overlook
    # Makes of a job what is asked when somebody wants it once more.
    again: Callable[[Any, JobRow], dict[str, Any]] = same
    # Returns the messages that a model was given for a job and its answer, of the step that is named.
    exchange: Callable[[Any, JobRow, str], Exchange] = recorded


def traits(module: Assistant[Any]) -> Traits:
    """Return what a module says of itself, and what holds where it says nothing: the one place that looks."""
    return Traits(
        resumable=getattr(module, "RESUMABLE", Traits.resumable),
        attended=getattr(module, "ATTENDED", Traits.attended),
        in_order=getattr(module, "IN_ORDER", Traits.in_order),
        playable=getattr(module, "PLAYABLE", Traits.playable),
        rows=tuple(getattr(module, "ROWS", Traits.rows)),
        a_minute=getattr(module, "A_MINUTE", A_MINUTE),
        look_over=getattr(module, "look_over", overlook),
        again=getattr(module, "again", same),
        exchange=getattr(module, "exchange", recorded),
    )
