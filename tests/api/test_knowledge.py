"""Knowledge over HTTP: files in, answers out, gone when deleted; only the operator changes anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistants.errors import ModelUnavailable
from assistants.models import Models
from tests.api.talk import ended
from tests.serving import PUBLIC, SHARED, client, opened, small_app

TEXT = "# Returns\n\nReturns are free within 30 days.\n\n# Shipping\n\nA parcel takes 2 days."
SOURCES = "/api/knowledge/shop/sources"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A studio of their own: whoever tries wrong tokens, as other tests do, keeps the operator out for a while."""
    with opened(tmp_path_factory.mktemp("home"), **SHARED) as studio:
        yield small_app(studio)


@pytest.fixture
def operator(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Whoever has the operator's token, where no model can be fetched; nothing of theirs is left."""

    def absent(self: Models, *_: object) -> None:
        raise ModelUnavailable("There is no model named {name}.", name="starter-embedder")

    monkeypatch.setattr(Models, "waiting", absent)
    operator = client(app, PUBLIC, Authorization="Bearer open-sesame")
    yield operator
    operator.delete("/api/knowledge/shop")


def send(browser: TestClient, *names: str, text: str = TEXT) -> Any:
    return browser.post(SOURCES, files=[("file", (name, f"{text} {name}".encode(), "text/plain")) for name in names])


def test_files_go_in_and_answers_come_out(operator: TestClient, ann: TestClient) -> None:
    answer = send(operator, "规则.md", "more.md")
    assert (answer.status_code, list(answer.json())) == (202, ["id", "status"])
    assert ended(operator, answer.json()["id"])["status"] == "done"
    sources = operator.get(SOURCES).json()
    assert [(source["name"], source["status"], source["chunks"]) for source in sources] == [
        ("more.md", "ready", 2), ("规则.md", "ready", 2),
    ]  # fmt: skip
    question = {"question": "How long does a parcel take?", "knowledge": "shop"}
    job = ann.post("/api/jobs", json={"assistant": "support", "request": question}).json()["id"]
    result = ended(ann, job)["result"]
    assert result["grounded"]
    citation = result["citations"][0]
    source = operator.get(f"{SOURCES}/{citation['source']}").json()
    assert source["text"][citation["start"] : citation["end"]] == citation["quote"]
    piece = next(piece for piece in source["pieces"] if piece["number"] == citation["chunk"])
    assert piece["heading"] == "Shipping"
    assert operator.patch(f"/api/knowledge/shop/chunks/{piece['number']}", json={"enabled": False}).status_code == 204
    for source in sources:
        assert operator.delete(f"{SOURCES}/{source['id']}").status_code == 204
    assert operator.get(SOURCES).json() == []
    assert operator.delete(f"{SOURCES}/{sources[0]['id']}").status_code == 404


def test_what_of_a_source_is_left_out_is_said_in_the_readers_language(operator: TestClient) -> None:
    page = ("a.html", b"<p>Free.</p><p hidden>obey</p>", "text/html")
    job = ended(operator, operator.post(SOURCES, files=[("file", page)]).json()["id"])
    assert job["result"]["sources"][0]["notes"][0]["values"] == {"count": 1}
    for language, text in (("en", "Hidden text is left out (1)."), ("zh-CN", "隐藏的文字未读取（1 处）。")):
        [source] = operator.get(SOURCES, headers={"Accept-Language": language}).json()
        whole = operator.get(f"{SOURCES}/{source['id']}", headers={"Accept-Language": language}).json()
        assert source["notes"] == whole["notes"] == [{"text": text}]


def test_the_samples_are_there(ann: TestClient) -> None:
    bases = {base["name"]: base for base in ann.get("/api/knowledge").json()}
    assert bases["sample"]["chunks"] > 25 and bases["sample-zh"]["chunks"] > 25


def test_a_visitor_changes_nothing(operator: TestClient, ann: TestClient) -> None:
    job = ended(operator, send(operator, "a.md").json()["id"])
    source = f"{SOURCES}/{job['result']['sources'][0]['id']}"
    chunk = operator.get(source).json()["pieces"][0]["number"]
    for refused in (
        send(ann, "b.md"),
        ann.delete(source),
        ann.delete("/api/knowledge/shop"),
        ann.patch("/api/knowledge/shop", json={"not_found": "x"}),
        ann.patch(f"/api/knowledge/shop/chunks/{chunk}", json={"enabled": False}),
        ann.post("/api/jobs", json={"assistant": "ingestion", "request": {"knowledge": "shop", "text": "x"}}),
    ):
        assert refused.status_code == 403
    assert len(ann.get(SOURCES).json()) == 1


def test_wrong_input_names_the_field(operator: TestClient, app: FastAPI) -> None:
    folder = Path(app.state.studio.settings.home / "files")
    before = sorted(folder.iterdir())
    assert operator.post(SOURCES).json()["error"]["field"] == "file"
    assert operator.post(SOURCES, files={"file": ("a.exe", b"MZ\0\0")}).json()["error"]["field"] == "file"
    assert operator.post(SOURCES, files={"file": ("a.txt", b"")}).status_code == 422
    assert operator.post("/api/knowledge/a%00b/sources", files={"file": ("a.txt", b"x")}).status_code in (404, 422)
    assert operator.get(SOURCES).status_code == 404
    assert sorted(folder.iterdir()) == before
    twice = send(operator, "a.md"), send(operator, "a.md")
    assert [answer.status_code for answer in twice] == [202, 422]
    assert "already in this base" in twice[1].json()["error"]["message"]
    ended(operator, twice[0].json()["id"])
    assert operator.patch("/api/knowledge/shop", json={"not_found": "x" * 1001}).json()["error"]["field"] == "not_found"
    assert operator.patch("/api/knowledge/shop", json={"model_help": "sometimes"}).status_code == 422
    assert operator.patch("/api/knowledge/shop", json={"reranker": "starter"}).json()["error"]["field"] == "model"
    assert operator.patch("/api/knowledge/shop", json={"model_help": "never", "reranker": ""}).status_code == 204
    assert operator.patch("/api/knowledge/shop", json={"readers": "nobody"}).status_code == 422


SECRET = "# Prices\n\nThe dealer price is 7 euros.\n\n# Shipping\n\nA parcel takes 2 days."


@pytest.fixture
def asked(operator: TestClient, ann: TestClient) -> dict[str, str]:
    """What a visitor may want to read: a source, a version before it, and a passage that answers no more."""
    job = ended(operator, send(operator, "a.md", text=SECRET).json()["id"])
    old = job["result"]["sources"][0]["id"]
    pieces = operator.get(f"{SOURCES}/{old}").json()["pieces"]
    number = next(piece["number"] for piece in pieces if piece["heading"] == "Prices")
    assert operator.patch(f"/api/knowledge/shop/chunks/{number}", json={"text": "Ask us."}).status_code == 204
    [new] = operator.get(SOURCES).json()
    hidden = next(
        p["number"] for p in operator.get(f"{SOURCES}/{new['id']}").json()["pieces"] if p["text"] == "Ask us."
    )
    assert operator.patch(f"/api/knowledge/shop/chunks/{hidden}", json={"enabled": False}).status_code == 204
    question = {"question": "How long does a parcel take?", "knowledge": "shop"}
    job = ann.post("/api/jobs", json={"assistant": "support", "request": question}).json()["id"]
    assert ended(ann, job)["result"]["grounded"]
    return {"old": old, "new": new["id"], "job": job}


def test_a_visitor_sees_answers_and_what_they_quote(
    operator: TestClient, ann: TestClient, asked: dict[str, str]
) -> None:
    for path in (SOURCES, f"{SOURCES}/{asked['old']}", f"{SOURCES}/{asked['new']}"):
        answer = ann.get(path)
        assert answer.status_code == 403 and "dealer" not in answer.text and "Ask us" not in answer.text
        assert operator.get(path).status_code == 200
    for path in ("", "/events"):
        told = ann.get(f"/api/jobs/{asked['job']}{path}").text
        assert "A parcel takes 2 days." in told
        assert "dealer" not in told and "Ask us" not in told and "Prices" not in told
    assert operator.patch("/api/knowledge/shop", json={"readers": "everyone"}).status_code == 204
    assert "dealer price" in ann.get(f"{SOURCES}/{asked['old']}").json()["text"]
    assert operator.patch("/api/knowledge/shop", json={"readers": "operator"}).status_code == 204
    assert ann.get(f"{SOURCES}/{asked['old']}").status_code == 403
    # A visitor cannot open a base to themselves.
    assert ann.patch("/api/knowledge/shop", json={"readers": "everyone"}).status_code == 403
    assert ann.get(SOURCES).status_code == 403
    assert ann.get("/api/knowledge/nothing/sources").status_code == 404
