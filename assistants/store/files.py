"""Files that people upload and that jobs make: bytes in the home folder under a random name, a row for what they are.

The type is told from the bytes, never from the name. Knows nothing about HTTP or pictures.
"""

import hashlib
import mimetypes
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from assistants.errors import InvalidInput, NotFound, StoreError
from assistants.principals import Principal, of_owner
from assistants.store import Store, new_id, now, uploads
from assistants.store.quotas import rooms
from assistants.store.row_kinds import RowKinds

MAX_BYTES = 50 * 1024 * 1024
MAX_NAME = 200

SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}


@dataclass(frozen=True)
class File:
    """A stored file; ``size`` in bytes, ``path`` where its bytes lie."""

    id: str
    name: str
    type: str
    size: int
    path: Path
    created: str


def media_type(head: bytes, name: str) -> str:
    """Tell the type of a file from its first bytes; its name only decides between kinds of text."""
    for signature, kind in SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if b"\0" in head:
        return "application/octet-stream"
    guessed = mimetypes.guess_type(name)[0] or "text/plain"
    return guessed if guessed.startswith("text/") or guessed == "application/json" else "text/plain"


def plain_name(name: str) -> str:
    """Return the last part of a file name without control characters, for showing and downloading."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    return clean[-MAX_NAME:] or "file"


class Files:
    """The files of one home folder."""

    def __init__(self, store: Store, folder: Path, kinds: RowKinds, quota: int | None = None) -> None:
        """Open a folder of files; ``quota`` is how many bytes the uploads of one visitor may take, None for any."""
        self._store = store
        self._kinds = kinds
        self._quota = quota
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def add(self, who: Principal, name: str, stream: BinaryIO, job: str | None = None) -> File:
        """Keep what ``stream`` holds, at most ``MAX_BYTES``; nothing remains of a file that is refused."""
        file_id = new_id()
        path = self.folder / file_id
        if job is None:
            self._make_room(who)
        try:
            size, sha256, head = self._copy(stream, path)
            if not size:
                raise InvalidInput("file", "The file is empty.")
            row = {
                "id": file_id,
                "owner": who.id,
                "job": job,
                "name": plain_name(name),
                "type": media_type(head, name),
                "size": size,
                "sha256": sha256,
                "created": now(),
            }
            with self._store.write() as db:
                if job is None and self._quota is not None:
                    uploads.check_room(db, who, self._quota, size)
                db.table("files").insert(row)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise StoreError("The file cannot be kept: {cause}.", cause=os.strerror(error.errno or 0)) from error
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return self._file(row)

    def _make_room(self, who: Principal) -> None:
        """Delete what nobody uses where there is no room for another upload; raises ``InvalidInput`` if that is it."""
        if self._quota is None:
            return
        with self._store.read() as db:
            if uploads.has_room(db, who, self._quota, MAX_BYTES):
                return
        self.forget_unused(uploads.before(hours=uploads.HOURS), lambda other: bool(rooms(of_owner(other), 1)))
        with self._store.read() as db:
            uploads.check_room(db, who, self._quota, uploads.LEAST)

    def forget_unused(self, until: str, is_of: Callable[[str], bool] = lambda _owner: True) -> None:
        """Delete uploads of some owners, made before a moment, that no row names."""
        with self._store.write() as db:
            unused = uploads.forget_unused(db, self._kinds, until, is_of)
        for one in unused:
            (self.folder / one).unlink(missing_ok=True)

    def _copy(self, stream: BinaryIO, path: Path) -> tuple[int, str, bytes]:
        size, digest, head = 0, hashlib.sha256(), b""
        with path.open("xb") as target:
            while block := stream.read(1 << 20):
                size += len(block)
                if size > MAX_BYTES:
                    limit = MAX_BYTES // (1 << 20)
                    raise InvalidInput("file", "A file may be at most {limit} MB.", limit=limit)
                head = head or block[:4096]
                digest.update(block)
                target.write(block)
        return size, digest.hexdigest(), head

    def get(self, file_id: str, owner: str) -> File:
        """Return the owner's file or raise ``NotFound``."""
        with self._store.read() as db:
            row = db.execute(
                "SELECT * FROM files WHERE id = ? AND owner = ? AND deleted IS NULL", (file_id, owner)
            ).fetchone()
        if row is None:
            raise NotFound("There is no such file.")
        return self._file(row)

    def drop(self, file_id: str) -> None:
        """Delete a file for good; for callers that know the owner."""
        with self._store.write() as db:
            db.execute("DELETE FROM files WHERE id = ?", (file_id,))
        (self.folder / file_id).unlink(missing_ok=True)

    def of_job(self, job: str) -> list[File]:
        """Return the files that a job made, oldest first; for callers that know the owner."""
        with self._store.read() as db:
            rows = db.execute("SELECT * FROM files WHERE job = ? AND deleted IS NULL ORDER BY id", (job,)).fetchall()
        return [self._file(row) for row in rows]

    def uploads(self, owner: str | None) -> list[File]:
        """Return the files that the owner (None: anybody) gave in, oldest first."""
        of_owner = "" if owner is None else " AND owner = ?"
        sql = f"SELECT * FROM files WHERE job IS NULL AND deleted IS NULL{of_owner} ORDER BY id"
        with self._store.read() as db:
            rows = db.execute(sql, () if owner is None else (owner,)).fetchall()
        return [self._file(row) for row in rows]

    def _file(self, row: Any) -> File:
        return File(row["id"], row["name"], row["type"], row["size"], self.folder / row["id"], row["created"])
