"""A profile over HTTP: each person has their own, and what is wrong with one is named."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.serving import newcomer


def test_over_http_each_has_their_own(app: FastAPI) -> None:
    ann, bob = newcomer(app), newcomer(app)
    assert ann.get("/api/profile").json()["is_on"] is False
    kept = ann.put("/api/profile", json={"is_on": True, "name": "Ann"}).json()
    assert "Name: Ann" in kept["told"] and ann.get("/api/profile").json() == kept
    assert bob.get("/api/profile").json()["name"] == ""


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({"name": "x" * 201}, "name"), ({"facts": "x" * 4001}, "facts"), ({"age": 5}, "age"), ({"is_on": "yes"}, "is_on")],
)
def test_what_is_wrong_with_one_is_named(app: FastAPI, wanted: dict[str, Any], field: str) -> None:
    ann = newcomer(app)
    answer = ann.put("/api/profile", json=wanted)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert ann.get("/api/profile").json()["name"] == ""
