"""Long jobs of anonymous visitors give way while others wait, and go on or say why they ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants import ROWS
from assistants.history import History
from assistants.jobs import JobRunner, RunningJob
from assistants.jobs.queues import Queues
from assistants.jobs.slots import Slots
from assistants.principals import anonymous, of_owner
from assistants.store.jobs import JobRow
from tests.jobs.stand_ins import ENGINE, Gate, Stepper, Talker, stand_in_studio

LONG = {"words": 100_000, "pause": 0.01}
SENTENCE = "Stopped after 0 minutes because others are waiting."


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[JobRunner, Stepper, Gate]]:
    """Open a runner of four workers whose turns are short."""
    monkeypatch.setattr("assistants.jobs.runner.TURN_SECONDS", 0.3)
    monkeypatch.setattr("assistants.jobs.runner.CHECK_SECONDS", 0.02)
    history, stepper, gate = History(tmp_path, ROWS), Stepper(), Gate()
    runner = JobRunner(history, [Talker(), stepper, gate], 4, 100)
    runner.start(stand_in_studio(history))
    yield runner, stepper, gate
    gate.open.set()
    runner.close()
    history.close()


Core = tuple[JobRunner, Stepper, Gate]


@pytest.mark.timeout(60)
def test_jobs_without_an_end_do_not_keep_the_next_visitor_waiting(core: Core) -> None:
    runner, *_ = core
    hostile = [anonymous(f"place{number}").id for number in range(8)]
    endless = [runner.submit("talk", LONG, of_owner(owner)) for owner in hostile]
    me = anonymous("mine").id
    mine = runner.submit("talk", {"words": 2}, of_owner(me))
    assert runner.wait(mine.id, me, 30).status == "done"
    ended = runner.wait(endless[0].id, hostile[0], 10)
    assert (ended.status, ended.output[:12]) == ("failed", "word0 word1 ")
    assert ended.error.startswith(SENTENCE)
    # Each has had a turn.
    for job, owner in list(zip(endless, hostile, strict=True))[:5]:
        assert runner.wait(job.id, owner, 30).status == "failed"
    for job, owner in zip(endless, hostile, strict=True):
        runner.stop(job.id, owner)


@pytest.mark.timeout(60)
def test_one_that_can_goes_on_later_and_takes_no_step_twice(core: Core) -> None:
    runner, stepper, _ = core
    owners = [anonymous(f"place{number}").id for number in range(5)]
    jobs = [
        runner.submit("step", {"name": f"job{number}", "steps": 60, "pause": 0.005}, of_owner(owner))
        for number, owner in enumerate(owners)
    ]
    rows = [runner.wait(job.id, owner, 40) for job, owner in zip(jobs, owners, strict=True)]
    assert {row.status for row in rows} == {"done"}
    assert max(row.result["resumed_from"] for row in rows) > 0, "none gave way"
    assert sorted(stepper.taken) == sorted((f"job{number}", step) for number in range(5) for step in range(60))
    assert {row.starts for row in rows} <= {0, 1}, "to give way is not to die"


@pytest.mark.timeout(60)
def test_one_that_waits_for_a_model_gives_way_too(core: Core) -> None:
    runner, *_ = core
    holder = runner.begin("gate", {}, of_owner("key-1"))
    hostile = [anonymous(f"place{number}").id for number in range(3)]
    with holder.slot(ENGINE, 1):
        for owner in hostile:
            runner.submit("step", {"steps": 1}, of_owner(owner))
        me = anonymous("mine").id
        mine = runner.submit("talk", {"words": 2}, of_owner(me))
        assert runner.wait(mine.id, me, 30).status == "done"


@pytest.mark.timeout(60)
def test_nobody_gives_way_to_themselves_nor_where_nobody_waits_nor_with_a_name_of_their_own(core: Core) -> None:
    runner, _, gate = core
    alone = anonymous("a").id
    jobs = [runner.submit("gate", {"name": "alone"}, of_owner(alone)) for _ in range(4)]
    assert gate.next(1) == ["alone"]
    accounts = [runner.submit("gate", {"name": "account"}, of_owner(f"key-{number}")) for number in range(5)]
    assert gate.next(3) == ["account"] * 3
    runner._closed.wait(1)
    assert [runner.get(job.id, alone).status for job in jobs] == ["running", "queued", "queued", "queued"]
    assert [runner.get(job.id, job.owner).status for job in accounts[:3]] == ["running"] * 3
    gate.open.set()
    for job in [*jobs, *accounts]:
        assert runner.wait(job.id, job.owner, 10).status == "done"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("late", [False, True])
def test_who_stops_a_job_that_gives_way_has_stopped_it(core: Core, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    """Also when it has ended already, and is about to be put back into the queue."""
    runner, stepper, _ = core
    owner, ended = anonymous("a").id, runner._queues.ended
    held = runner.submit("step", {"name": "held", "steps": 100, "pause": 0.05}, of_owner(owner))
    while not stepper.at_once:
        runner._closed.wait(0.01)

    def stop_and_end(job: RunningJob) -> None:
        runner.stop(held.id, owner)
        ended(job)

    job = runner._find(held.id, owner)
    if late:
        monkeypatch.setattr(runner._queues, "ended", stop_and_end)
    job.ask_to_stop(gives_way=True)
    if not late:
        assert runner.stop(held.id, owner).status == "stopping"
        job.ask_to_stop(gives_way=True)
    assert runner.wait(held.id, owner, 10).status == "stopped"


def test_nobody_gives_way_while_a_worker_is_free() -> None:
    def job(owner: str) -> RunningJob:
        row = JobRow(
            id=owner, assistant="x", owner=owner, status="queued", model=None, input="", request={}, created=""
        )
        return RunningJob(row, Slots, lambda job: None, [])

    queues = Queues(2, 10, (), ())
    long, following, last = (job(f"v-{name}-1") for name in "abc")
    for one in (long, following, last):
        queues.add(one, queues.reserve(one.who, "x"))
    assert queues.pick(lambda _: False) is long
    assert queues.overdue(0, lambda _: False) is long, "visitors have one of two workers"
    queues.add(job("key-1"), queues.reserve(of_owner("key-1"), "x"))
    assert queues.overdue(0, lambda _: False) is None
