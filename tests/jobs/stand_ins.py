"""Assistants that need no model, for tests of the job core and for the child processes that those tests kill."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

from assistants import ROWS
from assistants.errors import InvalidInput
from assistants.history import History
from assistants.jobs import Event, JobRunner, Part, Result, RunningJob, Stopped, Text
from assistants.principals import Principal, of_owner
from assistants.requests import Admission, StudioRequest

ENGINE = "one-slot"


class Talk(StudioRequest):
    """Say ``words`` words, waiting ``pause`` seconds before each; break after ``fail`` words."""

    words: int = 5
    pause: float = 0
    fail: int | None = None
    after: str | None = None


class Talker:
    """Says numbered words."""

    ID = "talk"
    Request = Talk

    def admit(self, studio: object, request: Talk, who: Principal, job_id: str) -> Admission:
        return Admission(input=f"talk {request.words}", model="echo:", after=request.after)

    def run(self, studio: object, request: Talk, job: RunningJob) -> Iterator[Event]:
        for i in range(request.words):
            time.sleep(request.pause)
            if i == request.fail:
                raise RuntimeError("secret detail")
            yield Text(f"word{i} ")
        yield Result({"words": request.words})


class Name(StudioRequest):
    """Wait behind the gate under this name."""

    name: str = ""


class Gate:
    """Says who has come to it, and lets all go on once it is open."""

    ID = "gate"
    Request = Name

    def __init__(self) -> None:
        self.came: SimpleQueue[str] = SimpleQueue()
        self.open = threading.Event()

    def admit(self, studio: object, request: Name, who: Principal, job_id: str) -> Admission:
        if request.name == "refused":
            raise InvalidInput("name", "{field} is refused.")
        return Admission(input=request.name)

    def run(self, studio: object, request: Name, job: RunningJob) -> Iterator[Event]:
        self.came.put(request.name)
        while not self.open.wait(0.01):
            if job.stopping:
                raise Stopped
        yield Text("through")

    def next(self, count: int) -> list[str]:
        """Return the next ``count`` names of those that come; fails if they do not."""
        return [self.came.get(timeout=10) for _ in range(count)]


class Steps(StudioRequest):
    """Take ``steps`` steps, each holding the engine's one slot for ``pause`` seconds."""

    name: str = ""
    steps: int = 50
    pause: float = 0


class Stepper:
    """Works in steps and goes on after a restart; keeps a log of the steps it really took."""

    ID = "step"
    Request = Steps
    RESUMABLE = True

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def admit(self, studio: object, request: Steps, who: Principal, job_id: str) -> Admission:
        return Admission(input=request.name)

    def run(self, studio: object, request: Steps, job: RunningJob) -> Iterator[Event]:
        done = {part.data for part in job.parts}
        for step in range(request.steps):
            if step in done:
                continue
            with job.slot(ENGINE, 1):
                with self._lock:
                    self.at_once += 1
                    self.most_at_once = max(self.most_at_once, self.at_once)
                time.sleep(request.pause)
                with self._lock:
                    self.at_once -= 1
                    self.taken.append((request.name, step))
            yield Part("step", step)
        yield Result({"resumed_from": len(done)})


class Deadly(StudioRequest):
    """End the process that runs it."""


class Killer:
    """Makes one part at each start, then takes the process with it, as a library that breaks does."""

    ID = "kill"
    Request = Deadly
    RESUMABLE = True

    def admit(self, studio: object, request: Deadly, who: Principal, job_id: str) -> Admission:
        return Admission(input="kill")

    def run(self, studio: object, request: Deadly, job: RunningJob) -> Iterator[Event]:
        yield Part("start", len(job.parts))
        # Time for the process to say what the job is called.
        time.sleep(0.3)
        os._exit(1)


def stand_in_studio(history: History) -> Any:
    """Return what these assistants need of a studio."""
    return SimpleNamespace(history=history, models=SimpleNamespace(sha256=lambda name: None))


def open_runner(home: Path, workers: int = 4, queue_size: int = 2000) -> tuple[JobRunner, History, Stepper]:
    """Return a started runner over the home folder, its history and its stepper."""
    history = History(home, ROWS)
    stepper = Stepper()
    runner = JobRunner(history, [Talker(), stepper, Killer()], workers, queue_size)
    runner.start(stand_in_studio(history))
    return runner, history, stepper


@contextmanager
def full(history: History) -> Iterator[None]:
    """Let the database grow no more for a while, as on a full disk."""

    def limit(pages: int) -> None:
        with history.store._lock:
            history.store._writer.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    limit(1)
    yield
    limit(2**30)


if __name__ == "__main__":
    runner, _, _ = open_runner(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        assistant, *numbers = sys.argv[2:]
        request = {numbers[0]: int(numbers[1]), "pause": 0.02} if numbers else {}
        print(runner.submit(assistant, request, of_owner("me")).id, flush=True)
    threading.Event().wait()
