"""What an owner's pictures wait for: the queue of image jobs, as people see and order it. Knows nothing about how."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants.studio import Studio

IMAGES = "images"


@dataclass(frozen=True)
class Waiting:
    """A job that draws or waits; ``position`` counts from 1 among those that wait, 0 is being drawn."""

    id: str
    status: str
    prompt: str
    count: int
    position: int
    created: str


def queue(studio: "Studio", owner: str) -> tuple[list[Waiting], bool]:
    """Return the owner's jobs in the order in which they are drawn, and whether they are held back."""
    rows, paused = studio.jobs.queue(owner, IMAGES)
    found, position = [], 0
    for row in rows:
        position += row.status == "queued"
        place = position if row.status == "queued" else 0
        found.append(Waiting(row.id, row.status, row.input, row.request.get("count", 1), place, row.created))
    return found, paused
