"""Who gets how much of the queue and of the workers: a name that costs nothing brings nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistants import ROWS
from assistants.errors import InvalidInput, QueueFull
from assistants.history import History
from assistants.jobs import JobRunner
from assistants.jobs.shares import Shares
from assistants.principals import anonymous, of_owner
from tests.jobs.stand_ins import Gate, Stepper, stand_in_studio

ACCOUNT = "key-1"


@contextmanager
def gated(home: Path, workers: int, queue_size: int = 2000) -> Iterator[tuple[JobRunner, Gate]]:
    """Open a runner whose jobs wait behind a gate."""
    history, gate = History(home, ROWS), Gate()
    runner = JobRunner(history, [gate, Stepper()], workers, queue_size)
    runner.start(stand_in_studio(history))
    try:
        yield runner, gate
    finally:
        gate.open.set()
        runner.close()
        history.close()


def submit(runner: JobRunner, owner: str, name: str = "") -> str:
    return runner.submit("gate", {"name": name or owner}, of_owner(owner)).id


def fill(runner: JobRunner, owners: Iterator[str] | list[str], most: int = 100) -> int:
    """Submit one job after the other until one is refused; return how many were taken."""
    for taken, owner in enumerate(owners):
        try:
            submit(runner, owner, "flood")
        except QueueFull:
            return taken
        assert taken < most, "the queue has no end"
    raise AssertionError("nothing was refused")


def same(owner: str) -> Iterator[str]:
    while True:
        yield owner


def new_visitors(place: str = "") -> Iterator[str]:
    """Take new names from one place for ever."""
    while True:
        yield anonymous(place).id


@pytest.mark.parametrize(("workers", "share"), [(2, 1), (4, 3), (5, 3), (8, 6)])
def test_an_owner_gets_three_of_four_workers_and_not_one_more(tmp_path: Path, workers: int, share: int) -> None:
    with gated(tmp_path, workers) as (runner, gate):
        for _ in range(workers + 1):
            submit(runner, "greedy")
        assert gate.next(share) == ["greedy"] * share
        submit(runner, "me")
        assert gate.next(1) == ["me"]


def test_a_thousand_names_from_one_place_get_no_more_workers_than_one_and_leave_some_to_all_others(
    tmp_path: Path,
) -> None:
    with gated(tmp_path, workers=16) as (runner, gate):
        flood = new_visitors("a")
        for _ in range(30):
            submit(runner, next(flood), "flood")
        # Three quarters of what all visitors may have, which is three quarters of all.
        assert gate.next(9) == ["flood"] * 9
        submit(runner, anonymous("b").id, "b")
        submit(runner, anonymous().id, "from nowhere")
        submit(runner, ACCOUNT)
        assert sorted(gate.next(3)) == ["b", "from nowhere", ACCOUNT]


def test_turns_go_to_known_owners_and_places_first_and_then_to_the_names_of_a_place(tmp_path: Path) -> None:
    with gated(tmp_path, workers=1) as (runner, gate):
        flood = new_visitors("a")
        submit(runner, next(flood), "a0")
        assert gate.next(1) == ["a0"]
        for number in range(1, 6):
            submit(runner, next(flood), f"a{number}")
        submit(runner, anonymous("b").id, "b")
        for number in range(3):
            submit(runner, ACCOUNT, f"account{number}")
        gate.open.set()
        assert gate.next(9) == ["a1", "account0", "b", "account1", "a2", "account2", "a3", "a4", "a5"]


def test_a_free_worker_goes_to_who_has_fewest_though_another_waited_longer(tmp_path: Path) -> None:
    with gated(tmp_path, workers=8) as (runner, gate):
        others = [(f"key-{number}", submit(runner, f"key-{number}")) for number in range(5)]
        for name in ("a", "a"):
            submit(runner, name)
        # Only then: the last worker is for whoever has none, so that the second of a's would not get it.
        gate.next(7)
        submit(runner, "b")
        gate.next(1)
        submit(runner, "a", "more of a")
        submit(runner, "b", "more of b")
        # The last one is left for whoever has none.
        for owner, job in others[:2]:
            runner.stop(job, owner)
        assert gate.next(1) == ["more of b"]
        submit(runner, "c")
        assert gate.next(1) == ["c"]


def test_a_model_is_lent_to_a_known_owner_as_often_as_to_all_visitors_together(tmp_path: Path) -> None:
    history, stepper = History(tmp_path, ROWS), Stepper()
    runner = JobRunner(history, [stepper], 16, 100)
    runner.start(stand_in_studio(history))
    try:
        flood = [anonymous("a").id for _ in range(6)]
        jobs = [
            runner.submit("step", {"name": "flood", "steps": 8, "pause": 0.005}, of_owner(owner)) for owner in flood
        ]
        mine = runner.submit("step", {"name": "me", "steps": 8, "pause": 0.005}, of_owner(ACCOUNT))
        assert runner.wait(mine.id, ACCOUNT, 20).status == "done"
        assert all(runner.wait(job.id, job.owner, 20).status == "done" for job in jobs)
        taken = [name for name, _ in stepper.taken]
        assert taken.index("me") < 24 and 47 - taken[::-1].index("me") < 36, "it waited for all of them"
    finally:
        runner.close()
        history.close()


def test_what_one_name_gets_of_the_queue_is_what_a_thousand_get(tmp_path: Path) -> None:
    with gated(tmp_path, workers=1, queue_size=32) as (runner, _):
        assert fill(runner, same(anonymous("a").id)) == 4
        assert fill(runner, new_visitors("a")) == 8 - 4
        assert fill(runner, new_visitors("b")) == (16 - 8) // 2
        assert fill(runner, new_visitors()) == (16 - 12) // 2
        assert fill(runner, (anonymous(f"{place}").id for place in range(100))) == 16 - 14
        for account in ("key-1", "key-2", "operator"):
            submit(runner, account)
        assert fill(runner, same("key-1")) == 6


def test_a_place_in_the_queue_is_free_again_when_its_job_has_ended_or_was_refused(tmp_path: Path) -> None:
    with gated(tmp_path, workers=2, queue_size=8) as (runner, gate):
        visitor = anonymous("a").id
        for _ in range(3):
            job = submit(runner, visitor)
            with pytest.raises(QueueFull):
                submit(runner, visitor)
            runner.stop(job, visitor)
            assert runner.wait(job, visitor, 10).status == "stopped"
        gate.open.set()
        for _ in range(3):
            assert runner.wait(submit(runner, visitor), visitor, 10).status == "done"
        for name in (1, *["refused"] * 9):
            with pytest.raises(InvalidInput):
                runner.submit("gate", {"name": name}, of_owner(visitor))
        submit(runner, visitor)


def test_held_jobs_take_no_place_from_others(tmp_path: Path) -> None:
    owners = ["key-1", "key-2", *(anonymous("a").id for _ in range(2))]
    with gated(tmp_path, workers=1, queue_size=16) as (runner, gate):
        for owner in owners:
            runner.pause(of_owner(owner), "gate", True)
        held = [fill(runner, same(owner)) for owner in owners]
        # As many as may wait and not one more, also of all visitors together.
        assert held == [8, 4, 1, 0]
        assert fill(runner, new_visitors("b")) == 4
        assert fill(runner, same("key-3")) == 6
        gate.open.set()
        assert gate.next(10) == ["flood"] * 10
        assert gate.came.empty()


def test_jobs_held_back_after_they_were_taken_give_their_place_to_others(tmp_path: Path) -> None:
    with gated(tmp_path, workers=1, queue_size=16) as (runner, gate):
        submit(runner, "operator", "first")
        assert gate.next(1) == ["first"]
        flood = anonymous("a").id
        assert fill(runner, same(flood)) == 1
        runner.pause(of_owner(flood), "gate", True)
        assert fill(runner, new_visitors("a")) == 3, "the one that is held counts as waiting"
        runner.pause(of_owner(flood), "gate", False)
        gate.open.set()
        assert gate.next(4) == ["flood"] * 4


def test_a_job_held_back_while_it_is_taken_on_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gated(tmp_path, workers=1, queue_size=16) as (runner, gate):
        submit(runner, "operator", "first")
        assert gate.next(1) == ["first"]
        visitor, admit = anonymous("a").id, Gate.admit

        def slowly(self: Gate, *request: Any) -> Any:
            runner.pause(of_owner(visitor), "gate", True)
            return admit(self, *request)

        with monkeypatch.context() as patch:
            patch.setattr(Gate, "admit", slowly)
            submit(runner, visitor)
        assert fill(runner, new_visitors("a")) == 3


def test_holding_back_and_letting_go_by_turns_brings_no_more_places(tmp_path: Path) -> None:
    with gated(tmp_path, workers=1, queue_size=64) as (runner, gate):
        submit(runner, "operator", "first")
        assert gate.next(1) == ["first"]
        greedy, taken = anonymous("a").id, 0
        for turn in range(8):
            runner.pause(of_owner(greedy), "gate", turn % 2 == 0)
            taken += fill(runner, same(greedy))
        assert taken == 8 + 7, "those held and those that wait"
        runner.pause(of_owner(greedy), "gate", True)
        submit(runner, anonymous("b").id, "b")
        gate.open.set()
        assert gate.next(1) == ["b"]


def test_after_a_restart_held_jobs_take_no_place_and_names_are_still_from_their_place(tmp_path: Path) -> None:
    holders, flood = [anonymous("a").id for _ in range(3)], [anonymous("b").id for _ in range(4)]
    with gated(tmp_path, workers=1, queue_size=32) as (runner, gate):
        submit(runner, "operator", "first")
        assert gate.next(1) == ["first"]
        for owner in holders:
            runner.pause(of_owner(owner), "gate", True)
        assert [fill(runner, same(owner)) for owner in holders] == [4, 2, 1]
        for owner in flood:
            submit(runner, owner, "flood")
        runner.close()
    with gated(tmp_path, workers=1, queue_size=32) as (runner, gate):
        assert gate.next(1) == ["flood"]
        assert fill(runner, new_visitors("a")) == 6, "they have no more than those who come for the first time"
        submit(runner, anonymous("c").id, "honest")
        gate.open.set()
        # Each place in turn: a, b and c.
        assert "honest" in gate.next(3)


def test_a_restart_makes_no_room_for_more_than_may_wait(tmp_path: Path) -> None:
    """What was held and let go keeps its own places, so that nobody gets more into the queue by this."""
    flood = anonymous("a").id
    with gated(tmp_path, workers=1, queue_size=32) as (runner, gate):
        submit(runner, "operator", "first")
        assert gate.next(1) == ["first"]
        runner.pause(of_owner(flood), "gate", True)
        assert fill(runner, same(flood)) == 4
        runner.pause(of_owner(flood), "gate", False)
        assert fill(runner, same(flood)) == 3
        runner.close()
    with gated(tmp_path, workers=1, queue_size=32) as (runner, _):
        assert fill(runner, new_visitors("a")) == 4


@pytest.mark.parametrize(
    ("size", "part", "most"),
    [(1, 0.5, 1), (2, 0.5, 1), (3, 0.5, 1), (4, 0.5, 2), (2000, 0.5, 1000), (1, 0.75, 1), (3, 0.75, 2), (16, 0.75, 12)],
)
def test_the_most_that_one_may_have(size: int, part: float, most: int) -> None:
    shares = Shares(size, part)
    for _ in range(most):
        assert shares.has_room(of_owner("me"))
        shares.take(of_owner("me"))
    assert not shares.has_room(of_owner("me"))
    assert shares.has_room(of_owner("you")) == (most < size)
    shares.give(of_owner("me"))
    assert shares.has_room(of_owner("me"))


def test_there_is_room_for_each_newcomer_until_all_is_taken() -> None:
    shares = Shares(10, 0.5)
    for number in range(10):
        assert shares.has_room(of_owner(f"key-{number}"))
        shares.take(of_owner(f"key-{number}"))
    assert not shares.has_room(of_owner("key-10")) and not shares.has_room(of_owner("key-0"))
