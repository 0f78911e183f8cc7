"""Who is next: the queued jobs of each owner, in the order that the owner wants.

Of the owners, the one with the fewest jobs under way goes first, and none may hold all the workers. What is done one
job at a time for an owner (``IN_ORDER``) can be put into another order, or be held back. The caller holds the lock;
knows nothing about threads, disks or assistants.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable

from assistants.jobs.running import RunningJob

# An owner and an assistant.
Line = tuple[str, str]


class Queues:
    """The queued jobs; at most ``share`` of an owner's are under way at once, of an ``in_order`` assistant's one."""

    def __init__(self, share: int, in_order: Callable[[str], bool], paused: Iterable[Line]) -> None:
        self._share = share
        self._in_order = in_order
        self._queues: dict[str, deque[RunningJob]] = {}
        self._running: Counter[str] = Counter()
        self._busy: Counter[Line] = Counter()
        self._paused = set(paused)

    def __bool__(self) -> bool:
        return bool(self._queues)

    def __iter__(self):
        return (job for queue in self._queues.values() for job in queue)

    def add(self, job: RunningJob) -> None:
        """Put a job at the end of its owner's queue."""
        self._queues.setdefault(job.owner, deque()).append(job)

    def remove(self, job: RunningJob) -> bool:
        """Take a job out; say whether it was in."""
        queue = self._queues.get(job.owner, ())
        if job not in queue:
            return False
        queue.remove(job)
        if not queue:
            del self._queues[job.owner]
        return True

    def pick(self, is_live: Callable[[str | None], bool]) -> RunningJob | None:
        """Take the first job that waits for no other, of the owner with the fewest under way; it counts as running."""
        for owner in sorted(self._queues, key=lambda one: self._running[one]):
            if self._running[owner] >= self._share:
                continue
            for job in self._queues[owner]:
                if not is_live(job.row.after) and self._may_run(job):
                    queue = self._queues.pop(owner)
                    queue.remove(job)
                    # An owner who was served goes to the end of the line.
                    if queue:
                        self._queues[owner] = queue
                    self._running[owner] += 1
                    self._busy[line(job)] += 1
                    return job
        return None

    def _may_run(self, job: RunningJob) -> bool:
        return line(job) not in self._paused and not (self._in_order(job.row.assistant) and self._busy[line(job)])

    def ended(self, job: RunningJob) -> None:
        """Count a job that ``pick`` gave out as running no more."""
        self._running -= Counter([job.owner])
        self._busy -= Counter([line(job)])

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
        """Hold an assistant's queued jobs back, or no longer; one under way goes on."""
        (self._paused.add if paused else self._paused.discard)((owner, assistant))


def line(job: RunningJob) -> Line:
    """Return the owner and the assistant of a job."""
    return job.owner, job.row.assistant
