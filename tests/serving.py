"""The studio behind its web server, for tests: an app in this process, or one that listens on loopback."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistants.opening import open_studio
from assistants.settings import Settings
from assistants.studio import Studio
from tests.homes import ready
from webapp.page import QUEUE_SECONDS
from webapp.server import Server, create_app
from webapp.visitors import visitor

LOCAL = "http://localhost:7860"
PUBLIC = "http://studio.example:7860"
# A studio for others too; nothing in these tests listens on any but loopback addresses.
SHARED = {
    "host": "0.0.0.0",
    "allowed_hosts": ("studio.example",),
    "admin_token": "open-sesame",
    "api_keys": ("k1", "k2"),
}


def tiny_page(_studio: Studio) -> gr.Blocks:
    """Build a page whose one handler says who asks, through Gradio's queue and past it."""

    def who(request: gr.Request) -> str:
        asker = visitor(request)
        return f"{asker.id} {asker.is_operator}"

    with gr.Blocks(analytics_enabled=False) as page:
        answer = gr.Textbox()
        gr.Button().click(who, None, answer, api_name="who", queue=False)
        gr.Button().click(who, None, answer, api_name="who_queued")
    # schemathesis starts the app for every test, and Gradio's queues look for work as long as the process lives.
    page._queue.sleep_when_free = QUEUE_SECONDS
    return page


@contextlib.contextmanager
def opened(home: Path, **settings: Any) -> Iterator[Studio]:
    """Open a studio that answers with the stand-in model."""
    studio = open_studio(Settings(home=ready(home), **{"text_model": "echo:", "image_model": "echo:", **settings}))
    try:
        yield studio
    finally:
        studio.close()


def web_app(studio: Studio) -> FastAPI:
    """Return the web app."""

    async def make() -> FastAPI:
        return create_app(studio)

    # Where no event loop runs, Gradio makes one that nobody closes.
    return asyncio.run(make())


def small_app(studio: Studio) -> FastAPI:
    """Return the web app with the tiny page in place of the real one, which takes longer to build."""
    with patch("webapp.page.build", tiny_page), patch("webapp.page.mount_options", lambda _studio: {}):
        return web_app(studio)


def client(app: FastAPI, base_url: str = LOCAL, **headers: str) -> TestClient:
    """Return a browser or a script that knows nothing yet."""
    return TestClient(app, base_url, headers=headers, follow_redirects=False, raise_server_exceptions=False)


def newcomer(app: FastAPI) -> TestClient:
    """Return a browser that has opened the shared studio's page."""
    browser = client(app, PUBLIC)
    assert browser.get("/").status_code == 200
    return browser


@contextlib.contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve ``app`` on a free port of this machine; yields its address."""
    ready = threading.Event()
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none", proxy_headers=False)
    server = Server(config, ready.set)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(10)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
