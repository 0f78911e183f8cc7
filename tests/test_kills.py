"""Kill -9 at random moments while every assistant works: what was seen is there, and nothing is made twice.

Followers note every event with the moment they had it. After the last kill all jobs come to their ends, and what was
seen, what the database says and what was made are held against each other. Three kills in every run; a hundred with
``-m soak``. The moments come from a seed, what the machine does in between does not.
"""

import json
import os
import random
import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from assistants.jobs import TERMINAL
from tests.conftest import Server
from tests.forked import Forked
from tests.test_crash import TOLD, ask

SEED = 17
# Nobody who saw something so long before the kill may miss it.
SEEN_SECONDS = 0.05
LONGEST_LIFE = 2.5
# So many are killed again while they start.
AGAIN, STARTING_SECONDS = 0.2, 0.4
SETTLED_SECONDS = 180
FACTS = "# Returns\n\nReturns are free within 30 days.\n\n# Shipping\n\nA parcel takes 2 days to arrive.\n"
WORDS = ["river", "lamp", "winter", "paper", "garden", "bridge", "violin", "harbour"]

Request = tuple[str, dict[str, Any]]


def chat(chance: random.Random) -> Request:
    return "chat", {"message": " ".join(chance.choices(WORDS, k=60)), "model": "echo:delay=0.02"}


def writing(chance: random.Random) -> Request:
    outline = [
        {"heading": word, "words": 60, "notes": " ".join(f"{word} {n} sings near tree {n}." for n in range(12))}
        for word in chance.sample(WORDS, 3)
    ]
    asked = {"topic": "Birds", "outline": outline, "polish": False, "template": "writing/told"}
    return "writing", asked | {"model": "echo:delay=0.01"}


def support(chance: random.Random) -> Request:
    question = chance.choice(["How long do I have to return it?", "How long does a parcel take?", "Is it blue?"])
    return "support", {"question": question, "knowledge": "shop", "model": "echo:delay=0.02"}


def playground(chance: random.Random) -> Request:
    rows = [{"text": f"row {number} {chance.choice(WORDS)}"} for number in range(10)]
    messages = [{"role": "user", "content": "{{text}}"}]
    # Left to chance, so that no cell can be answered from what is kept.
    asked = {"messages": messages, "rows": rows, "params": {"temperature": 1}}
    return "playground", asked | {"models": ["echo:delay=0.05&slots=2"]}


def images(chance: random.Random) -> Request:
    asked = {"prompt": chance.choice(WORDS), "count": 2, "width": 64, "height": 64, "steps": 8}
    return "images", asked | {"model": "echo:delay=0.05"}


def ingestion(chance: random.Random) -> Request:
    title = f"{chance.choice(WORDS)} {chance.getrandbits(64):x}"
    return "ingestion", {"knowledge": "shop", "title": title, "text": f"{title}. " * 200}


KINDS: tuple[Callable[[random.Random], Request], ...] = (chat, writing, support, playground, images, ingestion)

Event = tuple[str, Any]


@dataclass
class Followed:
    """A job that was taken on, and what its follower saw of it: by number, what and when."""

    id: str
    assistant: str
    seen: dict[int, tuple[float, Event]] = field(default_factory=dict)
    status: str = "queued"


class Load:
    """Somebody for each assistant, who asks, follows to the end, through kills, and asks again until ``over``.

    Whoever has got nothing done by then goes on until something is.
    """

    def __init__(self, server: Server, seed: int) -> None:
        self.server = server
        self.over = threading.Event()
        self.jobs: list[Followed] = []
        self.wrong: list[str] = []
        self._threads = [
            threading.Thread(target=self._ask_on, args=[kind, random.Random(f"{seed} {kind.__name__}")], daemon=True)
            for kind in KINDS
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def settle(self) -> None:
        """Ask no more, and wait until the last jobs have ended."""
        self.over.set()
        deadline = time.monotonic() + SETTLED_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _ask_on(self, kind: Callable[[random.Random], Request], chance: random.Random) -> None:
        is_done = False
        while not (self.over.is_set() and is_done):
            assistant, request = kind(chance)
            try:
                ticket = ask(self.server, "/api/jobs", {"assistant": assistant, "request": request})
            except (OSError, HTTPException) as error:
                if getattr(error, "code", 503) < 500:
                    self.wrong.append(f"{assistant}: {error}")
                    return
                time.sleep(0.1)  # it is down, and whether the job was taken on nobody knows
                continue
            job = Followed(ticket["id"], assistant)
            self.jobs.append(job)
            while job.status not in TERMINAL and not self.wrong:
                with suppress(OSError, HTTPException):
                    self._follow(job)
                time.sleep(0.05)
            if self.wrong:
                return
            is_done = is_done or job.status == "done"

    def _follow(self, job: Followed) -> None:
        for number, event in events(self.server.port, job.id, max(job.seen, default=0)):
            if number in job.seen:
                self.wrong.append(f"{job.id}: event {number} came twice")
            job.seen[number] = (time.monotonic(), event)
            if event[0] == "status":
                job.status = event[1]["status"]


def events(port: int, job: str, after: int = 0) -> Iterator[tuple[int, Event]]:
    """Yield a job's events as they come: number, kind and data."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", f"/api/jobs/{job}/events?after={after}")
        answer = connection.getresponse()
        if answer.status != 200:
            raise HTTPException(answer.status)
        told: dict[str, str] = {}
        while line := answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if value:
                told[name] = value
            elif told.keys() >= {"id", "event", "data"}:
                yield int(told["id"]), (told["event"], json.loads(told["data"]))
                told = {}


def integrity(home: Path, folder: Path) -> str:
    """Look at a copy of the database as the kill left it, so that the next start finds just that."""
    folder.mkdir()
    for path in home.glob("studio.db*"):
        shutil.copy(path, folder)
    with closing(sqlite3.connect(folder / "studio.db")) as db:
        found = db.execute("PRAGMA integrity_check").fetchone()[0]
    shutil.rmtree(folder)
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_nothing_that_was_seen_is_lost_and_nothing_is_made_twice(tmp_path: Path, kills: int) -> None:
    server, chance, killed = Forked(tmp_path), random.Random(SEED), []
    server.start()
    try:
        ask(server, "/api/prompts/writing/told", {"source": TOLD}, "PUT")
        base = {"knowledge": "shop", "title": "Facts", "text": FACTS}
        base = ask(server, "/api/jobs", {"assistant": "ingestion", "request": base})["id"]
        assert list(events(server.port, base))[-1][1][1]["status"] == "done"
        load = Load(server, SEED)
        load.start()
        for number in range(kills):
            time.sleep(chance.uniform(0.2, LONGEST_LIFE))
            for _ in range(1 + (chance.random() < AGAIN)):
                killed.append(time.monotonic())
                server.kill()
                assert integrity(server.home, tmp_path / "copy") == "ok", number
                server.begin()
                time.sleep(chance.uniform(0, STARTING_SECONDS))
            server.wait()
        load.settle()
        assert load.wrong == []
        check(server, load, killed)
    finally:
        server.close()


def check(server: Server, load: Load, killed: list[float]) -> None:
    """Hold against each other what was seen, what is stored and what was made."""
    counts = Counter((job.assistant, job.status) for job in load.jobs)
    late = Counter[bool]()
    for job in load.jobs:
        assert job.status in TERMINAL, (job, "did not end")
        told = dict(events(server.port, job.id))
        for number, (moment, event) in job.seen.items():
            kill = next((one for one in killed if one > moment), float("inf"))
            is_early = moment < kill - SEEN_SECONDS
            if told.get(number) != event:
                assert not is_early, (job.id, job.assistant, number, event, told.get(number))
                late[False] += 1
            late[True] += 1
        check_statuses(job, [event[1]["status"] for event in told.values() if event[0] == "status"])
    with closing(sqlite3.connect(server.home / "studio.db")) as db:
        check_made(db, load)
    print(f"seed {SEED}, {len(killed)} kills, {len(load.jobs)} jobs, {late[True]} events seen, of which {late[False]}")
    print(f"in the last {SEEN_SECONDS * 1000:.0f} ms before a kill are not there: {dict(sorted(counts.items()))}")
    # It was under load: of each kind some came to an end, and somebody was hit in the middle.
    assert {assistant for assistant, status in counts if status == "done"} == {kind.__name__ for kind in KINDS}


def check_statuses(job: Followed, statuses: list[str]) -> None:
    """A job ends once; what cannot go on after a restart is begun once."""
    assert [status in TERMINAL for status in statuses].index(True) == len(statuses) - 1, (job.id, statuses)
    if job.status == "failed":
        # Three kills in the middle of it, and it is not begun a fourth time.
        error = job.seen[max(job.seen)][1][1]["error"]
        assert error.startswith("The studio ended unexpectedly 3 times"), (job.id, error)
    if job.assistant in ("chat", "support"):
        assert statuses.count("running") <= 1, (job.id, statuses)


def check_made(db: sqlite3.Connection, load: Load) -> None:
    """Nothing was made twice, and what is done has all that it was asked for."""
    done = {kind.__name__: [job.id for job in load.jobs if (job.assistant, job.status) == (kind.__name__, "done")]
            for kind in KINDS}  # fmt: skip

    def twice(sql: str) -> list[Any]:
        return db.execute(f"SELECT *, count(*) FROM ({sql}) GROUP BY 1, 2, 3 HAVING count(*) > 1").fetchall()

    parts = "SELECT job, json_extract(data, '$.name') AS name, data FROM events WHERE kind = 'part'"
    cell = "json_extract(data, '$.data.variant') || '/' || json_extract(data, '$.data.row')"
    assert twice("SELECT job, kind, place FROM pictures") == []
    assert twice(f"SELECT job, name, {cell} FROM ({parts}) WHERE name = 'cell'") == []
    assert twice(f"SELECT job, name, json_extract(data, '$.data.index') FROM ({parts}) WHERE name = 'picture'") == []
    assert twice(f"SELECT job, name, data FROM ({parts}) WHERE name = 'note'") == []
    assert twice("SELECT job, changed, cause FROM draft_versions WHERE cause = 'draft'") == []
    assert twice("SELECT knowledge, name, sha256 FROM sources") == []
    assert twice("SELECT conversation, parent, role FROM messages WHERE role = 'assistant'") == []

    def counted(sql: str, ids: list[str]) -> set[int]:
        return {db.execute(sql, (one,)).fetchone()[0] for one in ids}

    assert counted(f"SELECT count(*) FROM ({parts}) WHERE name = 'cell' AND job = ?", done["playground"]) == {10}
    assert counted("SELECT count(*) FROM pictures WHERE job = ?", done["images"]) == {2}
    assert counted("SELECT count(*) FROM draft_versions WHERE cause = 'draft' AND job = ?", done["writing"]) == {3}
    assert counted("SELECT count(*) FROM sources WHERE job = ?", done["ingestion"]) <= {1}
    assert counted("SELECT count(*) FROM jobs WHERE id = ?", [job.id for job in load.jobs]) == {1}
