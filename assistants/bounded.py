"""Work that is not generation has a budget of time and memory: schemas, patterns, YAML, documents, pandoc.

Whatever a stranger's input can stretch is done in a child process, which is ended when it takes more than its share,
when its job is stopped, or with the studio; it opens no file and no address (``bounded_child``). A child that is warm
does one piece of work after the other. Places are few, and shared fairly between those who ask. Knows nothing about
what the work is.
"""

import atexit
import itertools
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from assistants.errors import InvalidInput, QueueFull, Stopped
from prompts.reading import PromptError

CHILD = Path(__file__).with_name("bounded_child.py")
# Of the environment, which holds keys, a child gets what Python and pandoc need.
KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL")
# Work that takes so many times its processor time by the clock is ended, too: the machine may be busy.
PATIENCE = 5
LOOK_SECONDS = 0.05
# All libraries take 90 MB. A child that keeps more, such as patterns that it compiled, has too little left for others.
WARM_MEGABYTES = 128
# Whoever has held places for long comes after the others, until that is forgotten: half of it in so many seconds.
FORGOTTEN_SECONDS = 30
LONG_SECONDS = 2
MOST_KNOWN = 1000
# Of those who wait on the line, all and each: they hold a thread of the server meanwhile.
AT_DOOR, EACH_AT_DOOR = 20, 4

SLOW = "{field} takes more than {seconds} seconds to work through, so it was given up. Make it smaller or simpler."
LARGE = "{field} takes more than {limit} MB of memory to work through, so it was given up. Make it smaller or simpler."
DIED = "{field} could not be worked through: the program for it ended unexpectedly."
BUSY = "The studio is busy with other work of this kind. Try again in a moment."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Budget:
    """What a piece of work may take: seconds of a processor, megabytes of memory; and where it waits for its turn."""

    seconds: float
    megabytes: int
    lane: str


CHECK = Budget(2, 512, "checks")
DOCUMENT = Budget(120, 1536, "documents")
CONVERSION = Budget(30, 1024, "documents")
# How many of each are under way at once.
PLACES = {"checks": 3, "documents": 2, "pages": 2}


@dataclass(frozen=True)
class Caller:
    """For whom work is done; a job can be stopped, anybody else waits on the line."""

    owner: str = ""
    is_stopping: Callable[[], bool] | None = None

    def check(self) -> None:
        """Raise ``Stopped`` if the job is stopped."""
        if self.is_stopping and self.is_stopping():
            raise Stopped


NOBODY = Caller()
CALLER = ContextVar("caller", default=NOBODY)


class OverBudget(InvalidInput):
    """The work took more than its budget, or broke the process that did it."""


def call(function: Callable[..., Any], *arguments: Any, field: str, budget: Budget = CHECK) -> Any:
    """Return what a function of a module returns, as JSON has it; the module is imported in a child, and light.

    Raises what the function raises of ``InvalidInput`` and ``PromptError``, and ``OverBudget`` about ``field``.
    """
    with _pool().place(budget, field) as place:
        [value] = place.answers(function, arguments)
    return value


def stream(function: Callable[..., Any], *arguments: Any, field: str, budget: Budget = DOCUMENT) -> Iterator[Any]:
    """Yield what a generator function yields, as ``call`` does; who stops reading ends it."""
    with _pool().place(budget, field) as place:
        yield from place.answers(function, arguments)


def run(command: Sequence[str], content: bytes, *, field: str, budget: Budget = CONVERSION) -> tuple[int, bytes]:
    """Give ``content`` to a program; return its exit status and what it writes. Raises ``OverBudget``."""
    with _pool().place(budget, field) as place:
        return place.run(command, content)


class Watched:
    """A process at work: who waits for it, how long it may take, and why it was ended."""

    def __init__(self, process: subprocess.Popen, budget: Budget, caller: Caller) -> None:
        self.process = process
        self.cause: str | None = None
        self._budget = budget
        self._caller = caller
        self._deadline = time.monotonic() + PATIENCE * budget.seconds

    def look(self) -> None:
        """End the process if there is a reason to."""
        if self._caller.is_stopping and self._caller.is_stopping():
            self._end("stop")
        elif time.monotonic() > self._deadline:
            self._end("time")
        elif self.size() > 2 * self._budget.megabytes << 20:
            self._end("memory")

    def size(self) -> int:
        """Return the bytes it holds: not every system keeps a process to the limit that it was given."""
        try:
            return psutil.Process(self.process.pid).memory_info().rss
        except psutil.Error:
            return 0

    def _end(self, cause: str) -> None:
        self.cause = self.cause or cause
        self.process.kill()


class Pool:
    """The places of this process, the children in them, and the thread that looks after both."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.idle: list[subprocess.Popen] = []
        self._watched: set[Watched] = set()
        self._queues = {lane: Queue(places) for lane, places in PLACES.items()}
        threading.Thread(target=self._look, name="bounded", daemon=True).start()

    @contextmanager
    def place(self, budget: Budget, field: str) -> Iterator["Place"]:
        """Wait for a place and hold it; raises ``QueueFull`` where too many wait, and ``Stopped``."""
        caller, queue = CALLER.get(), self._queues[budget.lane]
        with self.changed:
            queue.enter(caller, self.changed)
        began = time.monotonic()
        try:
            yield Place(self, budget, field, caller)
        finally:
            with self.changed:
                queue.leave(caller, time.monotonic() - began)
                self.changed.notify_all()

    @contextmanager
    def watching(self, watched: Watched) -> Iterator[None]:
        """Look after a process meanwhile."""
        with self.changed:
            self._watched.add(watched)
            self.changed.notify_all()
        try:
            yield
        finally:
            with self.changed:
                self._watched.discard(watched)

    def _look(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._watched)
                for watched in self._watched:
                    watched.look()
            time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """End the children."""
        with self.changed:
            for process in self.idle + [watched.process for watched in self._watched]:
                process.kill()


@cache
def _pool() -> Pool:
    """Return the one pool of this process, as there is one set of processors."""
    pool = Pool()
    atexit.register(pool.close)
    return pool


class Queue:
    """Who waits for one of a few places: whoever has held them least of late comes first."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._running: Counter[str] = Counter()
        self._waiting: dict[int, Caller] = {}
        self._refused: set[int] = set()
        self._numbers = itertools.count()
        # By owner: seconds, and when they were reckoned.
        self._held: dict[str, tuple[float, float]] = {}

    def enter(self, caller: Caller, changed: threading.Condition) -> None:
        """Wait for a place and take it; raises ``QueueFull`` and ``Stopped``."""
        number = next(self._numbers)
        self._waiting[number] = caller
        self._keep_room(number)
        try:
            while not self._may_go(number):
                if number in self._refused:
                    raise QueueFull(BUSY)
                changed.wait(LOOK_SECONDS)
                caller.check()
        finally:
            del self._waiting[number]
            self._refused.discard(number)
            changed.notify_all()
        self._free -= 1
        self._running[caller.owner] += 1

    def leave(self, caller: Caller, seconds: float) -> None:
        """Give the place back after so many seconds."""
        self._free += 1
        self._running -= Counter([caller.owner])
        held = self.held(caller.owner) + seconds
        self._held.pop(caller.owner, None)
        self._held[caller.owner] = (held, time.monotonic())
        if len(self._held) > MOST_KNOWN:
            del self._held[next(iter(self._held))]

    def held(self, owner: str) -> float:
        """Return for how many seconds somebody has held places, of which half is forgotten in half a minute."""
        seconds, moment = self._held.get(owner, (0.0, 0.0))
        return seconds * 0.5 ** ((time.monotonic() - moment) / FORGOTTEN_SECONDS)

    def _keep_room(self, number: int) -> None:
        """Refuse one where too many wait on the line: of one's own the last, of all whoever would come last."""
        door = [one for one, caller in self._waiting.items() if not caller.is_stopping and one not in self._refused]
        mine = [one for one in door if self._waiting[one].owner == self._waiting[number].owner]
        if number in door and len(mine) > EACH_AT_DOOR:
            self._refused.add(number)
        elif len(door) > AT_DOOR:
            self._refused.add(max(door, key=self._rank))

    def _may_go(self, number: int) -> bool:
        # The last place is not for whoever holds them long while there are others.
        owner = self._waiting[number].owner
        kept = int(self.held(owner) > LONG_SECONDS and self._is_shared(owner))
        return self._free > kept and min(self._waiting, key=self._rank) == number

    def _rank(self, number: int) -> tuple[int, int, int]:
        owner = self._waiting[number].owner
        return round(self.held(owner)), self._running[owner], number

    def _is_shared(self, owner: str) -> bool:
        owners = {*self._running, *(caller.owner for caller in self._waiting.values())}
        return bool(owners - {owner}) or any(self.held(other) > 0.01 for other in self._held if other != owner)


class Place:
    """A place that is held: a piece of work can be done in it."""

    def __init__(self, pool: Pool, budget: Budget, field: str, caller: Caller) -> None:
        self._pool = pool
        self._budget = budget
        self._field = field
        self._caller = caller

    def answers(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterator[Any]:
        """Let a child do a function; yield what it yields, or else the one value that it returns."""
        work = (function.__module__, function.__name__, arguments, self._budget.seconds, self._budget.megabytes)
        request = pickle.dumps(work)
        process = self._child()
        assert process.stdin, "it is a pipe"
        watched, is_well = Watched(process, self._budget, self._caller), False
        try:
            with self._pool.watching(watched):
                with suppress(OSError):  # a child that is gone says nothing below
                    process.stdin.write(len(request).to_bytes(8, "big") + request)
                    process.stdin.flush()
                while "item" in (answer := self._read(watched)):
                    yield answer["item"]
            is_well = "over" not in answer and not watched.cause and watched.size() < WARM_MEGABYTES << 20
        finally:
            self._put_back(process, is_well)
        if "end" not in answer:
            yield self._value(answer)

    def _child(self) -> subprocess.Popen:
        with self._pool.changed:
            while self._pool.idle:
                process = self._pool.idle.pop()
                if process.poll() is None:
                    return process
        return self._started([sys.executable, "-P", str(CHILD)])

    def _put_back(self, process: subprocess.Popen, is_well: bool) -> None:
        if is_well:
            with self._pool.changed:
                self._pool.idle.append(process)
            return
        process.kill()
        process.wait()
        assert process.stdin and process.stdout, "both are pipes"
        with suppress(OSError):
            process.stdin.close()
        process.stdout.close()

    def _started(self, command: Sequence[str]) -> subprocess.Popen:
        environment = {name: value for name, value in os.environ.items() if name.upper() in KEPT}
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        try:
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=null, env=environment)
        except OSError as error:
            log.error("%s does not start: %s", command[0], error)
            raise OverBudget(self._field, DIED) from error

    def _read(self, watched: Watched) -> dict[str, Any]:
        assert watched.process.stdout, "it is a pipe"
        line = watched.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._ended(watched)
        return json.loads(line)

    def _value(self, answer: dict[str, Any]) -> Any:
        if "value" in answer:
            return answer["value"]
        if "raised" in answer:
            template, values = answer["template"], answer["values"]
            raise (
                InvalidInput(values.pop("field"), template, **values)
                if "field" in values
                else PromptError(template, **values)
            )
        if "over" in answer:
            raise self._over("memory")
        log.warning("work on %s broke: %s", self._field, answer["broke"])
        raise OverBudget(self._field, DIED)

    def _ended(self, watched: Watched) -> Exception:
        """Return the error for a process that ended before its work was done."""
        status = watched.process.wait()
        if watched.cause is None and status == -getattr(signal, "SIGPROF", 0):
            watched.cause = "time"
        return Stopped() if watched.cause == "stop" else self._over(watched.cause)

    def _over(self, cause: str | None) -> OverBudget:
        if cause == "time":
            return OverBudget(self._field, SLOW, seconds=self._budget.seconds)
        if cause == "memory":
            return OverBudget(self._field, LARGE, limit=self._budget.megabytes)
        return OverBudget(self._field, DIED)

    def run(self, command: Sequence[str], content: bytes) -> tuple[int, bytes]:
        """Let a program of its own do the work."""
        process = self._started(command)
        watched = Watched(process, self._budget, self._caller)
        with process, self._pool.watching(watched):
            try:
                written, _ = process.communicate(content)
            except BaseException:
                process.kill()
                raise
        if watched.cause:
            raise self._ended(watched)
        return process.returncode, written
