"""Closing: one deadline for all, however many jobs, models, servers and answers hang."""

import contextlib
import json
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import httpx
import pytest

from assistants.closing import Deadline
from assistants.jobs import Event, RunningJob, Text
from assistants.opening import open_studio
from assistants.principals import LOCAL, Principal, of_owner
from assistants.requests import Admission, StudioRequest
from assistants.settings import Settings
from tests.conftest import Server

JOBS = 12


class Stubborn:
    """Says a word and then hears nobody, as a library may that computes."""

    ID = "stubborn"
    Request = StudioRequest

    def __init__(self) -> None:
        self.free = threading.Event()
        self.hanging = threading.Semaphore(0)

    def admit(self, studio: object, request: Any, who: Principal, job_id: str) -> Admission:
        return Admission(input="stubborn")

    def run(self, studio: object, request: Any, job: RunningJob) -> Iterator[Event]:
        yield Text(f"word of {job.id}")
        self.hanging.release()
        self.free.wait(120)
        yield Text("too late")


@pytest.fixture
def stubborn() -> Iterator[Stubborn]:
    assistant = Stubborn()
    yield assistant
    assistant.free.set()


def status_on_disk(home: Path) -> dict[str, tuple[str, str]]:
    with closing(sqlite3.connect(home / "studio.db")) as db:
        texts = "SELECT group_concat(data, '') FROM events WHERE job = jobs.id AND kind = 'text'"
        return {id: (status, text) for id, status, text in db.execute(f"SELECT id, status, ({texts}) FROM jobs")}


# Each for itself, one after the other, these would take minutes.
@pytest.mark.timeout(30)
def test_jobs_that_do_not_end_are_left_behind_all_at_once_with_what_they_said(
    settings: Settings, stubborn: Stubborn, caplog: pytest.LogCaptureFixture
) -> None:
    studio = open_studio(settings, [stubborn])
    jobs = [studio.jobs.submit("stubborn", {}, of_owner(f"owner{number}")).id for number in range(JOBS)]
    for _ in jobs:
        assert stubborn.hanging.acquire(timeout=10)
    studio.close(2)
    found = status_on_disk(settings.home)
    assert {job: found[job] for job in jobs} == {job: ("running", json.dumps([f"word of {job}"])) for job in jobs}
    # Those that come round now find the store closed, and nobody is told of a mistake.
    stubborn.free.set()
    for thread in studio.jobs._workers.threads:
        thread.join(10)
    assert [record for record in caplog.records if record.exc_info] == []
    with closing(open_studio(settings, [])) as again:
        assert {again.jobs.get(job, f"owner{number}").status for number, job in enumerate(jobs)} == {"interrupted"}


@pytest.mark.timeout(30)
def test_what_hangs_while_it_closes_is_left_behind_all_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, free = open_studio(settings), threading.Event()
    for one in (studio.models, studio.connections, studio.knowledge):
        monkeypatch.setattr(type(one), "close", lambda self: free.wait(120))
    job = studio.jobs.submit("chat", {"message": "hi"}, LOCAL)
    assert studio.jobs.wait(job.id, "local", 10).status == "done"
    studio.close(1)
    free.set()
    open_studio(settings).jobs.interrupt()


@pytest.mark.timeout(30)
def test_a_disk_that_hangs_keeps_nobody(settings: Settings) -> None:
    studio, free, held = open_studio(settings), threading.Event(), threading.Event()

    def hold() -> None:
        with studio.history.store.write():
            held.set()
            free.wait(120)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    studio.close(1)
    free.set()
    thread.join()


def test_what_breaks_while_it_closes_keeps_nothing_else_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = open_studio(settings)

    def broken(_self: object) -> None:
        raise OSError("it is gone")

    monkeypatch.setattr(type(studio.models), "close", broken)
    studio.close()
    open_studio(settings).close()


def test_a_deadline_is_one_for_all() -> None:
    free = threading.Event()
    threads = [threading.Thread(target=free.wait, args=[60]) for _ in range(100)]
    for thread in threads:
        thread.start()
    deadline = Deadline(0.2)
    assert 0 < deadline.left() <= 0.2 and deadline.left(spare=1) == 0
    deadline.join(threads)
    assert deadline.left() == 0 and all(thread.is_alive() for thread in threads)
    free.set()
    for thread in threads:
        thread.join()


@pytest.mark.timeout(90)
def test_a_server_ends_though_jobs_and_an_answer_hang(server: Server) -> None:
    # The stand-in sleeps before each word, and hears nobody meanwhile: in the threads of a matrix, too, for which
    # Python waits at its end.
    request = {"messages": [{"role": "user", "content": "{{text}}"}], "rows": [{"text": "a"}, {"text": "b"}]}
    body = {"assistant": "playground", "request": request | {"models": ["echo:delay=10"]}}
    asked = Request(f"{server.url}/api/jobs", json.dumps(body).encode(), {"Content-Type": "application/json"})
    job = json.load(urlopen(asked, timeout=10))["id"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        silent.settimeout(30)
        asked = {"name": "silent", "url": url, "models": ["m"]}
        threading.Thread(target=ask_in_vain, args=[server.url, asked], daemon=True).start()
        with silent.accept()[0]:
            server.process.send_signal(signal.SIGTERM)
            # Docker kills what has not ended after ten seconds; this machine may be busy.
            assert server.process.wait(20) == 0
    assert status_on_disk(server.home)[job][0] in ("queued", "running"), "it goes on next time"


def ask_in_vain(url: str, connection: dict[str, Any]) -> None:
    with contextlib.suppress(httpx.HTTPError):
        httpx.post(f"{url}/api/connections/test", json=connection, timeout=60, trust_env=False)
