"""Files over HTTP: bytes come back as they were, nothing runs in a browser, each visitor alone with their own."""

from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
PDF = b"%PDF-1.7\n"


def send(browser: TestClient, name: str, content: bytes, kind: str = "image/png") -> str:
    answer = browser.post("/api/files", files={"file": (name, content, kind)})
    assert answer.status_code == 200 and list(answer.json()) == ["id"]
    return answer.json()["id"]


@pytest.mark.parametrize(
    ("name", "content", "kind", "shown"),
    [
        ("a.png", PNG, "image/png", "inline"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 9, "image/jpeg", "inline"),
        ("a.html", PNG, "image/png", "inline"),
        ("a.pdf", PDF, "application/pdf", "inline"),
        ("a.txt", "文字".encode(), "text/plain; charset=utf-8", "inline"),
        ("a.html", b"<script>alert(1)</script>", "application/octet-stream", "attachment"),
        ("a.svg", b"<svg onload='alert(1)'/>", None, None),
        ("a.xml", b"<x/>", None, None),
        ("a.js", b"alert(1)", None, None),
        ("a.exe", b"MZ\0\0", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_comes_back_and_never_runs(
    ann: TestClient, name: str, content: bytes, kind: str | None, shown: str | None
) -> None:
    answer = ann.get(f"/api/files/{send(ann, name, content)}")
    assert answer.content == content
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private")
    if kind:
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-disposition"].startswith(f"{shown}; ")
    else:
        assert answer.headers["content-type"] in ("text/plain; charset=utf-8", "application/octet-stream")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("报告 最终.txt", "报告 最终.txt"),
        ("../../etc/passwd", "passwd"),
        ("..\\boot.ini", "boot.ini"),
        ('a"; filename="b.html', None),
        ("a\r\nSet-Cookie: x", None),
        ("100%.txt", "100%.txt"),
    ],
)
def test_names_survive_and_break_nothing(ann: TestClient, sent: str, kept: str | None) -> None:
    answer = ann.get(f"/api/files/{send(ann, sent, b'text', 'text/plain')}")
    assert "set-cookie" not in answer.headers
    header = answer.headers["content-disposition"]
    assert header.isascii() and header.count('"') == 2
    if kept:
        assert unquote(header.split("filename*=UTF-8''")[1]) == kept


def test_a_part_of_a_file(ann: TestClient) -> None:
    file = send(ann, "a.txt", b"0123456789", "text/plain")
    answer = ann.get(f"/api/files/{file}", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")
    assert ann.get(f"/api/files/{file}", headers={"Range": "bytes=99-"}).status_code == 416


def test_a_stranger_gets_no_file(ann: TestClient, bob: TestClient) -> None:
    file = send(ann, "a.png", PNG)
    theirs, unknown = bob.get(f"/api/files/{file}"), bob.get(f"/api/files/{'0' * 32}")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json() == unknown.json()


@pytest.mark.parametrize(
    "form",
    [
        {"json": {"file": "x"}},
        {"data": {"file": "x"}},
        {"files": {"other": b"x"}},
        {"files": {"file": ("a", b"")}},
        {"files": [("file", ("a", b"1")), ("file", ("b", b"2"))]},
        {"content": b"no form", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"no form", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"--x\r\n\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ],
)
def test_what_is_no_file_is_wrong_input(ann: TestClient, form: dict) -> None:
    answer = ann.post("/api/files", **form)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] in ("file", "body")


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(
    ann: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = app.state.studio.settings.home / "files"
    before = sorted(folder.iterdir())
    monkeypatch.setattr("assistants.store.files.MAX_BYTES", 1 << 20)
    answer = ann.post("/api/files", files={"file": ("a.bin", b"x" * ((1 << 20) + 1))})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "file")
    assert "1 MB" in answer.json()["error"]["message"]
    assert sorted(folder.iterdir()) == before
