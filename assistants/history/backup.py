"""A backup: the database and the files of a home as one zip, and read back from it with every part checked.

What is read was written by whoever made the zip. Connections, keys and models are in no backup. Knows nothing about
what the tables mean, nor how a backup takes the place of what is there.
"""

import json
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlite_utils import Database, Migrations

from assistants import provenance
from assistants.digests import file_sha256
from assistants.errors import InvalidInput
from assistants.store import Store, new_id, now
from assistants.store.connection import is_newer
from assistants.store.files import MAX_BYTES

FORMAT = 1
MANIFEST, DATABASE, FILES = "backup.json", "studio.db", "files"
ID = re.compile(r"[0-9a-f]{32}")
NAME = re.compile(rf"backup\.json|studio\.db|files/{ID.pattern}")
# Their ids are names of files, which are read and deleted.
NAMED = {"files", "pictures"}
MAX_MANIFEST = 1 << 20
# Databases of text shrink to between a third and a thirtieth; zeros to a thousandth.
MAX_RATIO = 100

NO_BACKUP = "{file} is not a backup of a studio."
DAMAGED = "{file} is damaged: it is not complete, or was changed."
NEWER = "{file} was written by a newer studio. Update this one."
TOO_LARGE = "{file} unpacks to more than a backup holds, or than there is room for."


# Backup


def backup(store: Store, folder: Path, target: BinaryIO) -> None:
    """Write everybody's history as a zip while the studio runs; ``folder`` holds the files."""
    with tempfile.TemporaryDirectory(prefix="backup-", dir=store.path.parent) as beside:
        copy = Path(beside) / DATABASE
        store.copy_to(copy)
        with closing(sqlite3.connect(copy)) as db:
            ids = [row[0] for row in db.execute("SELECT id FROM files ORDER BY id")]
        paths = [path for path in (folder / file for file in ids) if path.exists()]
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            facts = {"format": FORMAT, "made": now(), "files": len(paths)}
            archive.writestr(MANIFEST, provenance.label("application/json", new_id(), json.dumps(facts).encode()))
            archive.write(copy, DATABASE)
            for path in paths:
                archive.write(path, f"{FILES}/{path.name}", zipfile.ZIP_STORED)


# What a backup holds


def take_in(archive: Path, staging: Path, name: str, added: Sequence[Migrations] = ()) -> None:
    """Unpack a backup into an empty folder, check it and bring its database up to date, as ``Store`` does.

    Raises ``InvalidInput``, with the ``name`` that people know the file by, for what is no whole backup.
    """
    (staging / FILES).mkdir()
    try:
        _unpack(archive, staging, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InvalidInput("file", DAMAGED, file=name) from error
    _check_database(staging, name, added)
    Store(staging / DATABASE, added).close()


def _unpack(path: Path, staging: Path, name: str) -> None:
    if not zipfile.is_zipfile(path):
        raise InvalidInput("file", DAMAGED if _begins_as_zip(path) else NO_BACKUP, file=name)
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        is_ours = {MANIFEST, DATABASE} <= names and all(map(NAME.fullmatch, names))
        if not is_ours or len(names) < len(entries):
            raise InvalidInput("file", NO_BACKUP, file=name)
        if not all(map(_is_fair, entries)) or sum(entry.file_size for entry in entries) > room(staging):
            raise InvalidInput("file", TOO_LARGE, file=name)
        _check_manifest(archive.read(MANIFEST), len(entries) - 2, name)
        for entry in entries:
            with archive.open(entry) as source, (staging / entry.filename).open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _is_fair(entry: zipfile.ZipInfo) -> bool:
    if entry.filename == DATABASE:
        return entry.file_size <= MAX_RATIO * max(entry.compress_size, 1)
    return entry.file_size <= (MAX_MANIFEST if entry.filename == MANIFEST else MAX_BYTES)


def room(folder: Path) -> int:
    """Return how many bytes a folder's disk still takes."""
    return shutil.disk_usage(folder).free


def _check_manifest(content: bytes, files: int, name: str) -> None:
    try:
        facts = json.loads(content)
        form, count = facts["format"], facts["files"]
        datetime.fromisoformat(facts["made"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("file", NO_BACKUP, file=name) from error
    if form != FORMAT:
        raise InvalidInput("file", NEWER, file=name)
    if count != files:
        raise InvalidInput("file", DAMAGED, file=name)


def _check_database(staging: Path, name: str, added: Sequence[Migrations]) -> None:
    """Refuse a database that is broken, acts by itself or leads out of the home, or has other files beside it."""
    try:
        with closing(sqlite3.connect(staging / DATABASE)) as db:
            is_whole = db.execute("PRAGMA quick_check").fetchone() == ("ok",)
            acts = db.execute("SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone()
            digests = dict(db.execute("SELECT id, sha256 FROM files"))
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            ids = [id for table in tables & NAMED for (id,) in db.execute(f"SELECT id FROM {table}")]
            is_ours = db.execute("SELECT 1 FROM _sqlite_migrations").fetchone()
            is_ahead = is_newer(Database(db), added)
    except sqlite3.DatabaseError as error:
        raise InvalidInput("file", DAMAGED, file=name) from error
    found = {path.name: path for path in (staging / FILES).iterdir()}
    if not is_whole or any(digests.get(file) != file_sha256(path) for file, path in found.items()):
        raise InvalidInput("file", DAMAGED, file=name)
    if is_ahead:
        raise InvalidInput("file", NEWER, file=name)
    if acts or not is_ours or not all(isinstance(id, str) and ID.fullmatch(id) for id in ids):
        raise InvalidInput("file", NO_BACKUP, file=name)
