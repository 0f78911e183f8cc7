"""Work within a budget: what takes too much is ended, what must not get out does not, and nobody takes all places."""

import contextvars
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from assistants import bounded
from assistants.bounded import Budget, Caller, OverBudget, Queue, call, stream
from assistants.errors import InvalidInput, QueueFull, Stopped
from prompts.reading import PromptError
from tests import bounded_work as work

SHORT = Budget(0.2, 300, "checks")
LONG = Budget(60, 300, "checks")


@contextmanager
def on_behalf(owner: str, is_stopping: Callable[[], bool] | None = None) -> Iterator[None]:
    token = bounded.CALLER.set(Caller(owner, is_stopping))
    try:
        yield
    finally:
        bounded.CALLER.reset(token)


def is_gone(process: int) -> bool:
    """Wait until a process has ended."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(process).wait(20)
    return not psutil.pid_exists(process)


def test_a_warm_child_does_one_piece_of_work_after_the_other_and_loads_little(monkeypatch: pytest.MonkeyPatch) -> None:
    # One that has done nothing else before: documents and pictures take libraries of their own.
    with closing(bounded.Pool()) as pool:
        monkeypatch.setattr(bounded, "_pool", lambda: pool)
        check_warm_child()


def check_warm_child() -> None:
    first = call(work.whoami, field="x")
    assert first != os.getpid()
    assert call(work.say, "a\n\u2028 \ud83d", field="x") == "a\n\u2028 \ud83d"
    assert call(work.whoami, field="x") == first
    heavy = {"torch", "transformers", "gradio", "langchain_core", "numpy", "openvino", "fastapi"}
    assert not heavy & set(call(work.loaded, field="x"))


@pytest.mark.parametrize(
    ("job", "budget", "words"),
    [
        (work.loop, SHORT, "seconds"),
        (work.wait, SHORT, "seconds"),
        (work.grow, LONG, "MB of memory"),
        (work.huge, LONG, "MB of memory"),
        (work.die, LONG, "ended unexpectedly"),
    ],
)
def test_what_takes_too_much_is_ended_and_the_next_work_is_done(
    job: Callable[[], None], budget: Budget, words: str
) -> None:
    with pytest.raises(OverBudget, match=words) as caught:
        call(job, field="json_schema", budget=budget)
    assert caught.value.field == "json_schema"
    assert call(work.say, "still here", field="x") == "still here"


def test_what_one_piece_of_work_leaves_behind_takes_nothing_from_the_next() -> None:
    budget = Budget(60, 300, "checks")
    for _ in range(4):
        assert call(work.keep, 250, field="x", budget=budget) == 250
    first = call(work.whoami, field="x")
    assert call(work.keep, 1, field="x") == 1 and call(work.whoami, field="x") == first


def test_errors_of_the_work_come_through_and_a_library_that_breaks_has_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = call(work.whoami, field="x")
    with pytest.raises(InvalidInput, match=r"a\.pdf is damaged") as caught:
        call(work.refuse, "input", field="x")
    assert caught.value.field == "file"
    with pytest.raises(PromptError, match=r"a\.prompt\.yml is empty"):
        call(work.refuse, "prompt", field="x")
    assert not caplog.records
    with pytest.raises(OverBudget):
        call(work.refuse, "library", field="x")
    [record] = caplog.records
    assert "ValueError: a library broke" in record.message and record.exc_info is None
    assert call(work.whoami, field="x") == before


def test_a_job_that_is_stopped_ends_its_work_at_once_even_while_it_waits_for_a_place() -> None:
    stop = threading.Event()
    started = threading.Event()

    def one(_: int) -> str:
        with on_behalf("me", lambda: started.set() or stop.is_set()):
            try:
                call(work.wait, field="x", budget=LONG)
            except Stopped:
                return "stopped"
        return "ended"

    places = bounded.PLACES["checks"]
    with ThreadPoolExecutor(places + 2) as pool:
        results = [pool.submit(one, number) for number in range(places + 2)]
        assert started.wait(20)
        stop.set()
        assert [result.result(20) for result in results] == ["stopped"] * (places + 2)


def test_a_stream_comes_as_it_is_made_and_who_leaves_it_ends_it() -> None:
    assert list(stream(work.count, 3, field="x", budget=LONG)) == [0, 1, 2]
    assert list(stream(work.count, 0, field="x", budget=LONG)) == []
    items = stream(work.count_and_wait, field="x", budget=LONG)
    child = next(items)
    items.close()
    assert is_gone(child)


def test_a_child_opens_no_file_no_address_and_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        for what, target in [
            ("read", str(secret)),
            ("read", "/etc/hosts"),
            ("read", str(Path(__file__).parent.parent / "requirements.txt")),
            ("write", str(tmp_path / "new")),
            ("remove", str(secret)),
            ("connect", port),
            ("resolve", ""),
            ("run", sys.executable),
            ("system", "true"),
            ("kill", str(os.getpid())),
        ]:
            assert call(work.reach, what, target, field="x") == "refused", what
    assert secret.exists() and not (tmp_path / "new").exists()
    monkeypatch.setenv("STUDIO_ADMIN_TOKEN", "secret")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with suppress(OverBudget):
        call(work.die, field="x")
    assert "secret" not in call(work.environment, field="x").values()


def test_work_of_a_studio_that_was_killed_ends_by_itself(tmp_path: Path) -> None:
    script = """
import sys, threading
from assistants.bounded import Budget, call, stream
from tests import bounded_work as work
print(call(work.whoami, field="x"), flush=True)
call(work.loop, field="x", budget=Budget(1, 300, "checks"))
"""
    studio = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(work.__file__).parents[1]
    )
    child = int(studio.stdout.readline())
    studio.kill()
    studio.wait()
    studio.stdout.close()
    assert is_gone(child)


def test_a_program_gets_its_input_and_is_ended_when_it_takes_too_long() -> None:
    command = [sys.executable, "-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"]
    assert bounded.run(command, b"abc", field="file") == (0, b"cba")
    assert bounded.run([sys.executable, "-c", "raise SystemExit(4)"], b"x" * 10**6, field="file")[0] == 4
    endless = [sys.executable, "-c", "while True: pass"]
    with pytest.raises(OverBudget, match="seconds"):
        bounded.run(endless, b"", field="file", budget=SHORT)
    with pytest.raises(OverBudget, match="ended unexpectedly"):
        bounded.run(["/nowhere/pandoc"], b"", field="file")


def test_a_program_is_ended_when_its_job_is_stopped() -> None:
    stop = threading.Event()

    def convert() -> str:
        with on_behalf("me", stop.is_set), pytest.raises(Stopped):
            bounded.run([sys.executable, "-c", "import time; time.sleep(1000)"], b"x" * 10**6, field="file")
        return "stopped"

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(convert)
        while not (watched := list(bounded._pool()._watched)):
            time.sleep(0.02)
        stop.set()
        assert result.result(20) == "stopped"
    assert is_gone(watched[0].process.pid)


# Who comes first


def order(queue: Queue, waiting: dict[int, str]) -> list[str]:
    """Return the owners of those who wait, in the order in which they get a place."""
    queue._waiting = {number: Caller(owner) for number, owner in waiting.items()}
    found = []
    while queue._waiting:
        found.append(queue._waiting.pop(min(queue._waiting, key=queue._rank)).owner)
    return found


def test_places_go_round_and_whoever_held_them_long_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue(3)
    assert order(queue, {1: "a", 2: "b", 3: "a"}) == ["a", "b", "a"]
    queue._running["a"] = 1
    assert order(queue, {1: "a", 2: "b", 3: "a"}) == ["b", "a", "a"]
    queue._running["b"] = 1
    queue.leave(Caller("b"), 10)
    assert order(queue, {1: "b", 2: "a", 3: "c", 4: "b"}) == ["c", "a", "b", "b"]
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 10 * bounded.FORGOTTEN_SECONDS)
    assert order(queue, {1: "b", 2: "c"}) == ["b", "c"]
    for number in range(2 * bounded.MOST_KNOWN):
        queue.leave(Caller(f"v-{number}"), 1)
    assert len(queue._held) == bounded.MOST_KNOWN


def test_the_last_place_is_not_for_whoever_holds_them_long_unless_nobody_else_is_there() -> None:
    queue = Queue(2)
    queue.leave(Caller("a"), 60)
    queue._free = 1
    queue._waiting = {1: Caller("a")}
    assert queue._may_go(1)
    queue.leave(Caller("b"), 1)
    queue._free = 1
    assert not queue._may_go(1)
    queue._waiting[2] = Caller("c")
    assert queue._may_go(2)
    queue._free = 2
    del queue._waiting[2]
    assert queue._may_go(1)


def test_of_those_who_wait_on_the_line_only_some_are_let_in_and_each_only_a_few_times() -> None:
    def waiting(*owners: str) -> Queue:
        queue = Queue(1)
        queue._free = 0
        queue._numbers = itertools.count(len(owners))
        queue._waiting = {number: Caller(owner) for number, owner in enumerate(owners)}
        return queue

    changed = threading.Condition()
    queue = waiting(*["a"] * bounded.EACH_AT_DOOR)
    with changed, pytest.raises(QueueFull):
        queue.enter(Caller("a"), changed)
    others = [f"v-{number}" for number in range(bounded.AT_DOOR)]
    with changed, pytest.raises(QueueFull):
        waiting(*others).enter(Caller("new"), changed)
    # Where there are too many, it is whoever held places long that goes.
    queue = waiting(*others)
    queue._held["v-3"] = (60, time.monotonic())
    queue._waiting[bounded.AT_DOOR] = Caller("new")
    queue._keep_room(bounded.AT_DOOR)
    assert queue._refused == {3}
    # A job waits as long as it needs to: of those there are only so many.
    with changed, pytest.raises(Stopped):
        waiting(*others).enter(Caller("new", lambda: True), changed)


def test_twenty_whose_work_hangs_do_not_keep_another_from_theirs() -> None:
    ended = threading.Event()

    def hostile(number: int) -> None:
        with on_behalf(f"v-{number}"):
            while not ended.is_set():
                with suppress(OverBudget, QueueFull):
                    call(work.loop, field="json_schema", budget=Budget(0.05, 300, "checks"))
                time.sleep(0.01)

    def honest() -> list[Any]:
        with on_behalf("honest", lambda: False):
            return [call(work.say, str(number), field="x") for number in range(6)]

    with ThreadPoolExecutor(21) as pool:
        for number in range(20):
            pool.submit(hostile, number)
        answers = pool.submit(contextvars.copy_context().run, honest)
        try:
            assert answers.result(60) == [str(number) for number in range(6)]
        finally:
            ended.set()
