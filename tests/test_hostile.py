"""Twenty visitors who want the studio for themselves, beside one who only wants an answer, and a restart in between."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from assistants.jobs import RunningJob
from assistants.studio import Studio
from tests.serving import SHARED, listening, opened, small_app

HOSTILE = 20
SLOW = "echo:delay=0.05&words=100000"
QUEUE_SIZE, WORKERS = 200, 16

Deed = Callable[[httpx.Client], httpx.Response]


def job(assistant: str, **request: Any) -> Deed:
    return lambda browser: browser.post("/api/jobs", json={"assistant": assistant, "request": request})


DEEDS: list[Deed] = [
    # Jobs without an end, long ones and short ones, on one model and on one each.
    job("chat", message="for ever", model=SLOW),
    job("chat", message="for ever", model=f"{SLOW}&slots=1"),
    job("chat", message="quick", model="echo:"),
    job("support", question="How long?", knowledge="sample"),
    # What is held back waits for ever.
    lambda browser: browser.put("/api/images/queue", json={"paused": True}),
    *[job("images", prompt="held back", model="echo:", width=64, height=64)] * 4,
    lambda browser: browser.put("/api/images/queue", json={"paused": False}),
    job("images", prompt="many", model="echo:delay=0.2", width=64, height=64, count=8),
    # And some tokens are tried by the way.
    lambda browser: browser.get("/api/history", headers={"Authorization": f"Bearer {time.monotonic()}"}),
]


class Attack:
    """Twenty visitors at the ``url``, each from an address of its own, with a new name all the time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: Counter[int] = Counter()
        self._over = threading.Event()
        self._pause = 0.02
        self._threads = [threading.Thread(target=self._visit, args=(number,)) for number in range(HOSTILE)]

    def __enter__(self) -> "Attack":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_until_it_hurts(self, studio: Studio) -> None:
        """Return once they have many jobs and more are refused."""
        deadline = time.monotonic() + 60
        while not (self.answers[429] > HOSTILE and len(strangers(studio)) > 2 * WORKERS):
            assert time.monotonic() < deadline, self.answers
            time.sleep(0.05)
        # To go on as fast would only take the processor, from the test as well.
        self._pause = 0.5

    def _visit(self, number: int) -> None:
        random = Random(number)
        with httpx.Client(timeout=60) as browser:
            while not self._over.is_set():
                browser.base_url, browser.cookies = self.url, {}
                browser.headers["X-Forwarded-For"] = f"198.51.100.{random.randrange(256)}, 203.0.113.{number}"
                browser.get("/ask/sample")
                for _ in range(10):
                    self.answers[random.choice(DEEDS)(browser).status_code] += 1
                    self._over.wait(self._pause)


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a turn take half a second, and tell guessers so soon as well."""
    monkeypatch.setattr("assistants.jobs.runner.TURN_SECONDS", 0.5)
    monkeypatch.setattr("assistants.jobs.runner.CHECK_SECONDS", 0.1)
    monkeypatch.setattr("webapp.visitors.GUESS_SECONDS", 0.1)


@contextmanager
def serving(home: Path, proxies: int) -> Iterator[tuple[Studio, str]]:
    options = SHARED | {"queue_size": QUEUE_SIZE, "workers": WORKERS, "proxies": proxies}
    with opened(home, **options) as studio, listening(small_app(studio)) as url:
        yield studio, url


def attacked(home: Path, proxies: int, honest: list[httpx.Client], starts: int, rounds: int) -> None:
    """Attack a studio through some starts; each of the ``honest`` gets a reply in each round."""
    for start in range(starts):
        with serving(home, proxies) as (studio, url), Attack(url) as attack:
            for who in honest:
                who.base_url = url
                assert start or who.get("/", params={"job": "1"}).status_code == 200
            attack.wait_until_it_hurts(studio)
            for _ in range(rounds):
                for who in honest:
                    assert reply(who)["output"] == "one two"
            # As many as may wait, as many as may be held back, and those that just end.
            assert WORKERS < len(strangers(studio)) <= QUEUE_SIZE + WORKERS


def strangers(studio: Studio) -> list[RunningJob]:
    """Return the jobs of visitors that wait or are under way."""
    return [one for one in list(studio.jobs._live.values()) if one.who.is_anonymous]


def reply(who: httpx.Client) -> dict[str, Any]:
    """Ask for something small and return it when it has ended."""
    asked = job("chat", message="one two", model="echo:")(who)
    assert asked.status_code == 202, asked.text
    deadline = time.monotonic() + 60
    while (found := who.get(f"/api/jobs/{asked.json()['id']}").json())["status"] in ("queued", "running"):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


@pytest.fixture
def known() -> Iterator[list[httpx.Client]]:
    """Lend the operator and somebody with a key."""
    with ExitStack() as clients:
        keys = (SHARED["api_keys"][0], SHARED["admin_token"])
        yield [
            clients.enter_context(httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=60)) for key in keys
        ]


@pytest.fixture
def visitor() -> Iterator[httpx.Client]:
    """Lend a visitor who comes by way of the proxy and keeps one name."""
    with httpx.Client(headers={"X-Forwarded-For": "192.0.2.77"}, timeout=60) as browser:
        yield browser


@pytest.mark.usefixtures("short_turns", "nothing_is_fetched")
@pytest.mark.timeout(180)
def test_a_visitor_who_only_wants_an_answer_gets_it(tmp_path: Path, visitor: httpx.Client) -> None:
    attacked(tmp_path, 1, [visitor], starts=2, rounds=2)


@pytest.mark.usefixtures("short_turns", "nothing_is_fetched")
@pytest.mark.timeout(180)
def test_where_no_address_is_known_those_with_a_name_of_their_own_get_it(
    tmp_path: Path, known: list[httpx.Client]
) -> None:
    attacked(tmp_path, 0, known, starts=1, rounds=1)


@pytest.mark.soak
@pytest.mark.usefixtures("short_turns", "nothing_is_fetched")
@pytest.mark.timeout(900)
def test_everybody_honest_gets_all_answers_for_minutes(
    tmp_path: Path, visitor: httpx.Client, known: list[httpx.Client]
) -> None:
    attacked(tmp_path / "addresses", 1, [visitor, *known], starts=6, rounds=20)
    attacked(tmp_path / "none", 0, known, starts=3, rounds=20)
