"""The SQLite file: one connection that writes, behind a lock; read-only ones; migrations with a backup before them.

Knows nothing about the tables. A connection for each call lost most of 800 concurrent writes and one connection
without a lock broke savepoints (both measured), hence the one writer.
"""

import queue
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database, Migrations

from assistants.errors import StoreError
from assistants.store.migrations import migrations


def new_id() -> str:
    """Return 32 hex digits: 12 of milliseconds since 1970, then 80 random bits, so that ids sort by time."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def now() -> str:
    """Return the time as ISO 8601 text in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_newer(db: Database, added: Sequence[Migrations] = ()) -> bool:
    """Say whether steps made a database that are not among this studio's: the store's own and those ``added``."""
    with closing(Database(memory=True)) as empty:
        return any(
            {one.name for one in steps.applied(db)} - {one.name for one in steps.pending(empty)}
            for steps in (migrations, *added)
        )


# What a probe writes and takes away again, in bytes: about what a reply and a few turns take.
PROBE = 1 << 16


class Store:
    """The open database; ``write()`` and ``read()`` lend its connections."""

    def __init__(self, path: Path, added: Sequence[Migrations] = ()) -> None:
        """Open it and bring it up to date: by the store's own migrations, then by those ``added``."""
        self.path = path
        self._lock = threading.RLock()
        self._closed = False
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        with self._clear_errors():
            self._writer = Database(sqlite3.connect(path, check_same_thread=False))
            self._writer.conn.row_factory = sqlite3.Row
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
                self._writer.execute("PRAGMA synchronous = NORMAL")
                # What is deleted is not to be read in the file any more.
                self._writer.execute("PRAGMA secure_delete = ON")
                self._migrate(added)
            except BaseException:
                self._writer.close()
                raise
        self._refusal: StoreError | None = None
        self._place = self._found()

    def _migrate(self, added: Sequence[Migrations]) -> None:
        pending = [one.name for steps in (migrations, *added) for one in steps.pending(self._writer)]
        if is_newer(self._writer, added):
            raise StoreError("The database {path} was written by a newer studio. Update this one.", path=self.path)
        if pending and migrations.applied(self._writer):
            self._backup(self.path.with_suffix(f".before-{pending[0]}.db"))
        for steps in (migrations, *added):
            steps.apply(self._writer)

    def _backup(self, target: Path) -> None:
        with closing(sqlite3.connect(target)) as copy:
            self._writer.conn.backup(copy)

    @contextmanager
    def write(self) -> Iterator[Database]:
        """Lend the writing connection inside a transaction; nested calls in one thread are savepoints."""
        try:
            with self._lock, self._clear_errors(), self._writer.atomic():
                yield self._writer
        except StoreError as error:
            self._refusal = error
            raise
        self._refusal = None

    @property
    def problem(self) -> StoreError | None:
        """Why nothing can be written just now, if so: where the last write was refused, another one is tried."""
        if self._refusal and self._lock.acquire(blocking=False):
            try:
                with suppress(StoreError), self.write() as db:
                    db.execute("CREATE TABLE probe AS SELECT zeroblob(?)", (PROBE,))
                    db.execute("DROP TABLE probe")
            finally:
                self._lock.release()
        return self._refusal

    def settle(self) -> None:
        """Bring what was written into the file itself, so that no older copy of it stays beside it."""
        with self._lock, self._clear_errors():
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def is_in_place(self) -> bool:
        """Whether the file is the one that was opened: one that was deleted takes what is written all the same."""
        return self._place == self._found()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a read-only connection that sees everything committed so far."""
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            uri = f"{self.path.as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            connection.row_factory = sqlite3.Row
        try:
            with self._clear_errors():
                yield connection
        finally:
            self._readers.put(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a read-only connection that sees the database as it is now, whatever is written meanwhile."""
        with self.read() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    def copy_to(self, target: Path) -> None:
        """Copy the database as it is now, while others read and write it."""
        with self.read() as connection, self._clear_errors(), closing(sqlite3.connect(target)) as copy:
            connection.backup(copy)

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if self._closed:
                raise StoreError("The studio is shutting down.") from None
            # Wrong SQL, wrong values and broken constraints are mistakes of ours, not a state of the file; an error of
            # the module's own, such as about a value, has no code.
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF in (
                sqlite3.SQLITE_ERROR,
                sqlite3.SQLITE_CONSTRAINT,
                sqlite3.SQLITE_MISUSE,
            ):
                raise
            raise StoreError("The database {path} cannot be used: {cause}.", path=self.path, cause=error) from error

    def close(self) -> None:
        """Close every connection; the WAL is folded into the file."""
        self._closed = True
        with self._lock:
            while not self._readers.empty():
                self._readers.get_nowait().close()
            self._writer.close()
