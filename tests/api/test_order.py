"""Conversations in order: folders, tags, another that goes on from a message."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.talk import ask, ended
from tests.serving import newcomer


@pytest.fixture
def visitor(app: Any) -> TestClient:
    """A browser that has opened the shared studio's page."""
    return newcomer(app)


def begin(browser: TestClient, **request: Any) -> str:
    """Begin a conversation and wait for its first reply; returns its id."""
    return ended(browser, ask(browser, **request))["result"]["conversation"]


def change(browser: TestClient, conversation: str, **wanted: Any) -> dict[str, Any]:
    return browser.patch(f"/api/conversations/{conversation}", json=wanted).json()


def listed(browser: TestClient, **asked: Any) -> list[str]:
    return [one["id"] for one in browser.get("/api/conversations", params=asked).json()["items"]]


def messages(browser: TestClient, conversation: str) -> list[dict[str, Any]]:
    return browser.get(f"/api/conversations/{conversation}/messages").json()["messages"]


def test_a_folder_and_tags_are_there_while_a_conversation_has_them(visitor: TestClient) -> None:
    one, two = begin(visitor, message="Boats"), begin(visitor, message="Trains")
    assert change(visitor, one, folder=" Work ", tags=["slow", "slow", "旅行"])["tags"] == ["slow", "旅行"]
    change(visitor, two, folder="Work", tags=["slow"])
    labels = visitor.get("/api/conversations/labels").json()
    assert labels["folders"] == [{"name": "Work", "count": 2}]
    assert labels["tags"] == [{"name": "slow", "count": 2}, {"name": "旅行", "count": 1}]
    assert listed(visitor, folder="Work") == [two, one] and listed(visitor, tag="旅行") == [one]
    assert listed(visitor, folder="Work", q="boats") == [one] and listed(visitor, folder="work") == []
    assert visitor.put("/api/conversations/folders", json={"folder": "Work", "name": "Play"}).status_code == 204
    assert listed(visitor, folder="Play") == [two, one]
    visitor.put("/api/conversations/folders", json={"folder": "Play", "name": ""})
    change(visitor, one, tags=[])
    visitor.delete(f"/api/conversations/{two}")
    assert visitor.get("/api/conversations/labels").json() == {"folders": [], "tags": []}


@pytest.mark.parametrize(
    "wanted",
    [
        {"folder": "x" * 61}, {"folder": "a\0"}, {"folder": 7}, {"tags": ["x" * 61]}, {"tags": [" "]},
        {"tags": [f"tag {number}" for number in range(21)]}, {"tags": "slow"}, {"colour": "red"},
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(visitor: TestClient, wanted: dict[str, Any]) -> None:
    own = begin(visitor)
    answer = visitor.patch(f"/api/conversations/{own}", json=wanted)
    assert answer.status_code == 422 and answer.json()["error"]["message"]
    assert visitor.get("/api/conversations/labels").json() == {"folders": [], "tags": []}


def test_nobody_reaches_anothers_folders(app: Any, visitor: TestClient) -> None:
    own, other = begin(visitor), newcomer(app)
    change(visitor, own, folder="Secret")
    assert other.get("/api/conversations/labels").json()["folders"] == [] and listed(other, folder="Secret") == []
    answer = other.put("/api/conversations/folders", json={"folder": "Secret", "name": "Mine"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "There is no such folder.")
    assert other.patch(f"/api/conversations/{own}", json={"folder": "Mine"}).status_code == 404
    assert other.post(f"/api/messages/{messages(visitor, own)[0]['id']}/fork").status_code == 404


def test_another_conversation_goes_on_from_a_message(visitor: TestClient) -> None:
    own = begin(visitor, message="First of all", system="Be brief.")
    ended(visitor, ask(visitor, message="Second", conversation=own))
    change(visitor, own, folder="Work")
    before = messages(visitor, own)
    made = visitor.post(f"/api/messages/{before[1]['id']}/fork")
    fork = made.json()["id"]
    assert made.status_code == 201 and fork != own
    copied = messages(visitor, fork)
    same = ("role", "text", "model", "created", "status")
    assert [[one[name] for name in same] for one in copied] == [[one[name] for name in same] for one in before[:2]]
    conversation = visitor.get(f"/api/conversations/{fork}").json()
    assert conversation["folder"] == "Work" and conversation["settings"]["system"] == "Be brief."
    # It goes its own way, is found by its words, and outlives the one that it came from.
    ended(visitor, ask(visitor, message="Otherwise", conversation=fork))
    assert [one["text"] for one in messages(visitor, fork)][2] == "Otherwise"
    assert [one["text"] for one in messages(visitor, own)] == [one["text"] for one in before]
    assert set(listed(visitor, q="first of all")) == {own, fork}
    visitor.delete(f"/api/conversations/{own}")
    visitor.delete("/api/trash")
    assert listed(visitor, q="first of all") == [fork]
    assert messages(visitor, fork)[1]["text"] == before[1]["text"]
    visitor.delete(f"/api/conversations/{fork}")
    visitor.delete("/api/trash")
    assert listed(visitor, q="first of all") == []
