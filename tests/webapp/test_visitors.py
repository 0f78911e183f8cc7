"""Visitors, asked for at the page, at the API and inside Gradio's handlers."""

import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from itsdangerous import URLSafeTimedSerializer
from starlette.testclient import TestClient

from assistants.errors import StoreError
from tests.serving import PUBLIC, SHARED, client, newcomer, opened, small_app
from webapp.visitors import COOKIE, COOKIE_SECONDS, GUESS_SECONDS, GUESSES, secret_key

TOKEN = SHARED["admin_token"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(home: Path) -> Iterator[FastAPI]:
    with opened(home, **SHARED) as studio:
        yield small_app(studio)


def who(browser: TestClient) -> str:
    """Ask the page's handler, past the queue."""
    return browser.post("/gradio_api/run/who", json={"data": []}).json()["data"][0]


def cookie(browser: TestClient) -> str:
    return browser.cookies[COOKIE]


def signed_by(key: bytes, owner: str = "v-1") -> str:
    return URLSafeTimedSerializer(key, salt=COOKIE).dumps({"owner": owner, "operator": None})


def test_on_this_machine_everybody_is_its_user(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        browser = client(small_app(studio))
        page = browser.get("/?token=anything")
        assert page.status_code == 200 and "set-cookie" not in page.headers
        assert who(browser) == "local True"
    assert not (tmp_path / "secret.key").exists()


def test_the_page_makes_a_visitor_who_stays_the_same(app: FastAPI) -> None:
    first, second = newcomer(app), newcomer(app)
    name = who(first)
    assert name.startswith("v-") and name.endswith(" False")
    assert who(second) != name
    first.get("/?job=1")
    assert who(first) == name


def test_cookies_of_a_plain_server(app: FastAPI) -> None:
    plain = client(app, PUBLIC).get("/").headers["set-cookie"]
    assert plain.endswith(f"; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax")
    assert client(app, "https://studio.example").get("/").headers["set-cookie"].endswith("; SameSite=Lax; Secure")


def test_cookies_of_a_space_work_in_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    monkeypatch.setenv("SPACE_HOST", "someone-studio.hf.space")
    with opened(tmp_path) as studio:
        page = client(small_app(studio), "https://someone-studio.hf.space").get("/")
    assert page.headers["set-cookie"].endswith("; HttpOnly; SameSite=None; Secure; Partitioned")
    policy = page.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://huggingface.co https://*.hf.space")


@pytest.mark.parametrize("spoilt", ["{0:.200}x", "{0:.10}", "x{0}", "", "a.b.c", "{0}{0}"])
def test_a_spoilt_cookie_is_none(app: FastAPI, spoilt: str) -> None:
    browser = newcomer(app)
    name, good = who(browser), cookie(browser)
    browser.cookies.clear()
    browser.cookies.set(COOKIE, spoilt.format(good))
    assert browser.get("/api/history").status_code == 401
    page = browser.get("/")
    browser.cookies.clear()
    browser.cookies.set(COOKIE, page.headers["set-cookie"].split(";")[0].split("=", 1)[1])
    assert who(browser) != name


def test_a_cookie_signed_with_another_key_is_none(app: FastAPI, home: Path) -> None:
    browser = client(app, PUBLIC)
    browser.cookies.set(COOKIE, signed_by(b"another key"))
    assert browser.get("/api/history").status_code == 401
    browser.cookies.set(COOKIE, signed_by(secret_key(home)))
    assert browser.get("/api/history").status_code == 200


def test_an_old_cookie_is_none(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = newcomer(app)
    later = time.time() + COOKIE_SECONDS + 10
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    client_without_expiry = client(app, PUBLIC, Cookie=f"{COOKIE}={cookie(browser)}")
    assert client_without_expiry.get("/api/history").status_code == 401


def test_after_a_restart_visitors_are_the_same_and_a_new_token_ends_the_operators_sessions(tmp_path: Path) -> None:
    with opened(tmp_path, **SHARED) as studio:
        app = small_app(studio)
        visitor, operator = newcomer(app), client(app, PUBLIC)
        assert operator.get(f"/?token={TOKEN}").headers["location"] == "/"
        name = who(visitor)
        assert who(operator) == "operator True"
    for token in (TOKEN, "changed"):
        with opened(tmp_path, **SHARED | {"admin_token": token}) as studio:
            app = small_app(studio)
            assert who(client(app, PUBLIC, Cookie=f"{COOKIE}={cookie(visitor)}")) == name
            before = client(app, PUBLIC, Cookie=f"{COOKIE}={cookie(operator)}")
            if token == TOKEN:
                assert who(before) == "operator True"
            else:
                assert before.get("/api/history").status_code == 401


def test_an_outdated_operator_is_a_newcomer_at_the_page(tmp_path: Path) -> None:
    with opened(tmp_path, **SHARED) as studio:
        operator = client(small_app(studio), PUBLIC)
        operator.get(f"/?token={TOKEN}")
    with opened(tmp_path, **SHARED | {"admin_token": "changed"}) as studio:
        app = small_app(studio)
        page = client(app, PUBLIC, Cookie=f"{COOKIE}={cookie(operator)}").get("/")
        after = client(app, PUBLIC, Cookie=page.headers["set-cookie"].split(";")[0])
        assert who(after).startswith("v-") and who(after).endswith(" False")


def test_strangers_are_turned_away(app: FastAPI) -> None:
    stranger = client(app, PUBLIC, **{"Accept-Language": "en"})
    answer = stranger.get("/api/history")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Open the studio's page first")
    assert stranger.get("/api/health").status_code == 200
    assert stranger.get("/docs").status_code == 200
    assert stranger.post("/gradio_api/upload", files={"files": b"x"}).status_code == 404
    assert "error" in stranger.post("/gradio_api/run/who", json={"data": []}).json()


def test_keys_of_scripts(app: FastAPI) -> None:
    one, two = (client(app, PUBLIC, Authorization=f"Bearer {key}") for key in SHARED["api_keys"])
    assert who(one).startswith("key-") and who(one).endswith(" False")
    assert who(one) != who(two)
    for wrong in ("Bearer k3", "Bearer", "Basic k1", "k1", "Bearer k1 k1"):
        assert client(app, PUBLIC, Authorization=wrong).get("/api/history").status_code == 401
    assert who(client(app, PUBLIC, Authorization=f"bearer {TOKEN}")) == "operator True"


def test_the_token_makes_a_visitor_the_operator_and_leaves_the_address(app: FastAPI) -> None:
    browser = newcomer(app)
    assert who(browser).startswith("v-")
    answer = browser.get(f"/?job=a%26b&token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?job=a%26b")
    assert answer.headers["cache-control"] == "no-store"
    assert who(browser) == "operator True"
    browser.get("/")
    assert who(browser) == "operator True"


def test_the_operator_is_the_same_in_every_browser_and_by_key(app: FastAPI) -> None:
    first, second = newcomer(app), newcomer(app)
    for browser in (first, second):
        browser.get(f"/?token={TOKEN}")
    script = client(app, PUBLIC, Authorization=f"Bearer {TOKEN}")
    assert who(first) == who(second) == who(script) == "operator True"


def test_a_cookie_with_the_operators_name_needs_the_operators_mark(app: FastAPI, home: Path) -> None:
    for owner in ("operator", "local"):
        browser = client(app, PUBLIC)
        browser.cookies.set(COOKIE, signed_by(secret_key(home), owner))
        assert browser.get("/api/history").status_code == 401


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nobody wait who guesses, and tell how long each would have."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("webapp.visitors.asyncio", SimpleNamespace(sleep=sleep))
    return waits


def test_wrong_tokens_open_nothing_and_the_right_one_always_does(tmp_path: Path, waited: list[float]) -> None:
    with opened(tmp_path, **SHARED) as studio:
        app = small_app(studio)
    browser = client(app, PUBLIC)
    guesses = ["", "open", "OPEN-SESAME", "ключ", *map(str, range(GUESSES - 4))]
    for wrong in [*guesses, *guesses]:
        answer = browser.get("/", params={"token": wrong})
        assert answer.status_code == 401 and "set-cookie" not in answer.headers
    assert not waited, "the same ones again are no guesses"
    for number in range(5):
        bearer = {"Authorization": f"Bearer guess-{number}"}
        # By whichever door, and beside a cookie that is good.
        assert client(app, PUBLIC, **bearer).get("/v1/models").status_code == 401
        assert newcomer(app).get("/api/history", headers=bearer).status_code == 200
        assert browser.get("/", params={"token": f"other-{number}"}).status_code == 401
    assert waited == [GUESS_SECONDS] * 10
    assert client(app, PUBLIC).get(f"/?token={TOKEN}").status_code == 303
    assert client(app, PUBLIC, Authorization=f"Bearer {TOKEN}").get("/api/history").status_code == 200
    assert client(app, PUBLIC, Authorization="Bearer k1").get("/api/history").status_code == 200
    assert len(waited) == 10


def test_who_guesses_makes_nobody_else_wait(tmp_path: Path, waited: list[float]) -> None:
    with opened(tmp_path, **SHARED) as studio:
        app = small_app(studio)
    guesser, other = (TestClient(app, PUBLIC, client=(address, 1)) for address in ("203.0.113.5", "203.0.113.6"))
    for number in range(GUESSES + 1):
        assert guesser.get("/", params={"token": f"{number}"}).status_code == 401
    assert len(waited) == 1
    assert other.get("/?token=wrong").status_code == 401
    assert len(waited) == 1


def test_handlers_in_gradios_queue_know_the_visitor(app: FastAPI) -> None:
    with client(app, PUBLIC) as browser:
        browser.get("/")
        name = who(browser)
        join = {"data": [], "fn_index": 1, "session_hash": "abc"}
        assert browser.post("/gradio_api/queue/join", json=join).status_code == 200
        assert name in browser.get("/gradio_api/queue/data?session_hash=abc").text


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(bytes.fromhex(key.decode())) == 32
    assert secret_key(tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short\n", b" " * 100, b"f" * 63 + b"\n"])
def test_a_damaged_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        secret_key(tmp_path)
