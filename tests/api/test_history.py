"""The history over HTTP: searched, paged, exported; each visitor alone with their own."""

import json
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from tests.api.talk import SLOW, ask, ended, stop


def titles(browser: TestClient, **query: object) -> list[str]:
    answer = browser.get("/api/history", params=query)
    assert answer.status_code == 200
    return [item["title"] for item in answer.json()["items"]]


def test_a_line_of_the_history(ann: TestClient) -> None:
    job = ended(ann, ask(ann, message="Which trees are tall?"))
    item = ann.get("/api/history").json()["items"][0]
    assert item.pop("number") > 0
    assert item == {
        "id": job["id"],
        "assistant": "chat",
        "status": "done",
        "model": "echo:",
        "title": "Which trees are tall?",
        "snippet": "Which trees are tall?",
        "created": job["created"],
        "finished": job["finished"],
        "conversation": job["result"]["conversation"],
    }


def test_words_and_filters_narrow_it(ann: TestClient) -> None:
    for message in ("红色的退款 apple", "green pear"):
        ended(ann, ask(ann, message=message))
    stop(ann, ask(ann, message="blue plum", model=SLOW))
    assert titles(ann) == ["blue plum", "green pear", "红色的退款 apple"]
    assert titles(ann, q="退款") == ["红色的退款 apple"]
    assert titles(ann, q="pear", assistant="chat", status="done") == ["green pear"]
    assert titles(ann, status="stopped") == ["blue plum"]
    assert titles(ann, assistant="nobody") == titles(ann, q="banana") == []


def test_pages_are_complete_and_end(ann: TestClient) -> None:
    for i in range(5):
        ended(ann, ask(ann, message=f"message {i}"))
    seen, before = [], None
    for expected in (2, 2, 1):
        page = ann.get("/api/history", params={"limit": 2} | ({"before": before} if before else {})).json()
        assert len(page["items"]) == expected
        seen += [item["title"] for item in page["items"]]
        before = page["next"]
    assert before is None and seen == [f"message {i}" for i in (4, 3, 2, 1, 0)]
    assert ann.get("/api/history", params={"limit": 5}).json()["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("before=-1", "before"),
        ("before=" + str(2**63), "before"),
        ("status=nobody", "status"),
        ("q=a%00b", "q"),
        ("q=" + "x" * 501, "q"),
        ("assistant=%00", "assistant"),
    ],
)
def test_wrong_input_names_the_field(ann: TestClient, query: str, field: str) -> None:
    answer = ann.get(f"/api/history?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize("q", ["%ff%fe", '"', "*", "%25", "a OR", "NEAR(", "^", "-", "(", "😀", "%ed%a0%80", "'; --"])
def test_any_words_can_be_looked_for(ann: TestClient, q: str) -> None:
    ended(ann, ask(ann))
    assert ann.get(f"/api/history?q={q}").status_code == 200


def test_export_as_markdown_and_json(ann: TestClient) -> None:
    conversation = ended(ann, ask(ann, message='Was heißt "退款"?'))["result"]["conversation"]
    for form, kind in [("md", "text/markdown; charset=utf-8"), ("json", "application/json")]:
        answer = ann.get(f"/api/conversations/{conversation}/export", params={"form": form})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == "no-store"
        kind, plain, name = answer.headers["content-disposition"].split("; ")
        assert kind == "attachment" and plain.isascii()
        assert unquote(name.removeprefix("filename*=UTF-8''")) == f"Was-heißt-退款.{form}"
        assert "AIGC" in answer.text
    assert json.loads(answer.text)["messages"][0]["text"] == 'Was heißt "退款"?'
    answer = ann.get(f"/api/conversations/{conversation}/export?form=pdf")
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "form")


def test_a_stranger_sees_and_takes_nothing(ann: TestClient, bob: TestClient) -> None:
    conversation = ended(ann, ask(ann, message="private"))["result"]["conversation"]
    assert titles(bob) == titles(bob, q="private") == []
    for path in (conversation, "0" * 32):
        answer = bob.get(f"/api/conversations/{path}/export", headers={"Accept-Language": "zh"})
        assert answer.status_code == 404
        assert answer.json() == {"error": {"message": "没有这个对话。", "field": None}}
