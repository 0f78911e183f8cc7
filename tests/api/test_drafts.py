"""Drafts over HTTP: written by a job, saved by a person, refused where stale; strangers see nothing."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.talk import ended

OUTLINE = [{"heading": "Ada", "words": 40}, {"heading": "Bo", "words": 50}]


def drafted(browser: TestClient, **request: Any) -> dict[str, Any]:
    """Write a draft by a job and return it."""
    body = {"topic": "Doors", "outline": OUTLINE, "model": "echo:", "polish": False, **request}
    ticket = browser.post("/api/jobs", json={"assistant": "writing", "request": body}).json()
    job = ended(browser, ticket["id"])
    return browser.get(f"/api/drafts/{job['result']['draft']}").json()


def test_a_section_is_saved_and_a_stale_save_is_a_conflict(ann: TestClient) -> None:
    draft = drafted(ann)
    one = draft["document"]["sections"][0]
    path = f"/api/drafts/{draft['id']}"
    body = {"text": "Mine.", "based_on": one["revision"]}
    saved = ann.put(f"{path}/sections/{one['id']}", json=body)
    assert saved.status_code == 200 and ann.get(path).json()["document"]["sections"][0]["text"] == "Mine."
    stale = ann.put(f"{path}/sections/{one['id']}", json=body | {"text": "Late."})
    assert stale.status_code == 409 and "changed meanwhile" in stale.json()["error"]["message"]
    versions = ann.get(f"{path}/versions").json()
    assert [version["cause"] for version in versions][:2] == ["conflict", "typing"]
    kept = ann.get(f"{path}/versions/{versions[0]['id']}").json()
    assert kept["document"]["sections"][0]["text"] == "Late."
    assert ann.put(f"{path}/sections/{one['id']}", json={"text": "x" * 200_001, "based_on": "0"}).status_code == 422
    assert ann.put(f"{path}/sections/nobody", json=body).status_code == 404


def test_a_draft_is_arranged_undone_compared_restored_and_branched(ann: TestClient) -> None:
    draft = drafted(ann)
    path, sections = f"/api/drafts/{draft['id']}", draft["document"]["sections"]
    wanted = [{"id": sections[1]["id"], "locked": True}, {"heading": "New", "words": 30}]
    arranged = ann.put(f"{path}/outline", json={"sections": wanted, "based_on": draft["version"]}).json()
    assert [one["heading"] for one in arranged["document"]["sections"]] == ["Bo", "New"]
    assert ann.put(f"{path}/outline", json={"sections": [], "based_on": draft["version"]}).status_code == 409
    pieces = ann.get(f"{path}/compare?left={draft['version']}").json()
    assert {"removed", "added"} <= {piece["kind"] for piece in pieces}
    restored = ann.post(f"{path}/versions/{draft['version']}/restore").json()
    assert restored["document"]["sections"] == sections
    undone = ann.post(f"{path}/undo").json()
    assert [one["text"] for one in undone["document"]["sections"]] == [] or not undone["words"]
    assert ann.post(f"{path}/redo").json()["document"]["sections"] == sections
    branch = ann.post(f"{path}/versions/{draft['version']}/branch").json()["id"]
    assert {line["id"] for line in ann.get("/api/drafts?q=doors").json()} == {draft["id"], branch}
    [alternate] = ann.get(f"{path}/sections/{sections[0]['id']}/alternates").json()
    chosen = ann.post(
        f"{path}/sections/{sections[0]['id']}/alternates/{alternate['version']}",
        json={"based_on": sections[0]["revision"]},
    )
    assert chosen.status_code == 200
    assert {found["name"] for found in ann.get(f"{path}/checks").json()} >= {"length"}


def test_files_come_in_and_go_out(ann: TestClient) -> None:
    begun = ann.post("/api/drafts/import", files={"file": ("tea.md", b"# Tea\n\nHot.\n\n### Deep\n\nWater.\n")}).json()
    assert [note["text"] for note in begun["notes"]] == ["Lower-level headings become section headings (1)."]
    draft = begun["id"]
    answer = ann.get(f"/api/drafts/{draft}/export?form=md")
    assert answer.headers["content-disposition"].startswith('attachment; filename="Tea.md"')
    assert b"AIGC" in answer.content and b"Hot." in answer.content
    assert ann.get(f"/api/drafts/{draft}/export?form=exe").status_code == 422
    wrong = ann.post("/api/drafts/import", files={"file": ("a.docx", b"no")})
    assert wrong.status_code == 422 and "no Word file" in wrong.json()["error"]["message"]


def test_strangers_find_nothing(ann: TestClient, bob: TestClient) -> None:
    draft = drafted(ann)
    path, section = f"/api/drafts/{draft['id']}", draft["document"]["sections"][0]
    assert bob.get("/api/drafts").json() == []
    for method, tail, body in [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("PUT", f"/sections/{section['id']}", {"text": "x", "based_on": section["revision"]}),
        ("PUT", "/outline", {"sections": [], "based_on": draft["version"]}),
        ("POST", "/undo", None),
        ("POST", "/redo", None),
        ("GET", "/versions", None),
        ("GET", f"/versions/{draft['version']}", None),
        ("POST", f"/versions/{draft['version']}/restore", None),
        ("POST", f"/versions/{draft['version']}/branch", None),
        ("GET", f"/compare?left={draft['version']}", None),
        ("GET", f"/sections/{section['id']}/alternates", None),
        ("GET", "/checks", None),
        ("GET", "/export", None),
    ]:
        assert bob.request(method, path + tail, json=body).status_code == 404, tail
    assert ann.patch(path, json={"name": "My doors"}).status_code == 204
    assert ann.get(path).json()["name"] == "My doors"
    assert ann.delete(path).status_code == 204 and ann.get(path).status_code == 404
    [line] = [line for line in ann.get("/api/trash").json() if line["kind"] == "draft"]
    assert ann.post(f"/api/trash/{line['id']}/restore").status_code == 204


@pytest.mark.parametrize("body", [{"text": 1, "based_on": "0"}, {"text": "a"}, {"text": "a\0", "based_on": "0"}, []])
def test_a_bad_save_is_one_sentence(ann: TestClient, body: Any) -> None:
    answer = ann.put("/api/drafts/x/sections/y", json=body)
    assert answer.status_code == 422 and answer.json()["error"]["message"]
