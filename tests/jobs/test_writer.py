"""What is written when: before anybody sees it, whatever one job brings, and however the disk behaves."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistants import ROWS
from assistants import history as history_module
from assistants.errors import StoreError
from assistants.history import History
from assistants.jobs import Event, JobRunner, Part, Progress, Result, RunningJob, Status, Text, writer
from assistants.principals import Principal, of_owner
from assistants.requests import Admission, StudioRequest
from assistants.store.jobs import JobRow, Jobs
from tests.jobs.stand_ins import Stepper, Talker, full, stand_in_studio

FIRST = "\ud83d"


class Odd(StudioRequest):
    """Bring the thing of this number, between words; ``last`` as the last that the job tells."""

    number: int
    last: bool = False


THINGS: list[Callable[[RunningJob], Event | None]] = [
    lambda job: Text(f"half {FIRST} "),
    lambda job: Part("thing", object()),
    lambda job: Part("thing", {"deep": [{1, 2}]}),
    lambda job: Part(f"thing {FIRST}", 1),
    lambda job: Part("thing", threading.Lock()),
    lambda job: Result({"deep": {FIRST: 1}}),
    lambda job: Result({"thing": print}),
    lambda job: Progress(1, 2, FIRST),
    lambda job: setattr(job, "usage", {"output_tokens": print}),
    lambda job: setattr(job, "usage", {FIRST: 1}),
    lambda job: setattr(job, "row", job.row.__class__(**job.row.__dict__ | {"model": FIRST})),
]


class Bringer:
    """Says words and brings what no database takes."""

    ID = "odd"
    Request = Odd

    def admit(self, studio: object, request: Odd, who: Principal, job_id: str) -> Admission:
        return Admission(input="odd", result={"kept": "from the start"})

    def run(self, studio: object, request: Odd, job: RunningJob) -> Iterator[Event]:
        yield Text("before ")
        yield Result({"good": 1})
        if event := THINGS[request.number](job):
            yield event
        for number in range(0 if request.last else 200):
            time.sleep(0.02)
            yield Text(f"after{number} ")


@contextmanager
def opened(home: Path) -> Iterator[tuple[JobRunner, History]]:
    history = History(home, ROWS)
    runner = JobRunner(history, [Talker(), Stepper(), Bringer()], 4, 100)
    runner.start(stand_in_studio(history))
    try:
        yield runner, history
    finally:
        runner.close()
        history.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try a disk that refused again at once."""
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.1)


@pytest.fixture
def core(tmp_path: Path) -> Iterator[tuple[JobRunner, History]]:
    with opened(tmp_path) as both:
        yield both


def until(true: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def text_of(events: list[tuple[int, Any]]) -> str:
    return "".join(event.delta for _, event in events if isinstance(event, Text))


async def followed(runner: JobRunner, job: str, seen: Callable[[int, Event], None] = lambda *_: None) -> list:
    events = []
    async for number, event in runner.follow(job, "me"):
        seen(number, event)
        events.append((number, event))
    return events


def test_what_a_follower_sees_is_on_disk(core: tuple[JobRunner, History]) -> None:
    runner, history = core
    job = runner.submit("talk", {"words": 80, "pause": 0.005}, of_owner("me")).id
    late: list[int] = []

    def look(number: int, event: Event) -> None:
        stored = [one for one, _, _ in history.jobs.events(job)]
        if not stored or stored[-1] < number:
            late.append(number)
        # Whoever asks instead of following sees no more than that.
        assert text_of([(n, Text(data["delta"])) for n, kind, data in history.jobs.events(job) if kind == "text"])[
            : len(output := runner.get(job, "me").output)
        ] in (output, output[:0])

    events = asyncio.run(followed(runner, job, look))
    assert late == [] and len([event for _, event in events if isinstance(event, Text)]) > 5


@pytest.mark.parametrize("last", [False, True], ids=["in the middle", "at the end"])
@pytest.mark.parametrize("number", range(len(THINGS)))
def test_what_cannot_be_written_fails_its_job_and_no_other(
    core: tuple[JobRunner, History], number: int, last: bool
) -> None:
    runner, history = core
    other = runner.submit("talk", {"words": 60, "pause": 0.005}, of_owner("me"))
    odd = runner.submit("odd", {"number": number, "last": last}, of_owner("me"))
    ended = runner.wait(odd.id, "me", 20)
    assert ended.status == "failed" and "can't be stored" in ended.error
    assert ended.output.startswith("before ") and FIRST not in ended.output
    assert runner.wait(other.id, "me", 20).status == "done"
    stored = until(lambda: (row := history.jobs.get(odd.id, "me")).is_open or row)
    if number < len(THINGS) - 1:
        assert replace(stored, starts=0) == replace(ended, starts=0) and stored.result == {
            "kept": "from the start",
            "good": 1,
        }
    assert history.jobs.get(other.id, "me").status == "done"
    assert text_of(asyncio.run(followed(runner, odd.id))) == ended.output
    assert runner.problem is None


def test_a_mistake_of_ours_ends_no_writer(core: tuple[JobRunner, History], monkeypatch: pytest.MonkeyPatch) -> None:
    runner, history = core

    def broken(_self: object, _jobs: object) -> None:
        raise KeyError("nobody thought of it")

    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "_save", broken)
        job = runner.submit("talk", {"words": 3}, of_owner("me"))
        assert until(lambda: runner.problem).values == {"kind": "KeyError"}
        assert runner.wait(job.id, "me", 10).output == "word0 word1 word2 "
    assert until(lambda: not history.jobs.get(job.id, "me").is_open)
    assert runner.problem is None


# The end of a thread is what is looked at.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_has_ended_is_told_and_nobody_waits_for_it(
    core: tuple[JobRunner, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, _ = core

    def dies(_self: object, _jobs: object) -> None:
        raise SystemExit

    monkeypatch.setattr(writer.Writer, "_save", dies)
    job = runner.submit("talk", {"words": 60, "pause": 0.01}, of_owner("me"))
    problem = until(lambda: runner.problem)
    assert problem.template == writer.ENDED
    assert runner.wait(job.id, "me", 20).status == "done"
    later = runner.submit("talk", {"words": 2}, of_owner("me"))
    assert runner.wait(later.id, "me", 20).output == "word0 word1 "


def test_a_writer_that_is_stuck_is_told_and_the_words_go_on(
    core: tuple[JobRunner, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, history = core
    monkeypatch.setattr(writer, "STUCK_SECONDS", 0.1)
    with ready(runner, "talk", {"words": 1000, "pause": 0.01}) as job, history.store.write():
        assert until(lambda: runner.problem).template == writer.STUCK
        said = runner.get(job, "me").output
        assert until(lambda: len(runner.get(job, "me").output) > len(said) + 100)
    assert until(lambda: runner.problem is None)


@contextmanager
def ready(runner: JobRunner, assistant: str, request: dict[str, Any]) -> Iterator[str]:
    """Begin a job and wait for its first word; stop it at the end."""
    job = runner.submit(assistant, request, of_owner("me")).id
    until(lambda: runner.get(job, "me").output)
    yield job
    runner.stop(job, "me")
    assert runner.wait(job, "me", 20).status == "stopped"


def test_a_full_disk_loses_nothing_once_there_is_room(core: tuple[JobRunner, History]) -> None:
    runner, history = core
    words = {"words": 3000}
    job = runner.submit("talk", words | {"pause": 0.0005}, of_owner("me")).id
    until(lambda: runner.get(job, "me").output)
    whole = "".join(f"word{number} " for number in range(3000))
    with full(history):
        assert "full" in str(until(lambda: runner.problem))
        # It goes on, is seen to, and when it has ended it is all there for whoever asks or comes now.
        events = asyncio.run(followed(runner, job))
        assert events[-1][1] == Status("done") and text_of(events) == whole
        for _ in range(2):
            assert (row := runner.get(job, "me")).status == "done" and row.output == whole
            assert text_of(asyncio.run(followed(runner, job))) == whole
        assert history.jobs.get(job, "me").status == "running"
    stored: JobRow = until(lambda: not (row := history.jobs.get(job, "me")).is_open and row)
    assert (stored.status, stored.output) == ("done", whole)
    assert until(lambda: runner.problem is None)
    assert runner.wait(runner.submit("talk", {}, of_owner("me")).id, "me", 10).status == "done"


@pytest.mark.timeout(60)
def test_a_start_on_a_full_disk_waits_for_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as (runner, history):
        rows = [history.jobs.get(runner.submit("talk", {"words": 1}, of_owner("me")).id, "me") for _ in range(30)]
    history = History(tmp_path, ROWS)
    for row in rows:
        history.jobs.save([(replace(row, status="running"), [])])
    history.close()
    # One after the other, they would take half an hour.
    monkeypatch.setattr(writer, "RETRY_SECONDS", 30)

    def refuse(*_: object) -> None:
        raise StoreError("The database {path} cannot be used: {cause}.", path="x", cause="disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Jobs, "save", refuse)
        with opened(tmp_path) as (runner, _):
            assert {runner.get(row.id, "me").status for row in rows} == {"interrupted"}
    with opened(tmp_path) as (_, history):
        assert {history.jobs.get(row.id, "me").status for row in rows} == {"interrupted"}


def test_what_somebody_else_could_not_write_is_a_problem_until_there_is_room(core: tuple[JobRunner, History]) -> None:
    runner, history = core
    with full(history):
        with pytest.raises(Exception, match="full"):
            history.settings.put({"large": "x" * 100_000})
        assert "full" in str(runner.problem) and runner.problem
    assert runner.problem is None
    with history.store.read() as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'probe'").fetchone()[0] == 0


def test_a_home_that_was_deleted_is_a_problem(core: tuple[JobRunner, History], tmp_path: Path) -> None:
    runner, _ = core
    assert runner.problem is None
    aside = tmp_path.with_name("aside")
    (tmp_path / "files").rename(aside)
    assert runner.problem.template == history_module.GONE
    aside.rename(tmp_path / "files")
    assert runner.problem is None
    shutil.copy(tmp_path / "studio.db", tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(tmp_path / "studio.db")
    assert runner.problem.template == history_module.GONE


def test_a_disk_with_little_room_is_a_problem_before_it_is_full(
    core: tuple[JobRunner, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, _ = core
    monkeypatch.setattr(history_module, "LEAST_FREE", 2**62)
    assert runner.problem.template == history_module.FULL and runner.problem.values["free"] >= 0


def test_what_is_refused_while_the_studio_closes_ends_it_all_the_same(tmp_path: Path) -> None:
    with opened(tmp_path) as (runner, history), ExitStack() as disk:
        runner.submit("talk", {"words": 1000, "pause": 0.01}, of_owner("me"))
        disk.enter_context(full(history))
        disk.pop_all()
