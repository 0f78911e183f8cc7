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
        "version": __version__,
        "models": {"text": {"name": "echo:", "state": "ready"}},
    }


def test_a_store_that_cannot_be_written_shows(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = StoreError("The database {path} cannot be used: {cause}.", path="x", cause="disk full")
    monkeypatch.setattr(JobRunner, "problem", property(lambda _runner: problem))
    assert client(app).get("/api/health").json()["status"] == "failing"
