"""What every test stands on: a temporary home, a clean environment, no network, a stand-in model.

The fixtures that need something of this machine (the starter model, Chromium) skip with a reason where it is absent.
With ``STUDIO_TEST_STRICT`` in the environment, as in ``.ci/run``, a run that skipped one for that reason fails.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

from assistants import ROWS
from assistants.engines.openvino import OpenVINOChat
from assistants.errors import ModelUnavailable
from assistants.history import History
from assistants.models import Models
from assistants.models.files.catalog import read_catalog
from assistants.opening import open_studio
from assistants.settings import Settings
from assistants.studio import Studio
from tests.engines import misbehaving
from tests.engines.opening import opened_file
from tests.homes import ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
STRICT = "STUDIO_TEST_STRICT" in os.environ
FOREIGN = re.compile(r"(STUDIO|HF|HUGGING_?FACE|SPACE|GRADIO|TRANSFORMERS|OPENAI)_.*|.*_proxy", re.IGNORECASE)
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# A frame of another origin has a process of its own, as it has in a desktop's browser.
CHROMIUM_FLAGS += ["--site-per-process"]
START_SECONDS = 180
# What tiny models of a real kind are made with.
MAKERS = ("torch", "transformers.", "diffusers.", "tests.engines.tiny")

# Libraries read these once, when they are imported, which is before the first test.
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
REAL_SETTINGS = Settings()
os.environ.update(OFFLINE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test by what it needs, so that ``-m "not browser"`` and the like find it."""
    for item in items:
        for fixture, mark in [("starter_folder", "starter"), ("browser", "browser")]:
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
        if uses_tiny_models(item.module):
            item.add_marker("tiny")


@cache
def uses_tiny_models(module: ModuleType) -> bool:
    """Say whether a module of tests makes models by what it imports."""
    names = [getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in vars(module).values()]
    return any(name.startswith(MAKERS) for name in names if isinstance(name, str))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a strict run that went without the starter model or the browser."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if STRICT and any({"starter", "browser"} & set(report.keywords) for report in skipped):
        reporter.write_line("\nSTUDIO_TEST_STRICT: no test of the starter model or the page may be skipped.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def clean_environment() -> dict[str, str]:
    """Return the environment without this machine's settings, and offline."""
    return {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)} | OFFLINE


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a clean environment and a home of its own."""
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)
    for name, value in (OFFLINE | {"STUDIO_HOME": str(tmp_path / "home")}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that tries to reach another machine, even where the code under test gets over it."""
    tried: list[str] = []
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(host: str) -> None:
        if not is_here(host):
            tried.append(host)
            raise ConnectionRefusedError(f"tests reach no other machine: {host}")

    def checked_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])
        return connect_ex(self, address)

    def checked_getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        check(host.decode() if isinstance(host, bytes) else host or "")
        return getaddrinfo(host, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", checked_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", checked_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", checked_getaddrinfo)
    yield
    assert not tried, f"the test tried to reach {tried}"


def is_here(host: str) -> bool:
    """Say whether ``host`` is this machine, or what one listens on."""
    if host in ("", "localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture
def nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a studio without the models of our own that it would fetch, such as the embedder, in a process apart."""
    waiting = Models.waiting

    def absent(self: Models, name: str | None, *needs: Any) -> Any:
        if self.resolve(name).startswith("local:"):
            raise ModelUnavailable("There is no model named {name}.", name=name)
        return waiting(self, name, *needs)

    monkeypatch.setattr(Models, "waiting", absent)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a temporary home and the stand-in model."""
    return Settings(home=tmp_path / "home", text_model="echo:", image_model="echo:")


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    """An open studio."""
    ready(settings.home)
    studio = open_studio(settings)
    yield studio
    studio.close()


@pytest.fixture(scope="session")
def starter_folder() -> Path:
    """The folder of models that has the small one, ``mini``: set it as ``models``."""
    folder = REAL_SETTINGS.models_folder
    if not read_catalog()["mini"].path(folder / "mini").exists():
        pytest.skip(f"no small model in {folder}: python -m assistants.models fetch mini")
    return folder


class Server:
    """The studio as people run it, in a process of its own, on a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.log = folder / "server.log"
        self.environment = {"STUDIO_TEXT_MODEL": "echo:delay=0.02", "STUDIO_IMAGE_MODEL": "echo:"}
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start ``python app.py`` and wait until it answers."""
        own = {"STUDIO_HOME": str(self.home), "STUDIO_PORT": str(self.port), "PYTHONUTF8": "1"}
        with self.log.open("ab") as log:
            command = [sys.executable, "app.py"]
            environment = clean_environment() | self.environment | own
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"the server did not start:\n{self.log.read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Say whether the server is up."""
        try:
            with build_opener(ProxyHandler({})).open(f"{self.url}/api/health", timeout=5) as response:
                return response.status == 200
        except (URLError, ConnectionError, TimeoutError):
            return False

    def kill(self) -> None:
        """End the server without a chance to tidy up, as ``kill -9`` does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server with the stand-in model; ``kill()`` and ``start()`` it at will."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium. For one module only: while Playwright is up, no other event loop runs in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium
        executable = next(filter(None, map(shutil.which, [*CHROMIUM, chromium.executable_path])), None)
        if executable is None:
            pytest.skip(f"no browser: none of {', '.join(CHROMIUM)}, nor what `playwright install chromium` brings")
        browser = chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """An empty page that fails its test on a script error or a request to another machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if is_own(request.url) else wrong.append(request.url))
    yield page
    context.close()
    assert not wrong


def is_own(url: str) -> bool:
    """Say whether a browser's request stays on this machine."""
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:"))


@pytest.fixture(scope="session")
def starter_file(starter_folder: Path) -> Path:
    """The starter's GGUF file."""
    return read_catalog()["mini"].path(starter_folder / "mini")


@pytest.fixture(scope="session")
def starter(starter_file: Path) -> Iterator[OpenVINOChat]:
    """The starter, open."""
    engine = opened_file("local:starter", starter_file)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[misbehaving.Server]:
    """A server with models of its own; ``reset`` before each test."""
    with misbehaving.serving() as server:
        yield server


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """An open history in ``tmp_path``."""
    opened = History(tmp_path, ROWS)
    yield opened
    opened.close()
