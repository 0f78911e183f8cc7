"""Room on the disk: what a job has made is not lost because there is none at the moment.

Knows how a job waits; knows nothing about what is kept.
"""

import time
from collections.abc import Callable, Generator
from typing import TypeVar

from assistants.errors import Stopped, StoreError
from assistants.jobs.events import Event, Progress
from assistants.jobs.running import RunningJob

T = TypeVar("T")

TRY_SECONDS = 1.0
# As long as somebody needs to find out and make room.
PATIENCE = 1800.0


def kept(job: RunningJob, keep: Callable[[], T]) -> Generator[Event, None, T]:
    """Return what ``keep`` returns; where the disk refuses it, say so and try again until the job is stopped.

    Raises ``Stopped``, and the last ``StoreError`` after half an hour.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return keep()
        except StoreError:
            if time.monotonic() > until:
                raise
            yield Progress(0, None, "Waiting for room on the disk")
            if job.rest(TRY_SECONDS):
                raise Stopped from None
