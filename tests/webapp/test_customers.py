"""The customers' page: who may frame it, what its visitor may do, how often an address may ask, and the widget."""

from pathlib import Path

import pytest

from assistants import support
from assistants.principals import OPERATOR
from assistants.studio import Studio
from tests.serving import PUBLIC, SHARED, client, opened, small_app

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")

SECURE = PUBLIC.replace("http:", "https:")


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    with opened(tmp_path / "home", **SHARED) as studio:
        yield studio


def test_the_page_may_be_framed_by_the_sites_that_its_operator_named_alone(studio: Studio) -> None:
    studio.knowledge.change("sample", OPERATOR, origins="https://shop.example\nhttp://localhost:8000")
    stranger = client(small_app(studio), PUBLIC)
    shown = stranger.get("/ask/sample", headers={"Accept-Language": "zh"})
    policy = shown.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' https://shop.example http://localhost:8000")
    assert 'lang="zh-CN"' in shown.text and "window.studio" in shown.text
    assert stranger.get("/ask/sample-zh").headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert stranger.get("/").headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert stranger.get("/ask/nowhere").status_code == 404


def test_who_opens_it_may_ask_and_nothing_else(studio: Studio) -> None:
    app = small_app(studio)
    stranger = client(app, PUBLIC)
    assert stranger.post("/api/ask/sample", json={"question": "x"}).status_code == 401
    stranger.get("/ask/sample")
    asked = [stranger.post("/api/ask/sample", json={"question": "How long?"}) for _ in range(support.A_MINUTE + 1)]
    assert {answer.status_code for answer in asked} <= {202, 429} and asked[-1].status_code == 429
    assert stranger.get("/api/knowledge/sample/inbox").status_code == 403


def test_in_a_frame_its_cookie_is_for_that_site_alone(studio: Studio) -> None:
    app = small_app(studio)
    framed = client(app, SECURE).get("/ask/sample?framed").headers["Set-Cookie"]
    assert framed.endswith("SameSite=None; Secure; Partitioned")
    assert "Partitioned" not in client(app, SECURE).get("/ask/sample").headers["Set-Cookie"]
    # Without https a browser would not keep such a cookie.
    assert client(app, PUBLIC).get("/ask/sample?framed").headers["Set-Cookie"].endswith("SameSite=Lax")


def test_other_sites_may_take_the_widget_and_nothing_else(studio: Studio) -> None:
    script = client(small_app(studio), PUBLIC)
    widget = script.get("/studio/widget.js")
    assert widget.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert widget.headers["Content-Type"].startswith("text/javascript")
    assert script.get("/studio/shared/dom.js").headers["Cross-Origin-Resource-Policy"] == "same-origin"
