"""A studio of its own and a browser to look at it, for benchmarks and pictures.

Runs ``python app.py`` on a fresh home with the models that are installed. Knows nothing about what is measured.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from assistants.settings import Settings

ROOT = Path(__file__).parent.parent


class Server:
    """The studio in a process of its own on a fresh home."""

    def __init__(self, home: Path, model: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        environment = os.environ | {
            "STUDIO_HOME": str(home),
            "STUDIO_PORT": str(self.port),
            "STUDIO_MODELS": str(Settings().models_folder),
            "STUDIO_TEXT_MODEL": model,
        }
        self.process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        self.cpu = psutil.Process(self.process.pid)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the REST interface and return its JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            return json.loads(connection.getresponse().read())

    def wait_until_ready(self) -> None:
        """Return when the model answers."""
        while True:
            with contextlib.suppress(ConnectionError):
                if self.ask("GET", "/api/health")["models"]["text"]["state"] == "ready":
                    return
            time.sleep(0.2)

    def say(self, message: str, **request: Any) -> dict[str, Any]:
        """Submit a chat job."""
        return self.ask("POST", "/api/jobs", {"assistant": "chat", "request": {"message": message, **request}})

    def follow(self, job: str) -> tuple[float, int]:
        """Read a job's events to the end; return when the first text came (perf_counter) and the bytes read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        first, size = 0.0, 0
        with contextlib.closing(connection):
            connection.request("GET", f"/api/jobs/{job}/events")
            response = connection.getresponse()
            while line := response.readline():
                size += len(line)
                if not first and line.startswith(b"event: text"):
                    first = time.perf_counter()
        return first, size

    def cpu_seconds(self) -> float:
        """Return the CPU time that the server has used."""
        times = self.cpu.cpu_times()
        return times.user + times.system

    def close(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def serving(model: str) -> Iterator[Server]:
    """Run a server for a while."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder), model)
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.close()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Open a browser page; lends None where there is no Chromium."""
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page()
        browser.close()
