"""Restore: a backup takes the place of the history, at once in a home that no studio uses, else at its next start.

All of it is checked beside the history before anything there is touched, and what was there is kept aside. Knows
nothing about what a backup holds.
"""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Migrations

from assistants.errors import InvalidInput
from assistants.history.backup import DATABASE, FILES, MANIFEST, take_in
from assistants.store import new_id, now
from assistants.store.home import take_home

WAITING, ASIDE = "restore-waiting-", "before-restore-"
# What SQLite keeps beside its file until that is closed.
JOURNALS = (f"{DATABASE}-wal", f"{DATABASE}-shm")


@dataclass(frozen=True)
class Waiting:
    """A backup that takes the place of the history at the next start: when it was made, and what it holds."""

    made: str
    items: int
    files: int


def restore(archive: Path, home: Path, added: Sequence[Migrations] = ()) -> Path | None:
    """Put a backup in place of what is in ``home``; return the folder that this was moved to, None for an empty home.

    Raises ``InvalidInput`` for what is no whole backup and ``StoreError`` while a studio uses the home; then nothing
    has changed.
    """
    if not archive.is_file():
        raise InvalidInput("file", "There is no file {path}.", path=str(archive))
    lock = take_home(home)
    try:
        with tempfile.TemporaryDirectory(prefix="restore-", dir=home) as beside:
            staging = Path(beside)
            take_in(archive, staging, archive.name, added)
            aside = _exchange(home, staging, now())
        forget(home)
        return aside
    finally:
        lock.release()


def stage_restore(archive: Path, home: Path, name: str, added: Sequence[Migrations] = ()) -> Waiting:
    """Check a backup and keep it for the next start, in place of one kept before; raises as ``restore`` does."""
    with tempfile.TemporaryDirectory(prefix="restore-", dir=home) as beside:
        staging = Path(beside) / new_id()
        staging.mkdir()
        take_in(archive, staging, name, added)
        forget(home)
        folder = home / f"{WAITING}{now().replace(':', '')}"
        os.replace(staging, folder)
    return _described(folder)


def waiting(home: Path) -> Waiting | None:
    """Return what is kept for the next start."""
    folder = _waiting_folder(home)
    return _described(folder) if folder else None


def forget(home: Path) -> None:
    """Keep nothing for the next start."""
    while folder := _waiting_folder(home):
        shutil.rmtree(folder)


def apply_staged(home: Path) -> Path | None:
    """Put what is kept for this start in place, as ``restore`` does; the caller has locked the home.

    May be broken off anywhere: the next start goes on with it.
    """
    for left_over in set(home.glob("restore-*")) - set(home.glob(f"{WAITING}*")):
        shutil.rmtree(left_over)
    folder = _waiting_folder(home)
    if folder is None:
        return None
    aside = _exchange(home, folder, folder.name.removeprefix(WAITING))
    forget(home)
    return aside


def _waiting_folder(home: Path) -> Path | None:
    return max(home.glob(f"{WAITING}*"), default=None)


def _described(folder: Path) -> Waiting:
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        items = db.execute("SELECT count(*) FROM jobs").fetchone()[0]
    facts = json.loads((folder / MANIFEST).read_bytes())
    return Waiting(made=facts["made"], items=items, files=facts["files"])


def _exchange(home: Path, staging: Path, stamp: str) -> Path | None:
    """Move what is in the home aside and the restored parts in; on an error, everything back."""
    aside = home / f"{ASIDE}{stamp.replace(':', '')}"
    aside.mkdir(exist_ok=True)
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in _moves(home, staging, aside):
            if source.exists():
                os.replace(source, target)
                done.append((source, target))
    except OSError as error:
        for source, target in reversed(done):
            os.replace(target, source)
        template = "{path} cannot be written: {cause}."
        raise InvalidInput("file", template, path=str(home), cause=error) from error
    finally:
        if not any(aside.iterdir()):
            aside.rmdir()
    return aside if aside.exists() else None


def _moves(home: Path, staging: Path, aside: Path) -> Iterator[tuple[Path, Path]]:
    for part, journals in ((FILES, ()), (DATABASE, JOURNALS)):
        # A part that is no longer there was put in place by an exchange that was broken off after it.
        if (staging / part).exists():
            yield from ((home / one, aside / one) for one in (*journals, part))
            yield staging / part, home / part
