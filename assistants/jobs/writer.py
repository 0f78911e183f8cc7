"""The one thread that writes jobs to the database: all that changed, in one transaction, at most every 40 ms.

What a job tells is held back until it is written, which takes a millisecond or two, so that nothing that anybody saw is
lost when the process dies. First words and ends do not wait for the next round; jobs that end together share one. If
the disk refuses, or keeps the writer waiting, the jobs go on in memory and all can see them; the writer tries again.
What one job brings and no database can hold fails that job and no other. Knows nothing about what runs the jobs.
"""

import logging
import threading
import time

from assistants.closing import Deadline
from assistants.errors import GenerationFailed, StoreError
from assistants.history import History
from assistants.jobs.running import SEAL_SECONDS, RunningJob

RETRY_SECONDS = 1.0
# A transaction takes milliseconds; a machine that comes back from sleep, or a busy disk, some seconds.
STUCK_SECONDS = 15.0

REFUSED = "What this made can't be stored ({kind}), so it was ended. Its text is kept; the studio's log says more."
STUCK = "The disk has not taken what is made for {seconds} seconds. It is kept in memory meanwhile."
ENDED = "Nothing is saved any more: what saves it has ended. Start the studio again; its log says more."
BROKEN = "What is made can't be saved just now ({kind}). It is kept in memory; the studio's log says more."

log = logging.getLogger(__name__)


class Writer:
    """Saves what is marked; ``settle`` waits until a job's end is on disk."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._changed = threading.Condition()
        self._dirty: dict[str, RunningJob] = {}
        self._ended: dict[str, RunningJob] = {}
        # What the database takes in no form; it can be seen as long as this process lives.
        self._given_up: dict[str, RunningJob] = {}
        self._awaited = self._begins = False
        self._rounds = 0
        # When the round under way began, and when the last one that nobody called for.
        self._began: float | None = None
        self._last = 0.0
        self._closing = False
        self._failing: StoreError | None = None
        self._thread = threading.Thread(target=self._work, name="job-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    @property
    def problem(self) -> StoreError | None:
        """Why what jobs make does not get to the disk just now, if it does not."""
        began = self._began
        if self._failing or self._closing:
            return self._failing
        if not self._thread.is_alive():
            return StoreError(ENDED)
        seconds = time.monotonic() - began if began else 0
        return StoreError(STUCK, seconds=round(seconds)) if seconds > STUCK_SECONDS else None

    def mark(self, job: RunningJob) -> None:
        """Save this job with the next round."""
        if self._failing or not job.recorded:
            job.reveal()
        is_awaited = job.is_awaited
        with self._changed:
            if job.id not in self._dirty or (is_awaited and not (self._awaited and job.has_begun)):
                self._dirty[job.id] = job
                self._awaited = self._awaited or is_awaited
                self._begins = self._begins or (is_awaited and not job.has_begun)
                self._changed.notify_all()

    def flush_and_wait(self, job: RunningJob) -> None:
        """Return once the end of ``job`` is on disk, or at once while the disk refuses: it is tried again then."""
        if not job.recorded:
            return
        with self._changed:
            self._ended[job.id] = self._dirty[job.id] = job
            # The round under way may have looked at this job already: wait for the one after it.
            target = self._rounds + 2
            self._changed.notify_all()
            while job.id in self._ended and self._rounds < target and self._thread.is_alive() and not self._failing:
                self._changed.wait(RETRY_SECONDS)

    def unwritten(self, job_id: str) -> RunningJob | None:
        """Return a job that has ended while its end is not on disk."""
        with self._changed:
            return self._ended.get(job_id) or self._given_up.get(job_id)

    def close(self, deadline: Deadline) -> None:
        """Write what is left and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        deadline.join([self._thread])

    def _work(self) -> None:
        while dirty := self._next():
            try:
                failing = self._save(dirty)
            except Exception as error:  # a mistake of ours: what is under way is not lost for it
                log.exception("what is made cannot be saved")
                failing = StoreError(BROKEN, kind=type(error).__name__)
            self._note(dirty, failing)
            if failing and self._closing:
                return

    def _next(self) -> list[RunningJob]:
        """Wait until it is time and return what is to be saved; nothing when all is done."""
        with self._changed:
            self._changed.wait_for(lambda: self._dirty or self._closing)
            # A job that has only just come is left alone for a moment: its engine is about to need the processor.
            self._changed.wait_for(lambda: self._awaited or self._is_urgent, SEAL_SECONDS)
            due = self._last + (RETRY_SECONDS if self._failing else SEAL_SECONDS) - time.monotonic()
            self._changed.wait_for(lambda: self._is_urgent, due)
            self._began = time.monotonic()
            self._last = self._last if self._is_urgent else self._began
            dirty, self._awaited, self._begins = list(self._dirty.values()), False, False
            self._dirty.clear()
        return dirty

    @property
    def _is_urgent(self) -> bool:
        return self._closing or bool((self._ended or self._begins) and not self._failing)

    def _save(self, jobs: list[RunningJob]) -> StoreError | None:
        """Save jobs in one transaction, or one by one where something is wrong with one of them."""
        recorded = [job for job in jobs if job.recorded]
        try:
            states = [(job, *job.unsaved()) for job in recorded]
            if states:
                self._history.jobs.save([(row, events) for _, row, events, _ in states])
        except StoreError as error:
            return error
        except Exception as error:
            if len(recorded) > 1:
                failures = [self._save([job]) for job in recorded]
                return next(filter(None, failures), None)
            (job,) = recorded
            log.exception("what job %s made cannot be written", job.id)
            job.refuse(GenerationFailed(REFUSED, kind=type(error).__name__))
            if not job.recorded:
                self._given_up[job.id] = job
            return None
        for job, _, _, mark in states:
            job.saved(mark)
        return None

    def _note(self, jobs: list[RunningJob], failing: StoreError | None) -> None:
        if failing and str(failing) != str(self._failing):
            log.error("%s What is under way is kept in memory; trying again.", failing)
        for job in jobs:
            if failing or not job.recorded:
                job.flush_text()
                job.reveal()
        with self._changed:
            self._failing, self._began = failing, None
            self._rounds += 1
            for job in jobs:
                if job.recorded and job.has_news:
                    self._dirty[job.id] = job
                else:
                    self._ended.pop(job.id, None)
            self._changed.notify_all()
