"""The playground over HTTP: experiments belong to whoever kept them, and a winner becomes a prompt."""

from starlette.testclient import TestClient

from tests.api.talk import ended

MESSAGES = [{"role": "user", "content": "{{message}}"}]
REQUEST = {"messages": MESSAGES, "rows": [{"message": "one", "expected": "one"}, {"message": "two", "expected": "x"}]}


def test_experiments_are_kept_changed_and_deleted(ann: TestClient, bob: TestClient) -> None:
    kept = ann.post("/api/experiments", json={"name": " My  first ", "request": REQUEST})
    assert kept.status_code == 201 and kept.json()["name"] == "My first"
    path = f"/api/experiments/{kept.json()['id']}"
    assert [line["id"] for line in ann.get("/api/experiments").json()] == [kept.json()["id"]]
    unfinished = {"messages": MESSAGES, "examples": [{"input": "a", "output": "b", "use": False}]}
    assert ann.put(path, json={"name": "Second", "request": unfinished}).status_code == 200
    assert ann.get(path).json()["request"] == unfinished
    for call in (bob.get, bob.delete):
        assert call(path).status_code == 404
    assert bob.put(path, json={"name": "Mine", "request": {}}).status_code == 404
    assert bob.get("/api/experiments").json() == []
    assert ann.delete(path).status_code == 204 and ann.get(path).status_code == 404


def test_what_is_no_request_is_not_kept(ann: TestClient) -> None:
    for body, field in (
        ({"name": "", "request": REQUEST}, "name"),
        ({"name": "x" * 201, "request": REQUEST}, "name"),
        ({"name": "x", "request": {"rows": [{"a": 1}]}}, "rows.0.a"),
        ({"name": "x", "request": {"surprise": 1}}, "surprise"),
    ):
        answer = ann.post("/api/experiments", json=body)
        assert answer.status_code == 422 and answer.json()["error"]["field"] == field
    assert ann.get("/api/experiments").json() == []


def test_a_winner_becomes_a_prompt(ann: TestClient, bob: TestClient) -> None:
    job = ann.post("/api/jobs", json={"assistant": "playground", "request": REQUEST}).json()["id"]
    assert len(ended(ann, job)["result"]["cells"]) == 2
    wanted = {"job": job, "variant": 0, "template": "chat/winner", "note": "Best"}
    assert bob.post("/api/playground/promote", json=wanted).status_code == 404
    version = ann.post("/api/playground/promote", json=wanted).json()["version"]
    prompt = ann.get("/api/prompts/chat/winner").json()
    assert prompt["version"] == version and prompt["versions"][0]["note"].startswith("Best [50%")
    again = ann.get("/api/playground/request", params={"template": "chat/winner"}).json()
    assert again["messages"] == MESSAGES
    assert ann.get("/api/playground/request", params={"item": job}).json()["rows"] == REQUEST["rows"]
    assert bob.get("/api/playground/request", params={"item": job}).status_code == 404
