"""The queue as its owner sees it: one after the other, in the order and at the time that they want."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistants import ROWS
from assistants.history import History
from assistants.jobs import JobRunner
from assistants.principals import of_owner
from tests.jobs.stand_ins import Stepper


class InOrder(Stepper):
    """Steps, one job after the other."""

    IN_ORDER = True


def open_runner(home: Path) -> tuple[JobRunner, History, Stepper]:
    history, stepper = History(home, ROWS), InOrder()
    runner = JobRunner(history, [stepper], workers=4, queue_size=100)
    runner.start(None)
    return runner, history, stepper


@pytest.fixture
def core(tmp_path: Path) -> Iterator[tuple[JobRunner, History, Stepper]]:
    runner, history, stepper = open_runner(tmp_path)
    yield runner, history, stepper
    runner.close()
    history.close()


def submit(runner: JobRunner, name: str, owner: str = "me", **request: Any) -> str:
    return runner.submit("step", {"name": name, "steps": 2, "pause": 0.05, **request}, of_owner(owner)).id


def names(runner: JobRunner, owner: str = "me") -> list[str]:
    return [row.request["name"] for row in runner.queue(owner, "step")[0]]


def finished(runner: JobRunner, jobs: list[str], owner: str = "me") -> list[str]:
    rows = [runner.wait(job, owner, 20) for job in jobs]
    assert {row.status for row in rows} == {"done"}
    return [row.request["name"] for row in sorted(rows, key=lambda row: row.started)]


def test_one_job_after_the_other_in_the_order_wanted(core: tuple[JobRunner, History, Stepper]) -> None:
    runner, *_ = core
    runner.pause(of_owner("me"), "step", True)
    jobs = [submit(runner, name) for name in "abcd"]
    assert runner.queue("me", "step")[1] and names(runner) == list("abcd")
    runner.arrange("me", "step", [jobs[3], jobs[1], "nothing", jobs[3]])
    assert names(runner) == list("dbac")
    runner.pause(of_owner("me"), "step", False)
    assert finished(runner, jobs) == list("dbac")
    assert runner.queue("me", "step") == ([], False)


def test_a_pause_is_its_owners_alone(core: tuple[JobRunner, History, Stepper]) -> None:
    runner, *_ = core
    runner.pause(of_owner("me"), "step", True)
    mine, theirs = submit(runner, "mine"), submit(runner, "theirs", "you")
    assert finished(runner, [theirs], "you") == ["theirs"]
    assert names(runner) == ["mine"] and names(runner, "you") == []
    runner.arrange("you", "step", [mine])
    runner.stop(mine, "me")
    assert names(runner) == []


def test_order_and_pause_survive_a_restart(tmp_path: Path) -> None:
    runner, history, _ = open_runner(tmp_path)
    runner.pause(of_owner("me"), "step", True)
    jobs = [submit(runner, name) for name in "abc"]
    runner.arrange("me", "step", jobs[::-1])
    runner.close()
    history.close()
    runner, history, _ = open_runner(tmp_path)
    try:
        assert names(runner) == list("cba") and runner.queue("me", "step")[1]
        runner.pause(of_owner("me"), "step", False)
        assert finished(runner, jobs) == list("cba")
    finally:
        runner.close()
        history.close()
