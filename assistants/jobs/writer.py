"""The one thread that writes jobs to the database: all that changed, in one transaction, at most every 300 ms.

A job that ends does not wait for that; jobs that end together share a transaction. If the disk refuses, the jobs go
on in memory and the writer tries again. Knows nothing about what runs the jobs.
"""

import logging
import threading
import time

from assistants.errors import StoreError
from assistants.history import History
from assistants.jobs.running import SEAL_SECONDS, RunningJob

FLUSH_SECONDS = 0.3
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class Writer:
    """Saves what is marked; ``settle`` waits until a job's end is on disk."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._changed = threading.Condition()
        self._dirty: dict[str, RunningJob] = {}
        self._ended: dict[str, RunningJob] = {}
        self._rounds = 0
        self._closing = False
        self.problem: StoreError | None = None
        self._thread = threading.Thread(target=self._work, name="job-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def mark(self, job: RunningJob) -> None:
        """Save this job with the next round."""
        with self._changed:
            if job.id not in self._dirty:
                self._dirty[job.id] = job
                self._changed.notify_all()

    def settle(self, job: RunningJob) -> None:
        """Return once the end of ``job`` is on disk, or the disk has refused it once (it will be tried again)."""
        if not job.recorded:
            return
        with self._changed:
            self._ended[job.id] = self._dirty[job.id] = job
            # The round under way may have looked at this job already: wait for the one after it.
            target = self._rounds + 2
            self._changed.notify_all()
            self._changed.wait_for(lambda: job.id not in self._ended or self._rounds >= target)

    def close(self) -> None:
        """Write what is left and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        last = 0.0
        while True:
            with self._changed:
                was_idle = not self._dirty
                self._changed.wait_for(lambda: self._dirty or self._closing)
                if not self._dirty:
                    return
                # What has just come is left alone for a moment: its engine is about to need the processor.
                last = time.monotonic() if was_idle else last
                due = FLUSH_SECONDS if not self.problem else RETRY_SECONDS
                is_urgent = self._closing or (self._ended and not self.problem)
                is_due = is_urgent or time.monotonic() - last >= due
                dirty = list(self._dirty.values())
            for job in dirty:
                job.seal()
            if is_due:
                last = time.monotonic()
                if not self._flush(dirty) and self._closing:
                    return
            with self._changed:
                self._changed.wait_for(lambda: self._closing or (self._ended and not self.problem), SEAL_SECONDS)

    def _flush(self, dirty: list[RunningJob]) -> bool:
        with self._changed:
            for job in dirty:
                self._dirty.pop(job.id, None)
        states = [(job, *job.unsaved()) for job in dirty if job.recorded]
        try:
            self._history.jobs.save([(row, events) for _, row, events, _ in states])
        except StoreError as error:
            log.error("%s What is under way is kept in memory; trying again.", error)
            problem: StoreError | None = error
        else:
            problem = None
            for job, _, _, mark in states:
                job.saved(mark)
        with self._changed:
            self.problem = problem
            self._rounds += 1
            for job, row, _, _ in states:
                if problem:
                    self._dirty[job.id] = job
                elif not row.is_open:
                    self._ended.pop(job.id, None)
            self._changed.notify_all()
        return not problem
