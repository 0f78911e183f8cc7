"""A browser on a running studio whose stand-in model says each message back, 30 ms a word."""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FOREIGN, OFFLINE, Server
from tests.e2e.chat import Chat

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the browser tests of a file: each begins a new chat in it."""
    foreign = {name: os.environ.pop(name) for name in list(os.environ) if FOREIGN.fullmatch(name)}
    os.environ.update(OFFLINE)
    server = Server(tmp_path_factory.mktemp("running"))
    server.environment = {"STUDIO_TEXT_MODEL": "echo:delay=0.03", "STUDIO_IMAGE_MODEL": "echo:delay=0.03"}
    server.start()
    os.environ.update(foreign)
    yield server
    server.kill()


@pytest.fixture
def nothing_is_fetched(running: Server) -> Iterator[None]:
    """Let a file stand where the embedder's folder would be made, for the studio is a process apart."""
    file = running.home / "models" / "starter-embedder"
    file.parent.mkdir(exist_ok=True)
    file.touch()
    yield
    file.unlink()


@pytest.fixture
def chat(page: "Page", running: Server) -> Iterator[Chat]:
    """A new chat; the test fails if the browser's console shows an error, such as a violation of the CSP.

    What the studio refuses (422), does not find (404) or cannot reach (502, 503) is one to Chromium only.
    """
    errors: list[str] = []

    def note(message: "ConsoleMessage") -> None:
        if message.type == "error" and not re.search("status of (404|422|502|503)", message.text):
            errors.append(message.text)

    page.on("console", note)
    yield Chat(page, running.url).open()
    assert errors == []
