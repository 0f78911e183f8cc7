"""Prompts over HTTP: each visitor has the built-in ones and their own; files go in and out to the letter."""

import io
import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.talk import ask, ended
from tests.test_packing import SMALL, zipped

TUTOR = "/api/prompts/chat/tutor"


def ids(browser: TestClient, **query: Any) -> list[str]:
    answer = browser.get("/api/prompts", params=query)
    assert answer.status_code == 200
    return [card["id"] for card in answer.json()]


def take_in(browser: TestClient, name: str, content: bytes, **query: Any) -> Any:
    return browser.post("/api/prompts/import", files={"file": (name, content)}, params=query)


def test_a_saved_version_is_the_visitors_alone(ann: TestClient, bob: TestClient) -> None:
    shipped = bob.get(TUTOR).json()
    text = shipped["source"] + "# louder\n"
    saved = ann.put(TUTOR, json={"source": text, "note": "louder"}).json()
    mine = ann.get(TUTOR).json()
    assert (mine["version"], mine["source"], mine["question"]) == (saved["version"], text, "message")
    assert [(one["note"], one["is_shipped"]) for one in mine["versions"]] == [("louder", False), ("", True)]
    assert bob.get(TUTOR).json() == shipped
    assert bob.get(TUTOR, params={"version": saved["version"]}).status_code == 404
    job = ended(ann, ask(ann, template="chat/tutor"))
    assert job["request"]["template_version"] == saved["version"]
    assert ann.delete(TUTOR).status_code == 200
    assert ann.get(TUTOR).json()["version"] == shipped["version"]
    assert ann.delete(TUTOR).status_code == 404


def test_a_new_prompt_is_listed_read_and_exported(ann: TestClient) -> None:
    assert ann.put("/api/prompts/chat/退款", json={"source": SMALL}).json()["id"] == "chat/退款"
    assert ids(ann, assistant="chat", q="small") == ["chat/退款"]
    file = ann.get("/api/prompts/chat/退款/file")
    assert (file.text, file.headers["content-type"]) == (SMALL, "application/yaml; charset=utf-8")
    archive = zipfile.ZipFile(io.BytesIO(ann.get("/api/prompts/export").content))
    assert len(archive.namelist()) == len(ids(ann))
    only = ann.get("/api/prompts/export", params={"id": ["chat/退款", "chat/tutor"]})
    assert zipfile.ZipFile(io.BytesIO(only.content)).namelist() == ["chat/tutor.prompt.yml", "chat/退款.prompt.yml"]
    assert ann.get("/api/prompts/export", params={"id": "chat/absent"}).status_code == 404


def test_files_are_taken_in_all_or_none(ann: TestClient) -> None:
    both = zipped(**{"chat/a.prompt.yml": SMALL, "chat/tutor.prompt.yml": SMALL})
    refused = take_in(ann, "both.zip", both)
    assert refused.status_code == 422 and "chat/tutor" in refused.json()["error"]["message"]
    assert "chat/a" not in ids(ann)
    taken = take_in(ann, "both.zip", both, as_versions=True).json()
    assert taken == {"added": ["chat/a"], "changed": ["chat/tutor"], "unchanged": []}
    assert take_in(ann, "b.prompt.yml", SMALL.encode(), assistant="chat").json()["added"] == ["chat/b"]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "chat/x.prompt.yml, line 5: 'colour' is not a key of prompt files."),
        ("zh", "chat/x.prompt.yml 第 5 行：提示文件中没有“colour”这个键。"),
    ],
)
def test_what_is_wrong_is_said_in_the_visitors_language(ann: TestClient, lang: str, sentence: str) -> None:
    wrong = {"source": SMALL + "colour: red\n"}
    answer = ann.put("/api/prompts/chat/x", json=wrong, headers={"Accept-Language": lang})
    assert (answer.status_code, answer.json()["error"]) == (422, {"message": sentence, "field": "source"})
    assert "chat/x" not in ids(ann)


def test_an_upload_that_is_too_large_is_refused(ann: TestClient) -> None:
    assert take_in(ann, "x.zip", b"PK\x03\x04" + b"\0" * (9 << 20)).status_code == 413
