"""The doors, in front of the API, Gradio's endpoints and everything else alike."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.serving import LOCAL, PUBLIC, SHARED, client, newcomer, opened, small_app
from webapp.middleware import BODY_LIMIT, UPLOAD_LIMIT

CHAT = {"assistant": "chat", "request": {"message": "hello"}}
JOIN = {"data": [], "fn_index": 1, "session_hash": "abc"}
CHANGES = [
    ("/api/jobs", CHAT),
    ("/api/jobs/x/stop", None),
    ("/gradio_api/queue/join", JOIN),
    ("/gradio_api/run/who", JOIN),
]
PATHS = """
    / /api/health /api/nothing /api/jobs/x/events /docs /openapi.json /studio/docs/swagger-ui.css /nothing
    /config /gradio_api/info /theme.css /gradio_api/file=/etc/passwd /broken
"""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with opened(tmp_path_factory.mktemp("home")) as studio:
        app = small_app(studio)

        async def broken() -> None:
            raise RuntimeError("a secret path")

        app.add_api_route("/broken", broken)
        app.router.routes.insert(0, app.router.routes.pop())
        yield app


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with opened(tmp_path_factory.mktemp("home"), **SHARED) as studio:
        yield small_app(studio)


@pytest.fixture
def browser(local: FastAPI) -> TestClient:
    return client(local)


@pytest.mark.parametrize("path", PATHS.split())
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_every_answer_has_the_headers(browser: TestClient, path: str, host: str) -> None:
    answer = browser.get(path, headers={"Host": host})
    assert (answer.status_code == 421) == (host == "evil.example")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    if answer.headers["content-type"].startswith(("text/html", "application/json")):
        assert answer.headers["cache-control"] == "no-store"


def test_what_breaks_says_nothing_of_its_cause(browser: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = browser.get("/broken")
    assert answer.status_code == 500
    assert answer.text == "Something broke. The studio's log says more."
    assert "a secret path" in caplog.text


LOCAL_HOSTS = ["localhost", "localhost:1", "127.0.0.1:7860", "[::1]:7860", "LOCALHOST:7860", "127.0.0.2"]
STRANGE_HOSTS = [
    "evil.example", "localhost.evil.example", "localhost:7860@evil.example", "evil.example#localhost", "localhost:x",
    "localhost, evil.example", "127.0.0.1.evil.example", "[::1", "::1", "local host", "",
]  # fmt: skip


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_the_names_of_this_machine_only(browser: TestClient, host: str) -> None:
    assert browser.get("/api/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", [*STRANGE_HOSTS, "192.168.1.7:7860", "studio.example"])
def test_dns_rebinding_fails(browser: TestClient, host: str) -> None:
    for path in ("/api/health", "/", "/config", "/gradio_api/info", "/studio/shared/logo.svg"):
        assert browser.get(path, headers={"Host": host}).status_code == 421
    for path, body in CHANGES:
        assert browser.post(path, json=body, headers={"Host": host, "Origin": f"http://{host}"}).status_code == 421


def test_the_refusal_says_what_to_do(browser: TestClient) -> None:
    answer = browser.get("/", headers={"Host": "studio.example"})
    assert answer.text == (
        "This studio does not answer to the name studio.example. Its operator can add it to STUDIO_ALLOWED_HOSTS."
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (host, 200)
        for host in [*LOCAL_HOSTS, "studio.example", "STUDIO.example:80", "192.168.1.7:7860", "[fe80::1]:7860"]
    ]
    + [(host, 421) for host in [*STRANGE_HOSTS, "sub.studio.example", "studio.example.evil.example"]],
)
def test_the_names_of_a_shared_studio(shared: FastAPI, host: str, status: int) -> None:
    assert client(shared).get("/api/health", headers={"Host": host}).status_code == status


def test_this_machines_name_is_one_of_a_shared_studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.middleware.socket.gethostname", lambda: "Workbench")
    with opened(tmp_path, host="0.0.0.0") as studio:
        browser = client(small_app(studio))
    for host, status in [("workbench:7860", 200), ("workbench.local", 200), ("studio.example", 421)]:
        assert browser.get("/api/health", headers={"Host": host}).status_code == status


def test_the_name_a_proxy_reports_must_be_ours_too(browser: TestClient) -> None:
    for forwarded, status in [("localhost:9", 200), ("evil.example", 421), ("localhost, evil.example", 421)]:
        assert browser.get("/", headers={"X-Forwarded-Host": forwarded}).status_code == status


@pytest.mark.parametrize(("path", "body"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost:7860.evil.example"},
        {"Origin": "http://evil.example:7860"},
        {"Origin": "file://localhost:7860"},
        {"Origin": "http://localhost:bad"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": LOCAL},
    ],
)
def test_other_sites_change_nothing(browser: TestClient, path: str, body: object, headers: dict[str, str]) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = browser.request(method, path, json=body, headers=headers)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_other_sites_read_nothing(shared: FastAPI) -> None:
    browser = newcomer(shared)
    for path in ("/api/history", "/config", "/gradio_api/info"):
        answer = browser.get(path, headers={"Origin": "http://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        preflight = browser.options(path, headers=asks)
        assert preflight.status_code == 400 and "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": LOCAL},
        {"Origin": "http://LOCALHOST:7860"},
        {"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost", "Host": "localhost"},
        {"Origin": "http://localhost", "Host": "localhost:80"},
        {"Origin": "https://localhost:9", "X-Forwarded-Host": "localhost:9"},
    ],
)
def test_the_studios_own_page_and_scripts_may(browser: TestClient, headers: dict[str, str]) -> None:
    assert browser.post("/api/jobs", json=CHAT, headers=headers).status_code == 202
    assert browser.post("/gradio_api/run/who", json={"data": []}, headers=headers).status_code == 200


def test_the_public_name_is_our_origin_though_a_proxy_changes_the_host(shared: FastAPI) -> None:
    browser = newcomer(shared)
    for origin, status in [
        ("https://studio.example", 202),
        ("https://studio.example:8443", 202),
        ("https://x.example", 403),
    ]:
        answer = browser.post(
            "/api/jobs", json=CHAT, headers={"Origin": origin, "Host": PUBLIC.removeprefix("http://")}
        )
        assert answer.status_code == status


@pytest.mark.parametrize("path", ["/api/jobs", "/gradio_api/queue/join", "/api/jobs/x/stop"])
def test_an_announced_body_that_is_too_large_is_not_read(browser: TestClient, path: str) -> None:
    answer = browser.post(path, content=b"", headers={"Content-Length": str(BODY_LIMIT + 1)})
    assert answer.status_code == 413
    if path.startswith("/api/"):
        assert answer.json() == {
            "error": {"message": "The request is too large: it may be at most 8 MB here.", "field": None}
        }


def test_a_body_as_large_as_may_be_is_read(browser: TestClient) -> None:
    head = b'{"assistant": "none", "request": {}}'
    for size, status in ((BODY_LIMIT, 422), (BODY_LIMIT + 1, 413)):
        answer = browser.post("/api/jobs", content=head.ljust(size), headers={"Content-Type": "application/json"})
        assert answer.status_code == status, size


@pytest.mark.parametrize("path", ["/api/files", "/api/images/read", "/api/knowledge/x/sources"])
def test_a_file_may_be_larger_than_text(browser: TestClient, path: str) -> None:
    answer = browser.post(path, content=b"", headers={"Content-Length": str(BODY_LIMIT + 1)})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/api/jobs", BODY_LIMIT), ("/gradio_api/queue/join", BODY_LIMIT), ("/api/files", UPLOAD_LIMIT)],
)
def test_a_body_that_turns_out_too_large_is_refused(browser: TestClient, path: str, limit: int) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while sent < 2 * limit:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    kind = "multipart/form-data; boundary=x" if path == "/api/files" else "application/json"
    answer = browser.post(path, content=chunks(), headers={"Content-Type": kind})
    assert answer.status_code == 413
    if path.startswith("/api/"):
        assert f"{limit >> 20} MB" in answer.json()["error"]["message"]


def test_the_page_is_in_the_visitors_language(browser: TestClient) -> None:
    for accepted, root in [("en", 'lang="en"'), ("zh-TW,zh;q=0.9", 'lang="zh-CN"'), ("fr", 'lang="en"')]:
        page = browser.get("/", headers={"Accept-Language": accepted, "Accept-Encoding": "br"})
        assert root in page.text and len(page.content) == int(page.headers["content-length"])
    assert "content-encoding" not in page.headers


def test_gradios_own_pages_and_traps_are_shut(local: FastAPI, browser: TestClient) -> None:
    config = browser.get("/config").json()
    assert config["analytics_enabled"] is False and config["show_error"] is False and config["footer_links"] == []
    for path in (
        "/gradio_api/runs",
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/vibe-code",
        "/gradio_api/mcp/sse",
    ):
        assert browser.get(path).status_code in (403, 404)
    assert json.loads(browser.post("/gradio_api/run/who", json={"data": [1]}).text)["data"] == ["local True"]
