"""Conversations over HTTP: each keeps its own settings, and nobody reaches another's."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.api.talk import ask, ended
from tests.serving import newcomer


@pytest.fixture
def visitor(app: FastAPI) -> Iterator[TestClient]:
    """A browser that has opened the shared studio's page."""
    yield newcomer(app)


def begin(browser: TestClient, **request: object) -> str:
    """Begin a conversation and wait for its first reply; returns its id."""
    return ended(browser, ask(browser, **request))["result"]["conversation"]


def settings_of(browser: TestClient, conversation: str) -> dict:
    return browser.get(f"/api/conversations/{conversation}").json()["settings"]


OTHER = {"system": "Speak like a pirate.", "params": {"temperature": 0.5}, "model": "echo:delay=0.001"}


def test_a_conversation_asks_with_its_own_settings_and_no_other_does(visitor: TestClient) -> None:
    plain, own = begin(visitor), begin(visitor)
    changed = visitor.patch(f"/api/conversations/{own}", json={"settings": OTHER})
    assert changed.json()["settings"] == OTHER | {"template": None, "values": {}, "reasoning": None}
    job = ended(visitor, ask(visitor, conversation=own))
    assert {name: job["request"][name] for name in ("system", "params")} == {
        "system": OTHER["system"],
        "params": OTHER["params"],
    }
    assert job["model"] == OTHER["model"]
    job = ended(visitor, ask(visitor, conversation=plain))
    assert "system" not in job["request"] and job["model"] == "echo:"
    again = visitor.post("/api/jobs", json={"assistant": "chat", "request": {"action": "regenerate", "parent": "x"}})
    assert again.status_code == 404


def test_what_a_request_says_counts_for_its_turn_and_begins_a_conversation(visitor: TestClient) -> None:
    begun = begin(visitor, system="Begin with this.", model="echo:delay=0.001")
    assert settings_of(visitor, begun)["system"] == "Begin with this."
    once = ended(visitor, ask(visitor, conversation=begun, system=None, model="default"))
    assert not once["request"].get("system") and once["model"] == "echo:"
    assert settings_of(visitor, begun)["model"] == "echo:delay=0.001"
    messages = visitor.get(f"/api/conversations/{begun}/messages").json()["messages"]
    assert [one["model"] for one in messages if one["role"] == "assistant"] == ["echo:delay=0.001", "echo:"]


def test_another_reply_is_asked_for_with_the_settings_of_the_conversation(visitor: TestClient) -> None:
    own = begin(visitor)
    visitor.patch(f"/api/conversations/{own}", json={"settings": OTHER})
    question = visitor.get(f"/api/conversations/{own}/messages").json()["messages"][0]["id"]
    job = ended(visitor, ask(visitor, message="", action="regenerate", parent=question))
    assert (job["model"], job["request"]["system"]) == (OTHER["model"], OTHER["system"])


def test_a_new_conversation_takes_the_settings_of_the_last(visitor: TestClient) -> None:
    assert visitor.get("/api/conversations/settings").json()["system"] is None
    first = begin(visitor, system="First.")
    begin(visitor, system="Second.")
    assert visitor.get("/api/conversations/settings").json()["system"] == "Second."
    visitor.patch(f"/api/conversations/{first}", json={"settings": {"system": "Chosen later."}})
    assert visitor.get("/api/conversations/settings").json()["system"] == "Chosen later."


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"model": "nobody:knows"}, "model"),
        ({"template": "chat/nobody-knows"}, "template"),
        ({"system": "x" * 20_001}, "system"),
        ({"params": {"temperature": 9}}, "params.temperature"),
        ({"colour": "red"}, "colour"),
        ({"system": "a\0b"}, "system"),
    ],
)
def test_wrong_settings_name_the_field_and_change_nothing(visitor: TestClient, settings: dict, field: str) -> None:
    own = begin(visitor, system="Stays.")
    answer = visitor.patch(f"/api/conversations/{own}", json={"settings": settings, "title": "New"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert visitor.get(f"/api/conversations/{own}").json()["title"] == "one two three"
    assert settings_of(visitor, own)["system"] == "Stays."


def test_nobody_reaches_the_conversation_of_another(app: FastAPI, visitor: TestClient) -> None:
    own = begin(visitor, system="Mine.")
    message = visitor.get(f"/api/conversations/{own}/messages").json()["messages"][0]["id"]
    stranger = newcomer(app)
    for method, path, body in [
        ("GET", f"conversations/{own}", None),
        ("GET", f"conversations/{own}/messages", None),
        ("GET", f"conversations/{own}/messages?around={message}", None),
        ("GET", f"conversations/{own}/messages?after={message}", None),
        ("GET", f"conversations/{own}/find?q=one", None),
        ("GET", f"conversations/{own}/export", None),
        ("PATCH", f"conversations/{own}", {"title": "Theirs"}),
        ("PATCH", f"conversations/{own}", {"settings": {}}),
        ("PATCH", f"conversations/{own}", {"pinned": True}),
        ("DELETE", f"conversations/{own}", None),
        ("POST", f"messages/{message}/select", None),
        ("DELETE", f"messages/{message}", None),
    ]:
        assert stranger.request(method, f"/api/{path}", json=body).status_code == 404, (method, path)
    assert stranger.get("/api/conversations").json()["items"] == []
    assert stranger.get("/api/conversations/settings").json()["system"] is None
    assert settings_of(visitor, own)["system"] == "Mine."


def test_what_was_deleted_comes_back_from_the_trash(visitor: TestClient) -> None:
    own = begin(visitor)
    message = visitor.get(f"/api/conversations/{own}/messages").json()["messages"][1]["id"]
    for path, id in ((f"messages/{message}", message), (f"conversations/{own}", own)):
        assert visitor.delete(f"/api/{path}").status_code == 204
        assert visitor.post(f"/api/trash/{id}/restore").status_code == 204
    assert len(visitor.get(f"/api/conversations/{own}/messages").json()["messages"]) == 2


def test_messages_are_read_in_pages_from_the_end(visitor: TestClient) -> None:
    own = begin(visitor)
    ended(visitor, ask(visitor, conversation=own, message="second"))
    last = visitor.get(f"/api/conversations/{own}/messages", params={"limit": 2}).json()
    assert [one["text"] for one in last["messages"]] == ["second", "second"] and last["earlier"]
    before = visitor.get(f"/api/conversations/{own}/messages", params={"before": last["messages"][0]["id"]}).json()
    assert [one["text"] for one in before["messages"]] == ["one two three"] * 2 and not before["earlier"]


def test_settings_that_another_studio_wrote_count_as_not_chosen(app: FastAPI, visitor: TestClient) -> None:
    own = begin(visitor, system="Once.")
    with app.state.studio.history.store.write() as db:
        db.execute("UPDATE conversations SET settings = ? WHERE id = ?", ('{"colour": "red"}', own))
    assert visitor.get(f"/api/conversations/{own}").status_code == 200
    assert ended(visitor, ask(visitor, conversation=own))["status"] == "done"
    assert visitor.get("/api/conversations/settings").json()["system"] is None


def test_a_conversation_that_was_made_before_follows_the_default(app: FastAPI, visitor: TestClient) -> None:
    own = begin(visitor)
    with app.state.studio.history.store.write() as db:
        # As the migration leaves it.
        db.execute("UPDATE conversations SET settings = '{}', settled = NULL WHERE id = ?", (own,))
    assert settings_of(visitor, own)["model"] is None and settings_of(visitor, own)["system"] is None
    assert ended(visitor, ask(visitor, conversation=own))["model"] == "echo:"


def test_messages_are_read_after_and_around_one(visitor: TestClient) -> None:
    own = begin(visitor)
    for number in range(4):
        ended(visitor, ask(visitor, conversation=own, message=f"n{number}"))

    def window(query: str) -> tuple[list[str], bool, bool]:
        read = visitor.get(f"/api/conversations/{own}/messages?{query}").json()
        return [message["id"] for message in read["messages"]], read["earlier"], read["later"]

    order, earlier, later = window("limit=100")
    assert (len(order), earlier, later) == (10, False, False)
    assert window(f"after={order[2]}&limit=3") == (order[3:6], True, True)
    assert window(f"after={order[7]}&limit=3") == (order[8:], True, False)
    assert window(f"after={order[9]}") == ([], True, False)
    assert window(f"around={order[5]}&limit=4") == (order[4:8], True, True)
    assert window(f"around={order[0]}&limit=4") == (order[:4], False, True)
    assert window(f"around={order[9]}&limit=4") == (order[6:], True, False)
    assert window(f"before={order[4]}&limit=3") == (order[1:4], True, True)
    assert window(f"before={order[0]}") == ([], False, True)
    for query, status in (("after=x", 404), ("around=x", 404), (f"before={order[3]}&after={order[3]}", 422)):
        assert visitor.get(f"/api/conversations/{own}/messages?{query}").status_code == status


def test_a_text_is_found_in_the_branch_that_is_shown(visitor: TestClient) -> None:
    own = begin(visitor)
    ended(visitor, ask(visitor, conversation=own, message="Die Straße ist 100% naß, 猫头鹰"))

    def find(words: str) -> int:
        answer = visitor.get(f"/api/conversations/{own}/find", params={"q": words})
        assert answer.status_code == 200
        return len(answer.json()["places"])

    # The stand-in says each message back.
    assert [find(words) for words in ("STRASSE", "100%", "头鹰", "straße ist", "%_", "nowhere")] == [2, 2, 2, 2, 0, 0]
    order = [one["id"] for one in visitor.get(f"/api/conversations/{own}/messages").json()["messages"]]
    places = visitor.get(f"/api/conversations/{own}/find?q=naß").json()["places"]
    assert places == [{"message": id, "in_reasoning": False} for id in order[2:]]
    assert visitor.get(f"/api/conversations/{own}/find?q=").status_code == 422
    # What was put into the trash is not found.
    visitor.delete(f"/api/messages/{order[2]}")
    assert find("naß") == 0
