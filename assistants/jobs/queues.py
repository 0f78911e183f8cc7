"""Who is next: the queued jobs of each owner, in the order that the owner wants.

How many may wait, and how many may be under way, is shared out (``shares``). What is done one job at a time for an
owner (``IN_ORDER``) can be put into another order, or be held back; what is held back has shares of its own, so that it
takes no place from what could run. The caller holds the lock; knows nothing about threads, disks or assistants.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator

from assistants.errors import QueueFull
from assistants.jobs.running import RunningJob
from assistants.jobs.shares import Shares, Turns
from assistants.principals import Principal

# An owner and an assistant.
Line = tuple[str, str]

# No group of owners may hold all the workers, so that a newcomer's short job never waits for somebody's long ones.
PART_OF_WORKERS = 0.75
PART_OF_QUEUE = 0.5

TOO_MANY = "Too many jobs are waiting. Try again when some are done."
TOO_MANY_HELD = "Too many jobs are held back. Let them run, or stop some, and try again."


class Queues:
    """The queued jobs, of which ``size`` may wait or be under way; of an ``in_order`` assistant's one at a time."""

    def __init__(self, workers: int, size: int, in_order: Container[str], paused: Iterable[Line]) -> None:
        self._workers = Turns(workers, PART_OF_WORKERS)
        self._ready, self._held = Shares(size, PART_OF_QUEUE), Shares(size, PART_OF_QUEUE)
        self._places: dict[RunningJob, Shares] = {}
        self._in_order = in_order
        self._queues: dict[str, deque[RunningJob]] = {}
        self._busy: Counter[Line] = Counter()
        self._begun: dict[RunningJob, float] = {}
        self._paused = set(paused)

    def __bool__(self) -> bool:
        return bool(self._queues)

    def __iter__(self) -> Iterator[RunningJob]:
        return (job for queue in self._queues.values() for job in queue)

    def reserve(self, who: Principal, assistant: str) -> Shares:
        """Keep a place for a job that is about to come, and return what it is one of; raises ``QueueFull``."""
        held = self.is_paused(who.id, assistant)
        places = self._held if held else self._ready
        if not places.has_room(who):
            raise QueueFull(TOO_MANY_HELD if held else TOO_MANY)
        places.take(who)
        return places

    def add(self, job: RunningJob, places: Shares) -> None:
        """Put a job into the place that ``reserve`` kept for it, at the end of its owner's queue."""
        self._places[job] = places
        self._queues.setdefault(job.owner, deque()).append(job)
        self._workers.wait(job.who)
        if line(job) in self._paused:  # perhaps only since the place was kept
            self._hold(job)

    def restore(self, job: RunningJob) -> None:
        """Put a job back that was begun or waited before; where there was room for it once, there is no more asking."""
        places = next((one for one in (self._ready, self._held) if one.has_room(job.who)), self._ready)
        places.take(job.who)
        self.add(job, places)

    def remove(self, job: RunningJob) -> bool:
        """Take a job out; say whether it was in."""
        if job not in self._queues.get(job.owner, ()):
            return False
        self._take_out(job)
        self._workers.leave(job.who)
        self._places.pop(job).give(job.who)
        return True

    def pick(self, is_live: Callable[[str | None], bool]) -> RunningJob | None:
        """Take the first job that waits for no other, of the owner whose turn it is; it counts as running."""
        job = self._next(is_live)
        if job:
            self._take_out(job)
            self._workers.serve(job.who)
            self._busy[line(job)] += 1
            self._begun[job] = time.monotonic()
        return job

    def overdue(self, seconds: float, is_live: Callable[[str | None], bool]) -> RunningJob | None:
        """Return an anonymous visitor's job that has run for longer than ``seconds`` while another could in its place.

        None while a worker is free for whoever is next.
        """
        if self._next(is_live):
            return None
        last = time.monotonic() - seconds
        for job, begun in self._begun.items():
            if begun <= last and job.who.is_anonymous and not job.stopping:
                self._workers.give(job.who)
                following = self._next(is_live)
                self._workers.take(job.who)
                if following and following.owner != job.owner:
                    return job
        return None

    def _next(self, is_live: Callable[[str | None], bool]) -> RunningJob | None:
        for owner in self._workers.in_turn():
            for job in self._queues[owner]:
                if self._may_run(job) and not is_live(job.row.after):
                    return job
        return None

    def _take_out(self, job: RunningJob) -> None:
        queue = self._queues[job.owner]
        queue.remove(job)
        if not queue:
            del self._queues[job.owner]

    def _may_run(self, job: RunningJob) -> bool:
        return line(job) not in self._paused and not (job.row.assistant in self._in_order and self._busy[line(job)])

    def ended(self, job: RunningJob) -> None:
        """Count a job that ``pick`` gave out as running no more."""
        self._workers.give(job.who)
        self._places.pop(job).give(job.who)
        self._busy -= Counter([line(job)])
        del self._begun[job]

    def waiting(self, owner: str, assistant: str) -> list[RunningJob]:
        """Return the owner's queued jobs of an assistant, the next one first."""
        return [job for job in self._queues.get(owner, ()) if job.row.assistant == assistant]

    def arrange(self, owner: str, assistant: str, order: list[str]) -> list[str]:
        """Put the jobs named into this order, among the places that they have; returns the ids of all, in order."""
        queue = self._queues.get(owner, deque())
        places = [place for place, job in enumerate(queue) if job.row.assistant == assistant]
        jobs = {queue[place].id: queue[place] for place in places}
        named = [one for one in dict.fromkeys(order) if one in jobs]
        ids = [*named, *(one for one in jobs if one not in named)]
        for place, one in zip(places, ids, strict=True):
            queue[place] = jobs[one]
        return ids

    def is_paused(self, owner: str, assistant: str) -> bool:
        """Say whether the owner holds an assistant's jobs back."""
        return (owner, assistant) in self._paused

    def pause(self, owner: str, assistant: str, paused: bool) -> None:
        """Hold an assistant's queued jobs back, or no longer; one under way goes on.

        What is held back gives its place to others, as long as there is room for it. It keeps the other place until it
        has run: whoever holds jobs back and lets them go, by turns, has no more of them than others.
        """
        if not paused:
            self._paused.discard((owner, assistant))
            return
        self._paused.add((owner, assistant))
        for job in self.waiting(owner, assistant):
            self._hold(job)

    def _hold(self, job: RunningJob) -> None:
        if self._places[job] is self._ready and self._held.has_room(job.who):
            self._ready.give(job.who)
            self._held.take(job.who)
            self._places[job] = self._held


def line(job: RunningJob) -> Line:
    """Return the owner and the assistant of a job."""
    return job.owner, job.row.assistant
