"""Jobs: generation that lives on the server and not in a page.

``JobRunner`` takes and runs them, ``RunningJob`` is what an assistant's ``run`` holds, the rest are the events it
yields.
"""

from assistants.jobs.assistant import Assistant
from assistants.jobs.events import (
    REASONING,
    Event,
    Part,
    Preview,
    Progress,
    Result,
    Retracted,
    Status,
    Text,
    event_data,
    note,
)
from assistants.jobs.exchange import Exchange
from assistants.jobs.room import kept
from assistants.jobs.runner import JobRunner
from assistants.jobs.running import RunningJob, Stopped
from assistants.store.jobs import JobRow

TERMINAL = frozenset({"done", "stopped", "failed", "interrupted"})

__all__ = [
    "REASONING",
    "TERMINAL",
    "Assistant",
    "Event",
    "Exchange",
    "JobRow",
    "JobRunner",
    "Part",
    "Preview",
    "Progress",
    "Result",
    "Retracted",
    "RunningJob",
    "Status",
    "Stopped",
    "Text",
    "event_data",
    "kept",
    "note",
]
