"""The rows that people have of games: worlds with their versions and games, their tables, and what an export has."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlite_utils import Database, Migrations

from assistants.games.worlds import Worlds
from assistants.store.row_kinds import Entry, Hit, Part, RowKind

steps = Migrations("games")


@steps()
def m001_worlds(db: Database) -> None:
    """Worlds with their versions, and the games that are played in them."""
    db.executescript("""
        CREATE TABLE worlds (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            deleted TEXT
        );
        CREATE INDEX worlds_owner ON worlds (owner, updated);
        CREATE TABLE world_versions (
            id TEXT PRIMARY KEY,
            world TEXT NOT NULL REFERENCES worlds (id),
            parent TEXT,
            cause TEXT NOT NULL,
            job TEXT,
            model TEXT,
            document TEXT NOT NULL,
            created TEXT NOT NULL
        );
        CREATE INDEX world_versions_world ON world_versions (world, id);
        CREATE TABLE games (
            id TEXT PRIMARY KEY,
            world TEXT NOT NULL REFERENCES worlds (id),
            version TEXT NOT NULL,
            name TEXT NOT NULL,
            commands TEXT NOT NULL,
            created TEXT NOT NULL,
            updated TEXT NOT NULL
        );
        CREATE INDEX games_world ON games (world, id);
    """)


def _find(studio: Any, owner: str, q: str, limit: int) -> Iterable[Hit]:
    found = Worlds(studio.history.store).list(owner, q, limit)
    return [Hit(one.id, one.name, time=one.updated) for one in found]


def _exported(db: Any, owner: str | None) -> Iterator[Entry]:
    """Yield every version of the worlds, and the games in them, as JSON Lines."""
    sql = "SELECT * FROM worlds WHERE deleted IS NULL AND (:owner IS NULL OR owner = :owner) ORDER BY id"
    worlds = db.execute(sql, {"owner": owner}).fetchall()
    if worlds:
        yield Entry("worlds.jsonl", (_exported_line(db, row) for row in worlds))


def _exported_line(db: Any, world: Any) -> bytes:
    fields = {name: world[name] for name in ("id", "name", "version", "created", "updated")}
    versions = [
        {**row, "document": json.loads(row["document"])}
        for row in db.execute("SELECT * FROM world_versions WHERE world = ? ORDER BY rowid", (world["id"],))
    ]
    sql = "SELECT * FROM games WHERE world = ? ORDER BY id"
    games = [{**row, "commands": json.loads(row["commands"])} for row in db.execute(sql, (world["id"],))]
    return json.dumps({**fields, "versions": versions, "games": games}, ensure_ascii=False).encode() + b"\n"


ROWS = (
    RowKind(
        "world",
        "worlds",
        tab="games",
        parameters=("world",),
        icon="dice",
        find=_find,
        is_recent=True,
        order=6,
        title="name",
        parts=(Part("world_versions", "world", "worlds"), Part("games", "world", "worlds")),
        export=_exported,
        migrations=steps,
    ),
)
