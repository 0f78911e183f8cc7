"""Files that go through Gradio's components: what visitors hand in, and what handlers hand out.

Gradio would take them from anybody, keep them by their content in one folder and tell absolute paths, which anybody
may ask for. Here each has a name that says nothing, and is its visitor's alone; there is room for so much of one
visitor, of a place and of all anonymous ones, and a day later, or at the next start, a file is gone. A handler that
wants to keep one puts it into the history. Knows nothing about which components there are.
"""

import mimetypes
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from assistants.errors import InvalidInput, NotFound
from assistants.principals import Principal
from assistants.store.files import plain_name
from assistants.store.quotas import rooms
from webapp.api.files import DOWNLOAD, SHOWN, disposition
from webapp.visitors import visitor

SECONDS = 24 * 3600.0
MAX_STEM, MAX_SUFFIX = 40, 10
# What is made for a stranger is nobody's.
NOBODY = Principal("", "user")
# In one upload.
MAX_FILES = 20


@dataclass(frozen=True)
class Transfer:
    """A file on its way: ``owner`` is None where everybody sees it, on the page itself."""

    name: str
    owner: Principal | None
    path: Path
    size: int
    since: float = field(default_factory=time.monotonic)


class Transfers:
    """The files on their way, in a folder that is empty when a studio starts; may be used from any thread."""

    def __init__(self, folder: Path, quota: int) -> None:
        self.folder = folder
        self._quota = quota
        self._lock = threading.Lock()
        self._known: dict[str, Transfer] = {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)

    def take_in(self, who: Principal, name: str, stream: BinaryIO, limit: int) -> Transfer:
        """Keep what somebody hands in, at most ``limit`` bytes; raises ``InvalidInput`` and then keeps nothing."""
        self._sweep()
        self._check_room(who, 1)
        path, size = self._place(name), 0
        try:
            with path.open("xb") as target:
                while block := stream.read(1 << 20):
                    size += len(block)
                    if size > limit:
                        raise InvalidInput("file", "A file may be at most {limit} MB.", limit=limit >> 20)
                    target.write(block)
            return self._added(who, path, size)
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise

    def take_all_in(self, who: Principal, files: Iterable[UploadFile], limit: int) -> list[Transfer]:
        """Keep all of some files, or none."""
        taken: list[Transfer] = []
        try:
            for file in files:
                taken.append(self.take_in(who, file.filename or "file", file.file, limit))
        except BaseException:
            for one in taken:
                self._forget(one)
            raise
        return taken

    def hand_out(self, who: Principal | None, made: Path) -> Transfer:
        """Give a file that a handler made a name for ``who``; of theirs the oldest go if there is no room."""
        self._sweep()
        path = self._place(made.name)
        try:
            os.link(made, path)
        except OSError:  # another disk, or a file system without links
            shutil.copyfile(made, path)
        size = path.stat().st_size
        while who and who != NOBODY and not self._has_room(who, size) and (oldest := self._oldest(who)):
            self._forget(oldest)
        return self._added(who, path, size)

    def named(self, path: str, who: Principal | None) -> str:
        """Return the name of a file for ``who``: the one it has, if it is theirs, else a new one."""
        place = Path(path)
        name = f"{place.parent.name}/{place.name}"
        known = self._known.get(name) if place.parent.parent == self.folder else None
        return name if known and known.owner == who else self.hand_out(who, place).name

    def get(self, name: str, owner: Principal | None) -> Transfer:
        """Return a file that ``owner`` may see; raises ``NotFound``."""
        with self._lock:
            found = self._known.get(name)
        if found is None or found.owner not in (None, owner) or not found.path.is_file():
            raise NotFound("There is no such file.")
        return found

    def _place(self, name: str) -> Path:
        folder = self.folder / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        plain = PurePath(plain_name(name))
        # Short enough for any file system, whatever it is written in.
        return folder / f"{plain.stem[:MAX_STEM]}{plain.suffix[:MAX_SUFFIX]}"

    def _added(self, who: Principal | None, path: Path, size: int) -> Transfer:
        added = Transfer(f"{path.parent.name}/{path.name}", who, path, size)
        with self._lock:
            if who and who != NOBODY:
                self._check_room(who, size)
            self._known[added.name] = added
        return added

    def _check_room(self, who: Principal, size: int) -> None:
        if not self._has_room(who, size):
            raise InvalidInput("file", "There is no room for another file just now. Try again later.")

    def _has_room(self, who: Principal, size: int) -> bool:
        if who.is_operator:
            return True
        sizes = [(one.owner or NOBODY, one.size) for one in list(self._known.values())]
        return all(
            sum(known for owned, known in sizes if room.is_of(owned)) + size <= room.limit
            for room in rooms(who, self._quota)
        )

    def _oldest(self, owner: Principal) -> Transfer | None:
        own = [one for one in list(self._known.values()) if one.owner == owner]
        return min(own, key=lambda one: one.since, default=None)

    def _forget(self, one: Transfer) -> None:
        with self._lock:
            self._known.pop(one.name, None)
        shutil.rmtree(one.path.parent, ignore_errors=True)

    def _sweep(self) -> None:
        """Delete what is a day old, also what Gradio has put into the folder by itself."""
        for one in [one for one in list(self._known.values()) if self._is_over(one)]:
            self._forget(one)
        known = {one.path.parent.name for one in list(self._known.values())}
        for folder in self._strange(known):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def _is_over(self, one: Transfer) -> bool:
        return one.owner is not None and time.monotonic() - one.since > SECONDS

    def _strange(self, known: set[str]) -> Iterator[Path]:
        with os.scandir(self.folder) as entries:
            yield from (Path(entry.path) for entry in entries if entry.name not in known)


def add_routes(app: FastAPI, transfers: Transfers, limit: int) -> None:
    """Serve files on their way, and take them in where some component takes any, of ``limit`` bytes at most."""

    def serve(request: Request, name: str) -> Response:
        found = transfers.get(name, request.state.visitor)
        kind = mimetypes.guess_type(found.path.name)[0] or DOWNLOAD
        is_shown = kind in SHOWN or kind.startswith(("audio/", "video/"))
        headers = {"Content-Disposition": disposition(found.path.name, "inline" if is_shown else "attachment")}
        return FileResponse(found.path, media_type=SHOWN.get(kind, kind) if is_shown else DOWNLOAD, headers=headers)

    async def upload(request: Request) -> list[str]:
        """Take files in; who sends them is known before anything of them is read."""
        who = visitor(request)
        async with request.form(max_files=MAX_FILES, max_fields=MAX_FILES) as form:
            files = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
            if not files:
                raise InvalidInput("files", "{field} is missing.")
            return [one.name for one in await run_in_threadpool(transfers.take_all_in, who, files, limit)]

    async def progress() -> Response:
        """Say that an upload is done: the browser shows its own progress, and nobody's business is told here."""
        return StreamingResponse(iter(['data: {"msg": "done"}\n\n']), media_type="text/event-stream")

    app.add_api_route("/gradio_api/file={name:path}", serve, methods=["GET", "HEAD"], include_in_schema=False)
    if limit:
        app.add_api_route("/gradio_api/upload", upload, methods=["POST"], include_in_schema=False)
        app.add_api_route("/gradio_api/upload_progress", progress, include_in_schema=False)
