"""What a picker shows of models, and what there is to say before a first message."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistants.connections.nearby import Nearby, Server
from tests.api.talk import ask, ended
from tests.serving import PUBLIC, SHARED, client

THINKING = "echo:reasons=3"


def listed(browser: TestClient) -> dict[str, dict]:
    return {model["name"]: model for model in browser.get("/api/models").json()}


def test_the_default_comes_first_and_each_says_what_is_known_of_it(ann: TestClient) -> None:
    models = ann.get("/api/models").json()
    assert (models[0]["name"], models[0]["is_default"], models[0]["where"]) == ("echo:", True, "local")
    mini = listed(ann)["local:mini"]
    assert mini["title"].startswith("SmolLM2") and mini["languages"] == ["en"] and mini["reasons"] is None
    assert not any(model["is_default"] for model in models[1:])


def test_what_was_used_is_ones_own_and_what_it_showed_is_everybodys(ann: TestClient, bob: TestClient) -> None:
    assert listed(ann)["echo:"]["used"] is None
    ended(ann, ask(ann))
    assert listed(ann)["echo:"]["used"] is not None and listed(bob)["echo:"]["used"] is None


def test_the_start_speaks_of_the_model_that_is_asked_for(ann: TestClient) -> None:
    start = ann.get("/api/models/start").json()
    assert (start["model"], start["note"], len(start["examples"])) == ("echo:", None, 4)
    other = ann.get("/api/models/start", params={"model": "nobody:knows"}).json()
    assert "nobody:knows" in other["note"] and other["model"] == "nobody:knows" and not other["is_busy"]


def test_no_server_of_this_machine_is_asked_on_behalf_of_a_visitor(
    app: FastAPI, ann: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def found(self: Nearby) -> list[Server]:
        asked.append(True)
        return [Server("ollama", "Ollama", 2)]

    monkeypatch.setattr(Nearby, "found", found)
    start = ann.get("/api/models/start").json()
    assert (start["servers"], start["may_connect"], asked) == ([], False, [])
    key = {"Authorization": f"Bearer {SHARED['admin_token']}"}
    start = client(app, PUBLIC, **key).get("/api/models/start").json()
    assert start["servers"] == [{"name": "ollama", "title": "Ollama"}] and start["may_connect"] and asked


def test_only_the_operator_decides_about_a_better_model(ann: TestClient) -> None:
    assert ann.post("/api/models/better", json={"do": "keep"}).status_code == 403
    assert ann.post("/api/models/better", json={"do": "format"}).status_code == 422
