"""The history over HTTP: searched, paged, exported; each visitor alone with their own."""

import io
import json
import zipfile
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
        "template": None,
        "template_version": None,
        "starred": False,
        "title": "Which trees are tall?",
        "title_marks": [],
        "snippet": "Which trees are tall?",
        "snippet_marks": [],
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


def test_words_are_marked_and_the_best_match_comes_first(ann: TestClient) -> None:
    for message in ("tea and a long way to the sea", "tea, tea"):
        ended(ann, ask(ann, message=message))
    best, other = ann.get("/api/history", params={"q": "TEA"}).json()["items"]
    assert (best["title"], best["title_marks"]) == ("tea, tea", [[0, 3], [5, 8]])
    assert other["snippet_marks"] == [[0, 3]]


def test_stars_templates_models_and_times_are_filters(ann: TestClient) -> None:
    first = ended(ann, ask(ann, message="one", template="chat/tutor"))
    ended(ann, ask(ann, message="two", model="echo:words=3"))
    assert ann.patch(f"/api/history/{first['id']}", json={"starred": True}).status_code == 204
    for query in ({"starred": True}, {"template": "chat/tutor"}, {"model": "echo:"}, {"until": first["finished"]}):
        assert titles(ann, **query) == ["one"], query
    assert titles(ann, until=first["created"]) == [] and titles(ann, since=first["created"]) == ["two", "one"]
    assert titles(ann, since="2020-01-01") == ["two", "one"]
    assert titles(ann, since="2999-01-01") == []
    answer = ann.patch(f"/api/history/{first['id']}", json={"starred": "yes"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "starred")


def test_an_item_can_be_made_again(ann: TestClient) -> None:
    job = ended(ann, ask(ann, message="one two", params={"seed": 7}, system="Be brief."))
    answer = ann.post(f"/api/history/{job['id']}/again")
    assert answer.status_code == 202 and answer.json()["status"] == "queued"
    again = ended(ann, answer.json()["id"])
    assert (again["output"].split(), again["status"]) == (["one", "two"], "done")
    assert again["result"]["conversation"] == job["result"]["conversation"]
    assert (again["request"]["params"], again["request"]["system"]) == ({"seed": 7}, "Be brief.")
    assert again["request"]["action"] == "regenerate"


def test_two_items_are_compared(ann: TestClient) -> None:
    left = ask(ann, message="red tea", params={"seed": 7})
    right = ask(ann, message="green tea", params={"seed": 7})
    for job in (left, right):
        ended(ann, job)
    answer = ann.get(f"/api/history/{left}/compare/{right}").json()
    assert {one["name"]: one["same"] for one in answer["inputs"]} == {
        "model": True,
        "message": False,
        "params.seed": True,
    }
    assert [(piece["kind"], piece["text"]) for piece in answer["output"]] == [
        ("removed", "red"),
        ("added", "green"),
        ("same", " tea"),
    ]


def test_what_was_made_is_counted(ann: TestClient, bob: TestClient) -> None:
    for message in ("one two three", "four"):
        ended(ann, ask(ann, message=message))
    [count] = ann.get("/api/history/stats").json()
    assert (count["model"], count["items"], count["output_tokens"]) == ("echo:", 2, 4)
    assert bob.get("/api/history/stats?days=7").json() == []
    assert ann.get("/api/history/stats?days=0").status_code == 422


def exported(browser: TestClient, **query: object) -> list[str]:
    answer = browser.get("/api/history/export", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return archive.read("items.jsonl").decode().splitlines()[1:]


def test_export_of_everything_of_some_and_of_nothing_foreign(ann: TestClient, bob: TestClient) -> None:
    jobs = [ended(ann, ask(ann, message=f"message {i}"))["id"] for i in range(3)]
    assert [json.loads(line)["id"] for line in exported(ann)] == jobs
    assert [json.loads(line)["id"] for line in exported(ann, id=jobs[1:])] == jobs[1:]
    assert exported(bob) == []
    assert bob.get("/api/history/export", params={"id": jobs[0]}).status_code == 404


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
        ("since=yesterday", "since"),
        ("until=0001-01-01T00:00:00%2B09:00", "until"),
        ("starred=perhaps", "starred"),
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


def test_a_stranger_changes_nothing(ann: TestClient, bob: TestClient) -> None:
    job, own = ended(ann, ask(ann, message="private"))["id"], ended(bob, ask(bob))["id"]
    for answer in (
        bob.patch(f"/api/history/{job}", json={"starred": True}),
        bob.post(f"/api/history/{job}/again"),
        bob.get(f"/api/history/{own}/compare/{job}"),
        bob.get(f"/api/history/{job}/compare/{own}"),
    ):
        assert answer.status_code == 404
    assert not ann.get("/api/history").json()["items"][0]["starred"]


def test_a_stranger_sees_and_takes_nothing(ann: TestClient, bob: TestClient) -> None:
    conversation = ended(ann, ask(ann, message="private"))["result"]["conversation"]
    assert titles(bob) == titles(bob, q="private") == []
    for path in (conversation, "0" * 32):
        answer = bob.get(f"/api/conversations/{path}/export", headers={"Accept-Language": "zh"})
        assert answer.status_code == 404
        assert answer.json() == {"error": {"message": "没有这个对话。", "field": None}}


def test_a_parameter_given_twice_is_refused_unless_it_may_be_repeated(ann: TestClient) -> None:
    answer = ann.get("/api/history", params={"q": ["tall", "trees"]})
    assert answer.status_code == 422
    assert answer.json()["error"] == {"message": "q is given 2 times; give it once.", "field": "q"}
    jobs = [ended(ann, ask(ann, message=message))["id"] for message in ("One?", "Two?")]
    assert ann.get("/api/history/export", params={"id": jobs}).status_code == 200
