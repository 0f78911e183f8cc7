"""How often visitors may begin something, by whatever door, however many names they take and whatever they send."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistants import support
from assistants.jobs import assistant
from assistants.studio import Studio
from tests.serving import PUBLIC, SHARED, client, opened, small_app

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")

ASK = {"assistant": "support", "request": {"question": "How long?", "knowledge": "sample"}}
CHAT = {"assistant": "chat", "request": {"message": "Hello", "model": "echo:"}}


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setattr(support, "A_MINUTE", 3)
    monkeypatch.setattr(assistant, "A_MINUTE", 6)
    with opened(tmp_path / "home", **SHARED, proxies=1) as studio:
        yield studio


@pytest.fixture
def app(studio: Studio) -> FastAPI:
    return small_app(studio)


def visitor(app: FastAPI, address: str, forged: str = "") -> TestClient:
    """Return a browser with a new cookie, which its proxy says comes from an address."""
    browser = client(app, PUBLIC, **{"X-Forwarded-For": f"{forged}{address}"})
    assert browser.get("/ask/sample").status_code == 200
    return browser


def ask(browser: TestClient) -> int:
    return browser.post("/api/jobs", json=ASK).status_code


def test_every_way_to_ask_counts(app: FastAPI) -> None:
    first = visitor(app, "203.0.113.5")
    job = first.post("/api/jobs", json=ASK)
    assert job.status_code == 202
    assert first.post("/api/ask/sample", json={"question": "How long?"}).status_code == 202
    assert first.post(f"/api/history/{job.json()['id']}/again").status_code == 202
    # From here on, by whichever door and name.
    assert [ask(first), ask(visitor(app, "203.0.113.5"))] == [429, 429]
    assert first.post("/api/ask/sample", json={"question": "How long?"}).status_code == 429
    refused = first.post(f"/api/history/{job.json()['id']}/again", headers={"Accept-Language": "en"})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert refused.json()["error"]["message"] == "You ask faster than can be answered. Wait a minute."
    assert ask(visitor(app, "203.0.113.6")) == 202


def test_new_names_and_forged_headers_bring_nothing(app: FastAPI) -> None:
    forged = ["", "198.51.100.1, ", "127.0.0.1, ", "203.0.113.77, junk, ", ",,, "]
    answers = [ask(visitor(app, "203.0.113.5", mark)) for mark in forged]
    assert answers == [202] * 3 + [429] * 2
    # One subscriber has all of an IPv6 network.
    answers = [ask(visitor(app, f"[2001:db8:1:2::{number}]:{40000 + number}")) for number in range(5)]
    assert answers == [202] * 3 + [429] * 2
    assert ask(visitor(app, "2001:db8:1:3::1")) == 202


def test_a_name_counts_where_it_was_given_wherever_it_is_used(app: FastAPI) -> None:
    browser = visitor(app, "203.0.113.5")
    answers = [
        browser.post("/api/jobs", json=ASK, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(4)
    ]
    assert answers == [202] * 3 + [429]


def test_visitors_whose_address_nobody_knows_share_one_pace_and_others_do_not_wait_for_them(app: FastAPI) -> None:
    one = visitor(app, "unknown")
    assert [ask(one) for _ in range(4)] == [202] * 3 + [429]
    answers = [ask(visitor(app, "127.0.0.1" if number % 2 else "")) for number in range(14)]
    assert answers == [202] * 12 + [429] * 2
    assert ask(visitor(app, "203.0.113.5")) == 202
    for key in (*SHARED["api_keys"], SHARED["admin_token"]):
        script = client(app, PUBLIC, Authorization=f"Bearer {key}")
        assert [ask(script) for _ in range(10)] == [202] * 10


def test_each_assistant_has_its_own_pace(app: FastAPI) -> None:
    browser = visitor(app, "203.0.113.5")
    assert [ask(browser) for _ in range(4)][-1] == 429
    answers = [browser.post("/api/jobs", json=CHAT).status_code for _ in range(7)]
    assert answers == [202] * 6 + [429]
    assert browser.get("/api/history").status_code == 200


def test_what_is_written_down_for_each_name_has_the_pace_of_a_job(app: FastAPI) -> None:
    held = [visitor(app, "203.0.113.5").put("/api/images/queue", json={"paused": True}).status_code for _ in range(7)]
    assert held == [200] * 6 + [429]
