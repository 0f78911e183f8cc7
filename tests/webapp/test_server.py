"""The server as a process: up with one line, down without a loss, refusing with one sentence."""

import inspect
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import gradio
import httpx
import pytest

from assistants import ROWS
from assistants.errors import StoreError
from assistants.history import History
from assistants.settings import Settings
from tests.api.talk import SLOW, ask, events
from tests.serving import client, opened, web_app
from webapp.server import claim_port, no_sources, public_url, seal_gradio

ROOT = Path(__file__).parents[2]

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def running(port: int, **environment: str) -> Iterator[subprocess.Popen]:
    """Run ``python app.py``; its output is a pipe."""
    settings = {"STUDIO_PORT": str(port), "STUDIO_TEXT_MODEL": "echo:", "PYTHONUTF8": "1", **environment}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def refused(port: int, **environment: str) -> str:
    """Run ``python app.py`` where it cannot; returns what it says."""
    with running(port, **environment) as process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    return said


@posix
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_from_start_to_a_stop_in_mid_sentence(tmp_path: Path, port: int, how: signal.Signals) -> None:
    home = tmp_path / "home"
    with running(port, STUDIO_HOME=str(home)) as process:
        assert process.stdout.readline() == f"AIGC Studio is at http://127.0.0.1:{port}/\n"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser:
            assert "<gradio-app" in browser.get("/").text
            job = ask(browser, model=SLOW)
            with browser.stream("GET", f"/api/jobs/{job}/events") as stream:
                lines = stream.iter_lines()
                assert "text" in [event.kind for event in islice(events(lines), 3)]
                process.send_signal(how)
                with pytest.raises(httpx.RemoteProtocolError):
                    list(lines)
        said = process.communicate(timeout=20)[0]
    assert (process.returncode, said) == (0, "The studio is closed.\n")
    history = History(home, ROWS)
    row = history.jobs.get(job, "local")
    history.close()
    assert row.status == "interrupted" and row.output.startswith("one two")


def test_a_shared_studio_says_its_token_once(tmp_path: Path, port: int) -> None:
    environment = {"STUDIO_HOME": str(tmp_path / "home"), "STUDIO_ALLOWED_HOSTS": "studio.example"}
    with running(port, **environment) as process:
        process.stdout.readline()
        url = process.stdout.readline().split()[-1]
        assert url.startswith(f"http://127.0.0.1:{port}/?token=")
        assert httpx.get(url, trust_env=False).headers["location"] == "/"
        assert httpx.get(url + "x", trust_env=False).status_code == 401
        # A proxy on this machine is believed that the browser came by https.
        page = httpx.get(url.split("?")[0], headers={"X-Forwarded-Proto": "https"}, trust_env=False)
        assert page.headers["set-cookie"].endswith("; Secure")
        process.terminate()
        assert url.split("=")[1] not in process.communicate(timeout=20)[0]


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(port, STUDIO_HOME=str(tmp_path / "home"))
    assert said == f"Port {port} is taken by another program. Close that, or set STUDIO_PORT to another.\n"
    assert not (tmp_path / "home").exists()


def test_a_taken_home_is_one_sentence(tmp_path: Path, port: int) -> None:
    with opened(tmp_path):
        said = refused(port, STUDIO_HOME=str(tmp_path))
    assert said == f"Another studio uses {tmp_path}. Close it, or set STUDIO_HOME to another folder.\n"


def test_a_wrong_setting_is_one_sentence(port: int) -> None:
    said = refused(port, STUDIO_PORT="http", STUDIO_WORKERS="0")
    assert [line.split(":")[0] for line in said.splitlines()] == ["STUDIO_PORT", "STUDIO_WORKERS"]


def test_a_host_that_is_not_ours_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"Port 7860 of 192\.0\.2\.1 cannot be used"):
        claim_port(Settings(home=tmp_path, host="192.0.2.1"))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860/"),
        ("0.0.0.0", "http://localhost:7860/"),
        ("::", "http://localhost:7860/"),
        ("::1", "http://[::1]:7860/"),
        ("studio.example", "http://studio.example:7860/"),
    ],
)
def test_the_address_to_open(tmp_path: Path, host: str, url: str) -> None:
    assert public_url(Settings(home=tmp_path, host=host)) == url


def test_the_address_of_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    monkeypatch.setenv("SPACE_HOST", "someone-studio.hf.space")
    settings = Settings(home=tmp_path)
    assert settings.host == "0.0.0.0" and public_url(settings) == "https://someone-studio.hf.space/"


def test_the_environment_opens_none_of_gradios_doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIBE_MODE", "ALLOWED_PATHS", "RUN_HISTORY", "SHARE", "MCP_SERVER", "SSR_MODE", "LOCAL_DEV_MODE"):
        monkeypatch.setenv(f"GRADIO_{name}", "1")
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/tmp")
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "True")
    seal_gradio(Settings(home=tmp_path))
    assert {name: value for name, value in os.environ.items() if name.startswith("GRADIO_")} == {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_ANALYTICS_MAX_EVENTS": "1",
        "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
        "GRADIO_TEMP_DIR": str(tmp_path / "gradio"),
    }


def test_gradio_writes_no_stubs_beside_its_sources() -> None:
    with no_sources():

        class Label(gradio.HTML):
            EVENTS = []

    assert not Path(__file__).with_suffix(".pyi").exists()
    assert inspect.getfile(Settings).endswith("settings.py")


def test_the_real_page_is_mounted_whole(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        browser = client(web_app(studio))
        page = browser.get("/")
        assert page.status_code == 200 and "AIGC Studio" in page.text
        address = "/studio/shared/live.js"
        script = browser.get(address)
        assert script.headers["content-type"].split(";")[0].endswith("/javascript")
        assert script.headers["cache-control"] == "no-cache"
        assert browser.get(address, headers={"If-None-Match": script.headers["etag"]}).status_code == 304
        assert browser.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
        config = browser.get("/config").json()
    assert config["show_error"] is False and config["footer_links"] == [] and config["analytics_enabled"] is False
    assert config["root"] == "http://localhost:7860"
