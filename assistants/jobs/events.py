"""What a running job tells: seven kinds of event, each a small frozen record that survives as JSON.

Knows nothing about who listens.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from assistants.storable import storable

# The part that has more of what the model thinks before its output, as {"text": ...}.
REASONING = "reasoning"


@dataclass(frozen=True, slots=True)
class Text:
    """More of the output."""

    delta: str
    kind: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True)
class Retracted:
    """The output so far is none: it turned out to be the model's reasoning."""

    kind: ClassVar[str] = "retracted"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is, in any unit; ``total`` is None while it is unknown; ``note`` says of what, in English."""

    done: float
    total: float | None
    note: str
    kind: ClassVar[str] = "progress"


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of the work so far, by its address, which leads nowhere once the job has ended."""

    file: str
    kind: ClassVar[str] = "preview"


@dataclass(frozen=True, slots=True)
class Part:
    """A finished piece that a resumed job will not make again."""

    name: str
    data: Any
    kind: ClassVar[str] = "part"


@dataclass(frozen=True, slots=True)
class Result:
    """What the job returns beside its text."""

    data: dict[str, Any]
    kind: ClassVar[str] = "result"


@dataclass(frozen=True, slots=True)
class Status:
    """The job's new state; a failed one says why, as a template and its values."""

    status: str
    failure: dict[str, Any] | None = None
    kind: ClassVar[str] = "status"


Event = Text | Retracted | Progress | Preview | Part | Result | Status


def note(template: str, /, **values: Any) -> Part:
    """Return a sentence about how the work went, for the reader's language to be put in at the edge."""
    return Part("note", {"template": template, "values": values})


KINDS: dict[str, type[Event]] = {cls.kind: cls for cls in (Text, Retracted, Progress, Preview, Part, Result, Status)}


def event_data(event: Event) -> dict[str, Any]:
    """Return the fields of ``event`` as JSON-able data."""
    return asdict(event)


def event_from(kind: str, data: dict[str, Any]) -> Event:
    """Return the event that ``event_data`` was taken from."""
    return KINDS[kind](**data)


def output_of(events: Iterable[Event]) -> list[str]:
    """Return the pieces of the output that events tell of."""
    pieces: list[str] = []
    for event in events:
        if isinstance(event, Text):
            pieces.append(event.delta)
        elif isinstance(event, Retracted):
            pieces.clear()
    return pieces


def reasoning_of(events: Iterable[Event]) -> str:
    """Return what the model thought."""
    return "".join(event.data["text"] for event in events if isinstance(event, Part) and event.name == REASONING)


def part_key(part: Part) -> str | None:
    """Return what tells a part from others, before it was stored and after; None of one that cannot be stored."""
    try:
        return json.dumps(event_data(part), sort_keys=True)
    except (TypeError, ValueError):
        return None


def writable(event: Event) -> Event | None:
    """Return what can be written down of ``event``: a text in any case, anything else as a whole or not at all."""
    if isinstance(event, Text):
        return Text(storable(event.delta))
    try:
        json.dumps(event_data(event), ensure_ascii=False).encode()
    except Exception:  # noqa: BLE001 (whatever a plugin's objects raise)
        return None
    return event
