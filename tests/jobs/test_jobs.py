"""The job core at its public door: run, follow, stop, share, survive."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from assistants import ROWS
from assistants.errors import InvalidInput, NotFound, QueueFull
from assistants.history import History
from assistants.jobs import JobRunner, RunningJob, Status, Text
from assistants.jobs.slots import Slots
from assistants.principals import of_owner
from assistants.store.jobs import JobRow
from tests.jobs import stand_ins
from tests.jobs.stand_ins import Stepper, open_runner

Opened = tuple[JobRunner, History, Stepper]


@contextmanager
def opened(home: Path, **options: int) -> Iterator[Opened]:
    runner, history, stepper = open_runner(home, **options)
    try:
        yield runner, history, stepper
    finally:
        runner.close()
        history.close()


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Opened]:
    with opened(tmp_path) as everything:
        yield everything


async def followed(runner: JobRunner, job_id: str, after: int = 0) -> list[tuple[int, object]]:
    return [numbered async for numbered in runner.follow(job_id, "me", after)]


def texts(events: list[tuple[int, object]]) -> str:
    return "".join(event.delta for _, event in events if isinstance(event, Text))


def wait_for_text(runner: JobRunner, job_id: str) -> None:
    async def first_text() -> None:
        async for _, event in runner.follow(job_id, "me"):
            if isinstance(event, Text):
                return

    asyncio.run(asyncio.wait_for(first_text(), 10))


def test_a_job_ends_with_its_text_result_and_times(core: Opened) -> None:
    runner, history, _ = core
    submitted = runner.submit("talk", {"words": 3}, of_owner("me"))
    assert submitted.status == "queued"
    job = runner.wait(submitted.id, "me", 10)
    assert (job.status, job.output, job.result) == ("done", "word0 word1 word2 ", {"words": 3})
    assert job.created <= job.started <= job.finished
    assert history.jobs.get(job.id, "me") == job


def test_two_followers_one_late_see_the_same_events_with_the_same_numbers(core: Opened) -> None:
    runner, _, _ = core
    job = runner.submit("talk", {"words": 40, "pause": 0.01}, of_owner("me"))

    async def early_and_late() -> tuple[list, list]:
        early = asyncio.create_task(followed(runner, job.id))
        await asyncio.sleep(0.15)
        return await asyncio.gather(early, followed(runner, job.id))

    early, late = asyncio.run(early_and_late())
    assert early == late == asyncio.run(followed(runner, job.id))
    numbers = [number for number, _ in early]
    assert numbers == list(range(1, len(numbers) + 1))
    assert texts(early) == "".join(f"word{i} " for i in range(40))
    assert early[-1][1] == Status("done")
    assert asyncio.run(followed(runner, job.id, after=numbers[5])) == early[6:]


def test_events_keep_their_numbers_when_the_studio_is_started_again(tmp_path: Path) -> None:
    with opened(tmp_path) as (runner, _, _):
        job = runner.submit("talk", {"words": 30, "pause": 0.005}, of_owner("me"))
        before = asyncio.run(followed(runner, job.id))
    with opened(tmp_path) as (runner, _, _):
        assert asyncio.run(followed(runner, job.id)) == before


def test_stop_keeps_the_text_and_comes_within_a_word(core: Opened) -> None:
    runner, _, _ = core
    job = runner.submit("talk", {"words": 1000, "pause": 0.02}, of_owner("me"))
    wait_for_text(runner, job.id)
    before = runner._find(job.id, "me").output
    stopping = runner.stop(job.id, "me")
    job = runner.wait(job.id, "me", 10)
    assert job.status == "stopped"
    assert job.output.startswith(before) and before.startswith(stopping.output)
    assert len(job.output.split()) <= len(before.split()) + 2
    assert runner.stop(job.id, "me") == job


def test_a_queued_job_stops_at_once(tmp_path: Path) -> None:
    with opened(tmp_path, workers=1) as (runner, _, _):
        long = runner.submit("talk", {"words": 1000, "pause": 0.02}, of_owner("me"))
        queued = runner.submit("talk", {}, of_owner("me"))
        assert runner.stop(queued.id, "me").status == "stopped"
        runner.stop(long.id, "me")


def test_a_job_waits_for_the_one_it_comes_after(core: Opened) -> None:
    runner, _, _ = core
    first = runner.submit("talk", {"words": 20, "pause": 0.01}, of_owner("me"))
    second = runner.submit("talk", {"after": first.id}, of_owner("me"))
    third = runner.submit("talk", {}, of_owner("me"))
    assert runner.wait(third.id, "me", 10).finished < runner.wait(first.id, "me", 10).finished
    assert runner.wait(second.id, "me", 10).started >= runner.get(first.id, "me").finished


def test_a_failure_says_what_it_may_and_keeps_the_text(core: Opened) -> None:
    runner, _, _ = core
    job = runner.submit("talk", {"fail": 2}, of_owner("me"))
    job = runner.wait(job.id, "me", 10)
    assert (job.status, job.output) == ("failed", "word0 word1 ")
    assert "RuntimeError" in job.error and "secret" not in job.error


def test_eight_threads_with_a_hundred_jobs_each_leave_eight_hundred_rows(tmp_path: Path) -> None:
    with opened(tmp_path, workers=16) as (runner, history, _):

        def submit_hundred(thread: int) -> list[JobRow]:
            return [runner.submit("talk", {"words": 2}, of_owner(f"owner{thread % 3}")) for _ in range(100)]

        with ThreadPoolExecutor(8) as threads:
            jobs = [job for rows in threads.map(submit_hundred, range(8)) for job in rows]
        ended = [runner.wait(job.id, job.owner, 60) for job in jobs]
        assert {job.status for job in ended} == {"done"}
        with history.store.read() as db:
            assert db.execute("SELECT count(*) FROM jobs WHERE output = 'word0 word1 '").fetchone()[0] == 800
            assert db.execute("SELECT count(*) FROM words").fetchone()[0] == 800


def test_two_jobs_of_fifty_steps_on_one_slot_take_turns(core: Opened) -> None:
    runner, _, stepper = core
    jobs = [runner.submit("step", {"name": name, "pause": 0.002}, of_owner("me")) for name in "ab"]
    assert {runner.wait(job.id, "me", 30).status for job in jobs} == {"done"}
    assert stepper.most_at_once == 1
    assert sorted(stepper.taken) == [(name, step) for name in "ab" for step in range(50)]
    names = [name for name, _ in stepper.taken]
    both = names[names.index("b") : 99 - names[::-1].index("a")]
    turns = sum(a != b for a, b in pairwise(both))
    assert turns >= 0.8 * (len(both) - 1) > 8, "the second job waited for the first instead of taking turns"


def test_a_job_that_waits_for_a_slot_can_be_stopped(core: Opened) -> None:
    runner, _, _ = core
    long = runner.submit("step", {"pause": 0.1}, of_owner("me"))
    waiting = runner.submit("step", {"name": "b", "pause": 0.1}, of_owner("me"))
    runner.stop(waiting.id, "me")
    assert runner.wait(waiting.id, "me", 5).status == "stopped"
    runner.stop(long.id, "me")


@pytest.mark.timeout(20)
def test_a_model_that_draws_takes_no_slot_of_one_that_writes_and_has_its_name(core: Opened) -> None:
    runner, _, _ = core
    job = runner.begin("talk", {"words": 200, "pause": 0.02}, of_owner("me"))
    with job.slot("same", 1), job.slot("same", 2), job.slot("same", 2):
        runner.stop(job.id, "me")


def test_an_owner_with_many_jobs_does_not_keep_another_waiting(tmp_path: Path) -> None:
    with opened(tmp_path, workers=4) as (runner, _, _):
        flood = [runner.submit("talk", {"words": 200, "pause": 0.02}, of_owner("greedy")) for _ in range(50)]
        short = runner.submit("talk", {"words": 1}, of_owner("me"))
        assert runner.wait(short.id, "me", 5).status == "done"
        for job in flood:
            runner.stop(job.id, "greedy")


def test_the_queue_is_bounded_and_one_owner_cannot_fill_it(tmp_path: Path) -> None:
    with opened(tmp_path, workers=1, queue_size=4) as (runner, history, _):
        jobs = [runner.submit("talk", {"words": 500, "pause": 0.02}, of_owner("greedy")) for _ in range(2)]
        with pytest.raises(QueueFull):
            runner.submit("talk", {}, of_owner("greedy"))
        assert runner.submit("talk", {}, of_owner("me")).status == "queued"
        assert len(history.search("greedy")) == 2
        for job in jobs:
            runner.stop(job.id, "greedy")


def test_nobody_reaches_the_job_of_another(core: Opened) -> None:
    runner, _, _ = core
    job = runner.submit("talk", {"words": 100, "pause": 0.01}, of_owner("me"))
    for reach in (runner.get, runner.stop):
        with pytest.raises(NotFound):
            reach(job.id, "you")
    with pytest.raises(NotFound):
        asyncio.run(anext(runner.follow(job.id, "you")))
    runner.stop(job.id, "me")
    runner.wait(job.id, "me", 10)
    for reach in (runner.get, runner.stop):
        with pytest.raises(NotFound):
            reach(job.id, "you")


@pytest.mark.parametrize(
    ("assistant", "request_", "field"),
    [
        ("poet", {}, "assistant"),
        ("talk", {"words": "5"}, "words"),
        ("talk", {"tempo": 1}, "tempo"),
        ("talk", {"pause": float("nan"), "after": "\0"}, "after"),
        ("talk", {"after": "\ud800"}, "after"),
        ("talk", [], "request"),
    ],
)
def test_a_wrong_request_names_the_field_and_leaves_nothing(
    core: Opened, assistant: str, request_: dict, field: str
) -> None:
    runner, history, _ = core
    with pytest.raises(InvalidInput) as caught:
        runner.submit(assistant, request_, of_owner("me"))
    assert caught.value.field == field
    assert history.search("me") == []


def started_child(home: Path, *arguments: str) -> tuple[subprocess.Popen, str]:
    command = [sys.executable, "-m", stand_ins.__name__, str(home), *arguments]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return child, child.stdout.readline().strip()


def killed_in_mid_job(home: Path, *arguments: str, events: int) -> str:
    """Start a studio in another process, kill -9 it once so many events are on disk, and return the job's id."""
    child, job_id = started_child(home, *arguments)
    try:
        history = History(home, ROWS)
        for _ in range(500):
            if len(history.jobs.events(job_id)) >= events:
                break
            threading.Event().wait(0.02)
        history.close()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    return job_id


def test_kill_9_leaves_the_partial_text_as_interrupted(tmp_path: Path) -> None:
    job_id = killed_in_mid_job(tmp_path, "talk", "words", "1000", events=10)
    with opened(tmp_path) as (runner, history, _):
        job = runner.get(job_id, "me")
        assert job.status == "interrupted"
        assert job.output.startswith("word0 word1 ")
        assert [item.id for item in history.search("me", q="word1", status="interrupted")] == [job_id]
        events = asyncio.run(followed(runner, job_id))
        assert texts(events) == job.output
        assert events[-1][1] == Status("interrupted")
        # A page that saw more than reached the disk is still told the end.
        assert events[-1][0] > events[-2][0] + 100


def test_kill_9_lets_a_resumable_job_go_on_where_it_was(tmp_path: Path) -> None:
    job_id = killed_in_mid_job(tmp_path, "step", "steps", "100", events=12)
    with opened(tmp_path) as (runner, _, stepper):
        job = runner.wait(job_id, "me", 30)
        assert job.status == "done"
        resumed_from = job.result["resumed_from"]
        assert 5 < resumed_from < 100
        assert [step for _, step in stepper.taken] == list(range(resumed_from, 100))


def test_a_job_that_ends_the_process_at_each_start_is_given_up_after_three(tmp_path: Path) -> None:
    child, job_id = started_child(tmp_path, "kill")
    for _ in range(2):
        assert child.wait(20) == 1
        child.stdout.close()
        child, _ = started_child(tmp_path)
    assert child.wait(20) == 1
    child.stdout.close()
    with opened(tmp_path) as (runner, _, _):
        job = runner.get(job_id, "me")
        assert (job.status, job.failure["values"]) == ("failed", {"count": 3})
        assert runner.submit("talk", {"words": 1}, of_owner("me")).status == "queued", "the studio lives on"


def test_what_was_put_off_in_good_order_goes_on_however_often(tmp_path: Path) -> None:
    with opened(tmp_path) as (runner, _, _):
        job = runner.submit("step", {"steps": 60, "pause": 0.02}, of_owner("me"))
    for _ in range(4):
        with opened(tmp_path) as (runner, _, _):
            assert runner.get(job.id, "me").status in ("queued", "running")
    with opened(tmp_path) as (runner, _, _):
        assert runner.wait(job.id, "me", 30).status == "done"


def test_a_job_that_died_in_its_first_moments_is_not_run_again_for_nobody(tmp_path: Path) -> None:
    with opened(tmp_path, workers=0) as (runner, history, _):
        job = runner.submit("talk", {"words": 1}, of_owner("me"))
        history.jobs.count_start(job.id)
    with opened(tmp_path) as (runner, _, _):
        assert runner.get(job.id, "me").status == "interrupted"


def test_a_job_that_was_being_stopped_when_the_process_died_does_not_go_on(tmp_path: Path) -> None:
    with opened(tmp_path) as (runner, history, _):
        row = runner.wait(runner.submit("step", {"steps": 1}, of_owner("me")).id, "me", 10)
        for status in ("stopping", "running"):
            history.jobs.insert(replace(row, id=status, status=status, result=None, finished=None))
    with opened(tmp_path) as (runner, _, stepper):
        assert runner.get("stopping", "me").status == "interrupted"
        assert runner.wait("running", "me", 10).status == "done"
        assert len(stepper.taken) == 1


def test_closing_interrupts_what_runs_and_the_queue_goes_on_next_time(tmp_path: Path) -> None:
    with opened(tmp_path, workers=1) as (runner, _, _):
        running = runner.submit("talk", {"words": 1000, "pause": 0.02}, of_owner("me"))
        queued = runner.submit("talk", {"words": 2}, of_owner("me"))
        wait_for_text(runner, running.id)
    with opened(tmp_path, workers=1) as (runner, _, _):
        assert runner.get(running.id, "me").status == "interrupted"
        assert runner.get(running.id, "me").output.startswith("word0 ")
        assert runner.wait(queued.id, "me", 10).status == "done"


def test_an_end_is_written_once_though_the_writer_looks_again_before_it_is_announced() -> None:
    row = JobRow(id="x", assistant="talk", owner="me", status="running", model=None, input="", request={}, created="")
    job = RunningJob(row, Slots, lambda job: None, [])
    job.publish(Text("word"))
    job.finish("done")
    _, events, mark = job.unsaved()
    assert [kind for _, kind, _ in events] == ["text", "status"]
    job.saved(mark)
    job.publish(Status("stopping"))  # somebody stops it while its end is being written
    again, events, _ = job.unsaved()
    assert (again.status, events) == ("done", [])
