"""What the lab asks of each of its parts, and what a part is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from assistants.jobs import Event, RunningJob
from assistants.principals import Principal
from assistants.requests import Admission, StudioRequest

OptionsType = TypeVar("OptionsType", bound=StudioRequest)


@dataclass(frozen=True)
class Look(Generic[OptionsType]):
    """What is to be looked into: a text, or what a job made (of its step ``which``), by which model, and how."""

    text: str | None
    job: str | None
    which: str
    model: str | None
    options: OptionsType


class LabPart(Protocol):
    """A module of the lab."""

    @property
    def Options(self) -> type[StudioRequest]:
        """What may be set about it; a module's own class."""

    def admit(self, studio: Any, look: Look[Any], who: Principal) -> Admission:
        """Check what only the stores can tell."""

    def run(self, studio: Any, look: Look[Any], job: RunningJob) -> Iterator[Event]:
        """Look, and end with a result of numbers."""
