"""The trash over HTTP: in, out, emptied; each visitor alone with their own."""

from starlette.testclient import TestClient

from tests.api.talk import ask, ended


def titles(browser: TestClient) -> list[str]:
    return [item["title"] for item in browser.get("/api/history").json()["items"]]


def test_a_chats_item_goes_with_its_conversation_and_comes_back(ann: TestClient) -> None:
    first = ended(ann, ask(ann, message="one"))
    conversation = first["result"]["conversation"]
    ended(ann, ask(ann, message="two", conversation=conversation))
    ended(ann, ask(ann, message="other"))
    assert ann.post("/api/trash", json={"ids": [first["id"]]}).json() == {"ids": [conversation]}
    assert titles(ann) == ["other"]
    [line] = ann.get("/api/trash").json()
    assert (line["kind"], line["title"], line["items"]) == ("conversation", "one", 2)
    assert ann.post(f"/api/trash/{line['id']}/restore").status_code == 204
    assert titles(ann) == ["other", "two", "one"]
    assert ann.get("/api/trash").json() == []


def test_emptied_is_gone(ann: TestClient, bob: TestClient) -> None:
    job = ended(ann, ask(ann, message="one"))["id"]
    [conversation] = ann.post("/api/trash", json={"ids": [job]}).json()["ids"]
    assert bob.delete("/api/trash").json() == {"items": 0}
    assert ann.delete("/api/trash").json() == {"items": 1}
    assert ann.post(f"/api/trash/{conversation}/restore").status_code == 404
    assert ann.get(f"/api/jobs/{job}").status_code == 404


def test_a_stranger_neither_deletes_nor_restores(ann: TestClient, bob: TestClient) -> None:
    jobs = [ended(ann, ask(ann, message=message))["id"] for message in ("one", "two")]
    assert bob.post("/api/trash", json={"ids": jobs}).status_code == 404
    [conversation] = ann.post("/api/trash", json={"ids": jobs[:1]}).json()["ids"]
    assert bob.get("/api/trash").json() == []
    assert bob.post(f"/api/trash/{conversation}/restore").status_code == 404
    assert titles(ann) == ["two"]


def test_wrong_input_names_the_field(ann: TestClient) -> None:
    for body in ({"ids": []}, {"ids": ["x"] * 1001}, {}, {"ids": "x"}):
        answer = ann.post("/api/trash", json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "ids"), body
