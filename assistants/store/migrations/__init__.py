"""The shape of the database, as steps that are only ever added, never edited: one file of SQL each, by their names.

Each runs once, in a transaction with its own record (sqlite-utils' ``Migrations``). Times are ISO 8601 text in UTC,
JSON is text, ids are 32 hex digits that sort by time. Knows nothing about what the rows are used for.
"""

from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database, Migrations

from assistants.store.fulltext import indexable
from assistants.store.renaming import rename_model


def index_words(db: Database) -> None:
    """Make the words of the jobs that have ended anew."""
    ended = db.execute("SELECT number, input, output FROM jobs WHERE status NOT IN ('queued', 'running', 'stopping')")
    db.conn.executemany(
        "INSERT INTO words (rowid, text) VALUES (?, ?)", ((row[0], indexable(row[1], row[2])) for row in ended)
    )


def name_mini(db: Database) -> None:
    """Give the small model its name, and write down that the home was in use before there was a better one."""
    was_used = any(db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in ("jobs", "drafts", "settings"))
    rename_model(db, "local:starter", "local:mini")
    if was_used:
        moment = "strftime('%Y-%m-%dT%H:%M:%fZ')"
        db.execute(f"INSERT INTO settings (name, value, changed) VALUES ('was_used', 'true', {moment})")


def index_reasoning(db: Database) -> None:
    """Make the words of the jobs whose model reasoned anew."""
    reasoned = db.execute("SELECT number, input, output, reasoning FROM jobs WHERE reasoning != ''").fetchall()
    db.conn.executemany(
        "INSERT OR REPLACE INTO words (rowid, text) VALUES (?, ?)", ((row[0], indexable(*row[1:])) for row in reasoned)
    )


# What is done to the rows once a step has changed the tables.
THEN = {"m004_finding": index_words, "m090_role": name_mini, "m111_reasoning": index_reasoning}


def _step(file: Path) -> Callable[[Database], None]:
    def step(db: Database) -> None:
        db.executescript(file.read_text(encoding="utf-8"))
        if then := THEN.get(file.stem):
            then(db)

    return step


migrations = Migrations("studio")
for file in sorted(Path(__file__).parent.glob("*.sql")):
    migrations(name=file.stem)(_step(file))
