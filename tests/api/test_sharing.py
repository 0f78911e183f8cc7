"""A conversation that others read by a link: where the operator allows it, as it was when shared, until taken back."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistants.chat import exporting
from assistants.studio import Studio
from tests.api.talk import ask, ended
from tests.serving import PUBLIC, client, newcomer

HOSTILE = "**bold** <img src=x onerror=alert(1)> ![far](https://example.com/x.png) [in](api/files/" + "a" * 32 + ")"


@pytest.fixture
def visitor(app: Any) -> TestClient:
    """A browser that has opened the shared studio's page."""
    return newcomer(app)


@pytest.fixture
def allowed(app: Any) -> Any:
    """A studio whose operator lets people share."""
    studio: Studio = app.state.studio
    studio.history.settings.put({"sharing": True})
    yield
    studio.history.settings.put({"sharing": None})


def begin(browser: TestClient, message: str = "First of all", **request: Any) -> str:
    return ended(browser, ask(browser, message=message, **request))["result"]["conversation"]


def share(browser: TestClient, conversation: str) -> str:
    return browser.put(f"/api/conversations/{conversation}/share").raise_for_status().json()["path"]


def test_nobody_shares_before_the_operator_allows_it(app: Any, visitor: TestClient) -> None:
    own = begin(visitor)
    assert visitor.get(f"/api/conversations/{own}/share").json() == {"allowed": False, "shared": None}
    answer = visitor.put(f"/api/conversations/{own}/share")
    assert answer.status_code == 403 and "operator" in answer.json()["error"]["message"]
    for browser in (visitor, client(app, PUBLIC)):
        assert browser.patch("/api/preferences", json={"sharing": True}).status_code in (401, 403)


@pytest.mark.usefixtures("allowed")
def test_whoever_has_the_link_reads_what_there_was_and_no_more(app: Any, visitor: TestClient) -> None:
    own = begin(visitor, HOSTILE)
    path = share(visitor, own)
    assert re.fullmatch(r"share/[\w-]{32}", path) and share(visitor, own) == path
    ended(visitor, ask(visitor, message="A secret", conversation=own))
    stranger = client(app, PUBLIC)
    answer = stranger.get(f"/{path}")
    page = answer.text
    assert answer.status_code == 200 and "bold" in page and "A secret" not in page
    assert "<script" not in page and "onerror=alert(1)>" not in page.replace("&gt;", "")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer" and "set-cookie" not in answer.headers
    assert '<html lang="zh-CN">' in stranger.get(f"/{path}", headers={"Accept-Language": "zh-CN"}).text
    # Shared again, the same link shows what has come since.
    share(visitor, own)
    assert "A secret" in stranger.get(f"/{path}").text


@pytest.mark.usefixtures("allowed")
def test_a_link_that_was_taken_back_shows_one_sentence(app: Any, visitor: TestClient) -> None:
    own, stranger = begin(visitor), client(app, PUBLIC)
    path = share(visitor, own)
    visitor.delete(f"/api/conversations/{own}")
    gone = stranger.get(f"/{path}")
    assert gone.status_code == 404 and "This page is not shared, or no longer." in gone.text
    assert "First of all" not in gone.text
    visitor.post(f"/api/trash/{own}/restore")
    assert stranger.get(f"/{path}").status_code == 200
    assert visitor.delete(f"/api/conversations/{own}/share").status_code == 204
    assert stranger.get(f"/{path}").status_code == 404
    assert share(visitor, own) != path
    for wrong in ("share/x", "share/" + "x" * 9000, "share/%00", "share/..%2f..%2fetc%2fpasswd"):
        assert stranger.get(f"/{wrong}").status_code == 404


def test_links_are_not_read_once_the_operator_forbids_them(app: Any, visitor: TestClient, allowed: Any) -> None:
    path = share(visitor, begin(visitor))
    app.state.studio.history.settings.put({"sharing": False})
    assert client(app, PUBLIC).get(f"/{path}").status_code == 404


@pytest.mark.usefixtures("allowed")
def test_nobody_shares_or_unshares_what_is_anothers(app: Any, visitor: TestClient) -> None:
    own, other = begin(visitor), newcomer(app)
    path = share(visitor, own)
    for method in ("GET", "PUT", "DELETE"):
        assert other.request(method, f"/api/conversations/{own}/share").status_code == 404
    assert client(app, PUBLIC).get(f"/{path}").status_code == 200


@pytest.mark.usefixtures("allowed")
def test_a_page_shows_its_own_pictures_and_no_other_file(app: Any, visitor: TestClient) -> None:
    png = (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"\x89PNG\r\n\x1a\n" + b"\1" * 40)
    shown, hidden = (visitor.post("/api/files", files={"file": ("a.png", one)}).json()["id"] for one in png)
    path = share(visitor, begin(visitor, f"Look: ![a cat](api/files/{shown})"))
    stranger = client(app, PUBLIC)
    assert f'<img src="{path}/{shown}" alt="a cat" loading="lazy">' in stranger.get(f"/{path}").text
    assert stranger.get(f"/{path}/{shown}").content == png[0]
    assert stranger.get(f"/{path}/{hidden}").status_code == 404
    assert stranger.get(f"/api/files/{shown}").status_code == 401


def test_a_file_needs_no_server_and_is_labelled(visitor: TestClient) -> None:
    own = begin(visitor, "x" * 200 + " <b>")
    answer = visitor.get(f"/api/conversations/{own}/export?form=html")
    assert answer.status_code == 200 and "AIGC" in answer.text and "<b>" not in answer.text
    assert "<link" not in answer.text and "<script" not in answer.text and ".shared-page" in answer.text


def test_pictures_beyond_a_files_bounds_and_lost_ones_are_left_out(
    app: Any, visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
    ids = [visitor.post("/api/files", files={"file": ("a.png", png + bytes([n]))}).json()["id"] for n in range(2)]
    own = begin(visitor, " ".join(f"![n](api/files/{id})" for id in ids))
    monkeypatch.setattr(exporting, "MOST_BYTES", len(png) + 1)
    files = visitor.get(f"/api/conversations/{own}/export?form=json").json()["files"]
    assert sorted(bool(one["data"]) for one in files.values()) == [False, True]
    page = visitor.get(f"/api/conversations/{own}/export?form=html")
    assert page.text.count('src="data:image/png;base64,') == 2  # the question, and what the stand-in says again
    (app.state.studio.history.files.folder / min(ids)).unlink()
    assert visitor.get(f"/api/conversations/{own}/export?form=html").status_code == 200
