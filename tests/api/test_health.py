"""Health, which anybody may ask for."""

import pytest
from fastapi import FastAPI

from assistants.errors import StoreError
from assistants.jobs import JobRunner
from tests.serving import client
from webapp import __version__


def test_health_without_a_visitor(app: FastAPI) -> None:
    answer = client(app).get("/api/health")
    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert answer.json() == {
        "status": "ok",
        "problem": None,
        "version": __version__,
        "models": {"text": {"name": "echo:", "state": "ready"}},
    }


def test_a_store_that_cannot_be_written_shows(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = StoreError("The database {path} cannot be used: {cause}.", path="x", cause="disk full")
    monkeypatch.setattr(JobRunner, "problem", property(lambda _runner: problem))
    answer = client(app).get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert answer.json()["problem"] == "The database x cannot be used: disk full."
    assert client(app, **{"accept-language": "zh"}).get("/api/health").json()["problem"].startswith("数据库 x")


def test_a_folder_that_is_gone_shows_until_it_is_back(app: FastAPI) -> None:
    browser, files = client(app), app.state.studio.history.files.folder
    files.rename(files.with_name("aside"))
    gone = browser.get("/api/health")
    assert gone.status_code == 503 and "was deleted" in gone.json()["problem"]
    assert str(files.parent) not in gone.text
    files.with_name("aside").rename(files)
    assert browser.get("/api/health").status_code == 200
