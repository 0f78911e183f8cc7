"""The job core: takes requests, runs them fairly, lets anybody follow, and picks up after a crash.

A page or a client only ever looks at a job: closing it changes nothing. Knows nothing about any one assistant beyond
``Request``, ``admit`` and ``run``, nor about HTTP.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from assistants.bounded import CALLER, Caller
from assistants.closing import Deadline
from assistants.errors import BROKEN, GenerationFailed, InvalidInput, NotFound, QueueFull, StoreError, StudioError
from assistants.history import History
from assistants.jobs.assistant import Assistant, HasModels, Traits, traits
from assistants.jobs.events import Event, Status, event_from
from assistants.jobs.exchange import Exchange
from assistants.jobs.pace import Pace
from assistants.jobs.queues import Queues
from assistants.jobs.running import Numbered, RunningJob, Stopped
from assistants.jobs.shares import Shares
from assistants.jobs.slots import Slots
from assistants.jobs.workers import Workers
from assistants.jobs.writer import Writer
from assistants.principals import NOWHERE, Principal
from assistants.requests import BETTER_MODEL, StudioRequest, validated
from assistants.store import new_id, now
from assistants.store.jobs import JobRow

Host = TypeVar("Host", bound=HasModels)

# Followers see what is on disk. Where the disk refused, they have seen more, for as long as that lasted: 25 events a
# second and the parts of a large matrix, so a job would have to run for hours to see as many.
CRASH_GAP = 1_000_000
CLOSE_SECONDS = 5.0
# Of closing, for the last of it to be written down.
WRITE_SECONDS = 1.0
# So long an anonymous visitor's job may run while others could in its place; whether it has is looked at so often.
TURN_SECONDS = 600.0
CHECK_SECONDS = 5.0
# Those of whom nobody knows whence they come are from many places: together they may begin so many times as many jobs.
PLACES = 5
# A job that was begun so often, and each time the process died, may be why it died.
MOST_STARTS = 3

GAVE_WAY = "Stopped after {minutes} minutes because others are waiting. What there is so far is kept; try again later."
TOO_OFTEN = (
    "The studio ended unexpectedly {count} times while this ran, so it isn't started again by itself. "
    "What it had made is kept."
)

log = logging.getLogger(__name__)


@contextmanager
def ended(events: Iterator[Event]) -> Iterator[Iterator[Event]]:
    """Hand on what an assistant tells, and end its work with the block; a ``run`` that is no generator has ended."""
    try:
        yield events
    finally:
        if isinstance(events, Generator):
            events.close()


class JobRunner(Generic[Host]):
    """Runs the jobs of all owners on ``workers`` threads; ``start`` it with the studio that assistants get."""

    def __init__(self, history: History, assistants: Iterable[Assistant[Host]], workers: int, queue_size: int) -> None:
        self._history = history
        self._assistants = {assistant.ID: assistant for assistant in assistants}
        self._traits = {name: traits(module) for name, module in self._assistants.items()}
        self._writer = Writer(history)
        self._changed = threading.Condition()
        self._live: dict[str, RunningJob] = {}
        in_order = {name for name, one in self._traits.items() if one.in_order}
        self._queues = Queues(workers, queue_size, in_order, history.jobs.paused())
        # By name and number: a model that writes and one that draws may have the same name. Jobs keep what they use.
        self._slots: WeakValueDictionary[tuple[str, int], Slots] = WeakValueDictionary()
        self._pace = Pace()
        self._closing = False
        self._closed = threading.Event()
        self._workers = Workers(self._changed, workers, self._work)

    def start(self, studio: Host) -> None:
        """Pick up what the last run left and begin to work."""
        self._studio = studio
        self._writer.start()
        for row in self._history.jobs.unfinished():
            self._recover(row)
        self.wake()
        threading.Thread(target=self._keep_turns, name="job-turns", daemon=True).start()

    # What everybody uses

    def submit(self, assistant: str, request: dict[str, Any], who: Principal) -> JobRow:
        """Check a request, write it down and queue it; raises ``InvalidInput``, ``NotFound`` or ``QueueFull``."""
        return self.begin(assistant, request, who).row

    def begin(self, assistant: str, request: dict[str, Any], who: Principal, *, recorded: bool = True) -> RunningJob:
        """Do what ``submit`` does and return the job itself; one that is not ``recorded`` never reaches the disk."""
        module = self._assistants.get(assistant)
        if module is None:
            known = ", ".join(self._assistants)
            raise InvalidInput("assistant", "{field} must be one of: {known}.", known=known)
        self._keep_pace(assistant, who)
        checked = validated(module.Request, request)
        places = self._reserve(who, assistant)
        try:
            self._traits[assistant].look_over(self._studio, checked, who)
            if self._traits[assistant].attended or not recorded:
                row = self._admit(module, checked, who)
            else:
                with self._history.store.write():
                    row = self._admit(module, checked, who)
                    self._history.jobs.insert(row)
        except BaseException:
            with self._changed:
                places.give(who)
            raise
        job = RunningJob(row, self._slots_of, self._writer.mark, [], recorded=recorded)
        job.publish(Status("queued"))
        with self._changed:
            self._live[job.id] = job
            self._queues.add(job, places)
            self._workers.call()
        return job

    def again(self, job_id: str, who: Principal) -> JobRow:
        """Submit once more what an earlier job was asked, or what the assistant's ``again`` makes of it."""
        row = self.get(job_id, who.id)
        return self.submit(row.assistant, self._traits_of(row.assistant).again(self._studio, row), who)

    def exchange(self, job_id: str, owner: str, which: str = "") -> Exchange:
        """Return what a model was given for the owner's job and answered; raises ``InvalidInput`` where none was."""
        row = self.get(job_id, owner)
        return self._traits_of(row.assistant).exchange(self._studio, row, which)

    def _admit(self, module: Assistant[Host], request: StudioRequest, who: Principal) -> JobRow:
        job_id = new_id()
        admission = module.admit(self._studio, request, who, job_id)
        return JobRow(
            id=job_id,
            assistant=module.ID,
            owner=who.id,
            status="queued",
            model=admission.model,
            model_sha256=admission.model and self._studio.models.sha256(admission.model),
            input=admission.input,
            request=request.model_dump(mode="json", exclude_unset=True) | admission.settled,
            result=admission.result,
            after=admission.after,
            created=now(),
        )

    def get(self, job_id: str, owner: str) -> JobRow:
        """Return the owner's job as it stands or raise ``NotFound``."""
        job = self._find(job_id, owner)
        return job.snapshot() if job else self._history.jobs.get(job_id, owner)

    def stop(self, job_id: str, owner: str) -> JobRow:
        """Ask a job to stop, keeping what there is; one that has ended is left as it is."""
        job = self._find(job_id, owner)
        if job is None:
            return self._history.jobs.get(job_id, owner)
        with self._changed:
            was_queued = self._queues.remove(job)
        if was_queued:
            self._end(job, "stopped")
        elif not job.stopping or job.gives_way:
            job.publish(Status("stopping"))
            job.ask_to_stop()
        return job.snapshot()

    def skip(self, job_id: str, owner: str) -> JobRow:
        """Ask a job to leave out the step that it is at and go on with the next; without a step it changes nothing."""
        job = self._find(job_id, owner)
        if job:
            job.ask_to_skip()
        return self.get(job_id, owner)

    def preview(self, job_id: str, owner: str) -> bytes:
        """Return the last picture that a running job has shown of its work; raises ``NotFound``."""
        job = self._find(job_id, owner)
        if job is None or job.shown is None:
            raise NotFound("There is no such picture.")
        return job.shown

    def queue(self, owner: str, assistant: str) -> tuple[list[JobRow], bool]:
        """Return the owner's jobs of an assistant that are under way or wait, in their order, and if they are held."""
        with self._changed:
            waiting = self._queues.waiting(owner, assistant)
            mine = [job for job in self._live.values() if job.owner == owner and job.row.assistant == assistant]
            running = [job for job in mine if job not in waiting]
            return [job.snapshot() for job in running + waiting], self._queues.is_paused(owner, assistant)

    def arrange(self, owner: str, assistant: str, order: list[str]) -> None:
        """Let the owner's waiting jobs run in this order, also after a restart; those not named come after them."""
        with self._changed:
            ids = self._queues.arrange(owner, assistant, order)
        self._history.jobs.arrange(ids)

    def pause(self, who: Principal, assistant: str, paused: bool) -> None:
        """Hold the owner's waiting jobs of an assistant back, also after a restart, or let them go on.

        Raises ``QueueFull`` where an anonymous visitor does so too often: it is written down for each.
        """
        self._keep_pace(assistant, who)
        self._history.jobs.pause(who.id, assistant, paused)
        with self._changed:
            self._queues.pause(who.id, assistant, paused)
            self._workers.call()

    def wait(self, job_id: str, owner: str, timeout: float | None = None) -> JobRow:
        """Return the job once it has ended, or as it stands after ``timeout`` seconds."""
        job = self._find(job_id, owner)
        if job:
            job.ended.wait(timeout)
        return self.get(job_id, owner)

    def follow(self, job_id: str, owner: str, after: int = 0) -> AsyncIterator[Numbered]:
        """Yield the job's events numbered higher than ``after``, stored ones first, until it has ended."""
        job = self._find(job_id, owner)
        return job.follow(after) if job else self._replay(job_id, owner, after)

    async def _replay(self, job_id: str, owner: str, after: int) -> AsyncIterator[Numbered]:
        await asyncio.to_thread(self._history.jobs.get, job_id, owner)
        for number, kind, data in await asyncio.to_thread(self._history.jobs.events, job_id):
            if number > after:
                yield number, event_from(kind, data)

    def models_in_use(self) -> set[str]:
        """Return the models that jobs under way name or ask just now, so that nobody takes them away."""
        with self._changed:
            waiting = {job.id for job in self._queues}
            return {name for job in self._live.values() if job.id not in waiting for name in job.models}

    @property
    def problem(self) -> StudioError | None:
        """Why what is made cannot be kept just now, if it cannot."""
        return self._writer.problem or self._history.problem

    def interrupt(self) -> None:
        """Ask what runs to end, and begin nothing more; queued and resumable jobs go on next time."""
        with self._changed:
            self._closing = True
            self._closed.set()
            self._changed.notify_all()
            live = list(self._live.values())
        for job in live:
            job.ask_to_stop()

    def wait_for_all(self, deadline: Deadline, spare: float) -> None:
        """Wait until all that ran has ended, but not into the last ``spare`` seconds."""
        deadline.join(self._workers.threads, spare)

    def close(self, deadline: Deadline | None = None) -> None:
        """Interrupt what runs, keeping it, and write everything down by the deadline."""
        deadline = deadline or Deadline(CLOSE_SECONDS)
        self.interrupt()
        with self._changed:
            live = list(self._live.values())
        self.wait_for_all(deadline, WRITE_SECONDS)
        self._writer.close(deadline)
        for job in live:
            job.announce()

    def _traits_of(self, assistant: str) -> Traits:
        """Return those of an assistant, which may be one that is no longer there."""
        return self._traits.get(assistant) or Traits()

    # The queue

    def _keep_pace(self, assistant: str, who: Principal) -> None:
        limit = self._traits_of(assistant).a_minute
        for group in who.groups[:0:-1]:
            if not self._pace.take(f"{assistant} {group}", limit * PLACES if group == NOWHERE else limit):
                raise QueueFull("You ask faster than can be answered. Wait a minute.")

    def _reserve(self, who: Principal, assistant: str) -> Shares:
        with self._changed:
            if self._closing:
                raise QueueFull("The studio is shutting down.")
            return self._queues.reserve(who, assistant)

    def _find(self, job_id: str, owner: str) -> RunningJob | None:
        with self._changed:
            job = self._live.get(job_id)
        job = job or self._writer.unwritten(job_id)
        if job and job.owner != owner:
            raise NotFound("There is no such item.")
        return job

    def _next(self) -> RunningJob | None:
        """Wait for a job that may run and take it; None when closing."""
        with self._changed:
            while not self._closing:
                if job := self._queues.pick(self._is_awaited):
                    # There may be another that can run now.
                    if self._queues:
                        self._workers.call()
                    return job
                self._workers.rest()
        return None

    def _is_awaited(self, after: str | None) -> bool:
        """Say whether what a job comes after has not ended yet."""
        return after in self._live or (after == BETTER_MODEL and self._studio.models.better.is_awaited)

    def wake(self) -> None:
        """Look again which jobs may run: something that they come after may be over."""
        with self._changed:
            if self._queues:
                self._workers.call()

    def _slots_of(self, engine: str, count: int) -> Slots:
        with self._changed:
            return self._slots.setdefault((engine, count), Slots(count))

    # The work

    def _work(self) -> None:
        while job := self._next():
            status, failure = self._run(job)
            with self._changed:
                self._queues.ended(job)
                if status == "interrupted" and not (self._closing or job.gives_way):
                    status = "stopped"  # somebody did so meanwhile
                goes_on = status == "interrupted" and self._traits[job.row.assistant].resumable
                if goes_on and not self._closing:
                    self._put_back(job)
            if goes_on:
                self._count_start(job, -1)
            else:
                self._end(job, status, failure)

    def _put_back(self, job: RunningJob) -> None:
        job.go_on()
        job.publish(Status("queued"))
        self._queues.restore(job)
        self._workers.call()

    def _keep_turns(self) -> None:
        """Let jobs of anonymous visitors that take long give way to others, who would wait for ever else."""
        while not self._closed.wait(CHECK_SECONDS):
            with self._changed:
                job = self._queues.overdue(TURN_SECONDS, self._is_awaited)
            if job:
                job.ask_to_stop(gives_way=True)

    def _run(self, job: RunningJob) -> tuple[str, dict[str, Any] | None]:
        module = self._assistants[job.row.assistant]
        if job.stopping:
            return "stopped", None
        job.publish(Status("running"))
        self._count_start(job)
        CALLER.set(Caller(job.owner, lambda: job.stopping))
        try:
            request = validated(module.Request, job.row.request)
            with ended(module.run(self._studio, request, job)) as events:
                for event in events:
                    job.publish(event)
                    if job.stopping:
                        raise Stopped
        except Stopped:
            if job.gives_way and not self._traits[module.ID].resumable:
                return "failed", QueueFull(GAVE_WAY, minutes=round(TURN_SECONDS / 60)).failure
            return ("interrupted" if self._closing or job.gives_way else "stopped"), None
        except StudioError as error:
            return "failed", error.failure
        except Exception as error:
            log.exception("job %s failed", job.id)
            return "failed", GenerationFailed(BROKEN, kind=type(error).__name__).failure
        return "done", None

    def _count_start(self, job: RunningJob, change: int = 1) -> None:
        if job.recorded:
            with suppress(StoreError):  # a full disk does not keep a job from running
                self._history.jobs.count_start(job.id, change)

    def _end(self, job: RunningJob, status: str, failure: dict[str, Any] | None = None) -> None:
        job.finish(status, failure)
        self._writer.flush_and_wait(job)
        job.announce()
        with self._changed:
            del self._live[job.id]
            if self._queues:
                self._workers.call()

    # After a crash

    def _recover(self, row: JobRow) -> None:
        """Queue again what had not begun or can go on, unless the process died of it; the rest is interrupted."""
        events = self._history.jobs.events(row.id)
        # One that died with the process in its first moments is still called queued.
        was_running = row.status != "queued" or row.starts > 0
        job = RunningJob(row, self._slots_of, self._writer.mark, events, CRASH_GAP if was_running else 0)
        self._live[job.id] = job
        module, own = self._assistants.get(row.assistant), self._traits_of(row.assistant)
        goes_on = own.resumable if was_running else module and not own.attended
        if not goes_on or row.status == "stopping":
            self._end(job, "interrupted")
        elif row.starts >= MOST_STARTS:
            self._end(job, "failed", GenerationFailed(TOO_OFTEN, count=row.starts).failure)
        else:
            job.publish(Status("queued"))
            self._queues.restore(job)
