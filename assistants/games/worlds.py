"""Worlds as they are kept: documents with every version they ever had, and the games that are played in them.

Nothing is overwritten but what the same job wrote before. A game is its commands: to undo one is to play the others
again. Every call takes the owner and answers ``NotFound`` for what is not theirs. Knows nothing about models, nor what
makes a document good.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assistants.errors import Conflict, InvalidInput, NotFound
from assistants.games.content import KINDS, MAX_DOCUMENT, Document, Element, by_id, problem, revision
from assistants.requests import check_characters, one_line
from assistants.store import Store, new_id, now
from assistants.store.fulltext import escape_like

MAX_NAME = 80
LIMIT = 200
MOST_COMMANDS = 5000
# In one world: the one that was left alone longest goes.
MOST_GAMES = 50

NONE = "There is no such world."
NOWHERE = "This world has no place to begin. Add a location first."
CHANGED = "This was changed meanwhile. Look at it again and repeat the change."
LOCKED = "{id} is locked."


@dataclass(frozen=True)
class Line:
    """A line of the list of worlds."""

    id: str
    name: str
    language: str
    counts: dict[str, int]
    created: str
    updated: str


@dataclass(frozen=True)
class World:
    """A world as it stands; ``version`` is what a change is based on, ``revisions`` stand for each thing by its id."""

    id: str
    name: str
    version: str
    document: Document
    created: str
    updated: str

    @property
    def revisions(self) -> dict[str, str]:
        """What stands for each thing as it is."""
        return {id: revision(element) for id, (_, element) in by_id(self.document).items()}


@dataclass(frozen=True)
class Version:
    """A version of a world, without its document."""

    id: str
    parent: str | None
    cause: str
    job: str | None
    model: str | None
    created: str
    current: bool


@dataclass(frozen=True)
class Alternate:
    """Something that a field of a thing said in another version."""

    version: str
    value: str
    cause: str
    model: str | None
    created: str


@dataclass(frozen=True)
class Game:
    """A game as it is kept: the world's version at its beginning, and what was done since."""

    id: str
    world: str
    version: str
    name: str
    commands: list[str]
    created: str
    updated: str


class Worlds:
    """The worlds of every owner; nobody reaches another's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(
        self, owner: str, document: Document, cause: str, job: str | None = None, model: str | None = None
    ) -> str:
        """Keep a new world; returns its id. Raises ``InvalidInput`` for a document that is none."""
        world, version, moment = new_id(), new_id(), now()
        name = one_line(document["name"], MAX_NAME)
        row = {"id": world, "owner": owner, "name": name, "version": version, "created": moment, "updated": moment}
        with self._store.write() as db:
            db.table("worlds").insert(row)
            _insert(db, version, world, None, document, (cause, job, model))
        return world

    def get(self, id: str, owner: str) -> World:
        """Return the owner's world as it stands."""
        with self._store.read() as db:
            return _world(db, id, owner)

    def rename(self, id: str, owner: str, name: str) -> None:
        """Give a world another name."""
        line = one_line(name, MAX_NAME)
        self.change(id, owner, lambda document: document.update(name=line), "edit")

    def delete(self, id: str, owner: str) -> None:
        """Move a world into the trash, from where it comes back with all its versions and games."""
        with self._store.write() as db:
            _world(db, id, owner)
            db.execute("UPDATE worlds SET deleted = ? WHERE id = ?", (now(), id))

    # Changes

    def change(
        self,
        id: str,
        owner: str,
        do: Callable[[Document], Any],
        cause: str,
        job: str | None = None,
        model: str | None = None,
    ) -> World:
        """Let ``do`` change the document as it stands now, and keep that as a version; a job's changes share one.

        Nothing is kept where ``do`` raises, or what it leaves is no world any more (``InvalidInput``).
        """
        with self._store.write() as db:
            world = _world(db, id, owner)
            before = json.dumps(world.document)
            do(world.document)
            if json.dumps(world.document) == before:
                return world
            if wrong := problem(world.document):
                raise InvalidInput("fields", "{field} is not valid: {problem}.", problem=wrong)
            _keep(db, world, (cause, job, model))
            return _world(db, id, owner)

    def edit(
        self, id: str, owner: str, element: str, fields: dict[str, Any], based_on: str, locked: bool | None = None
    ) -> World:
        """Change fields of a thing as a person wants them; raises ``Conflict`` where it was changed meanwhile."""
        check_characters(fields, "fields")

        def do(document: Document) -> None:
            thing = element_of(document, element)
            if revision(thing) != based_on:
                raise Conflict(CHANGED)
            if thing["locked"] and locked is not False and fields:
                raise Conflict(LOCKED, id=element)
            _set(thing, fields)
            if locked is not None:
                thing["locked"] = locked

        return self.change(id, owner, do, "edit")

    def replace(
        self, id: str, owner: str, before: Document, after: Document, cause: str, job: str | None = None
    ) -> World:
        """Let a document be another, if it is still what it was ``before``; else ``Conflict``."""

        def do(document: Document) -> None:
            if document != before:
                raise Conflict(CHANGED)
            document.clear()
            document.update(after)

        return self.change(id, owner, do, cause, job)

    def remove(self, id: str, owner: str, element: str) -> World:
        """Take a thing out of a world; whoever does so has what names it mended."""

        def do(document: Document) -> None:
            thing = element_of(document, element)
            if thing["locked"]:
                raise Conflict(LOCKED, id=element)
            for kind in KINDS:
                document[kind] = [one for one in document[kind] if one is not thing]

        return self.change(id, owner, do, "edit")

    # Versions

    def versions(self, id: str, owner: str, limit: int = LIMIT) -> list[Version]:
        """Return the versions of a world, the newest first."""
        sql = """
            SELECT id, parent, cause, job, model, created FROM world_versions
            WHERE world = ? ORDER BY rowid DESC LIMIT ?
        """
        with self._store.read() as db:
            current = _world(db, id, owner).version
            return [Version(**row, current=row["id"] == current) for row in db.execute(sql, (id, limit))]

    def version(self, id: str, owner: str, version: str) -> Document:
        """Return the document of a version."""
        with self._store.read() as db:
            _world(db, id, owner)
            return _document(db, id, version)

    def restore(self, id: str, owner: str, version: str) -> World:
        """Make what a version says the current one; what came after it stays."""
        document = self.version(id, owner, version)
        return self.change(id, owner, lambda current: current.update(document), "restore")

    def alternates(self, id: str, owner: str, element: str, field: str) -> list[Alternate]:
        """Return what a field of a thing said in other versions, each wording once, the newest first."""
        sql = """
            SELECT id, cause, model, created, document FROM world_versions WHERE world = ? ORDER BY rowid DESC LIMIT ?
        """
        with self._store.read() as db:
            now_ = _text(_world(db, id, owner).document, element, field)
            rows = db.execute(sql, (id, LIMIT)).fetchall()
        seen, found = {now_}, []
        for row in rows:
            value = _text(json.loads(row["document"]), element, field)
            if value is not None and value not in seen:
                seen.add(value)
                found.append(Alternate(row["id"], value, row["cause"], row["model"], row["created"]))
        return found

    # Games

    def begin(self, id: str, owner: str, name: str = "") -> Game:
        """Begin a game in a world; the oldest goes where there are too many."""
        game, moment = new_id(), now()
        with self._store.write() as db:
            world = _world(db, id, owner)
            if world.document["start"] is None:
                raise Conflict(NOWHERE)
            name = one_line(name, MAX_NAME) if name.strip() else world.name
            row = {"id": game, "world": id, "version": world.version, "name": name, "commands": "[]"}
            db.table("games").insert(row | {"created": moment, "updated": moment})
            db.execute(
                "DELETE FROM games WHERE world = ? AND id NOT IN"
                " (SELECT id FROM games WHERE world = ? ORDER BY updated DESC, id DESC LIMIT ?)",
                (id, id, MOST_GAMES),
            )
        return self.game(id, owner, game)

    def games(self, id: str, owner: str) -> list[Game]:
        """Return the games that are played in a world, the latest first."""
        with self._store.read() as db:
            _world(db, id, owner)
            return [
                _game(row) for row in db.execute("SELECT * FROM games WHERE world = ? ORDER BY updated DESC", (id,))
            ]

    def game(self, id: str, owner: str, game: str) -> Game:
        """Return a game or raise ``NotFound``."""
        with self._store.read() as db:
            _world(db, id, owner)
            row = db.execute("SELECT * FROM games WHERE id = ? AND world = ?", (game, id)).fetchone()
        if row is None:
            raise NotFound("There is no such game.")
        return _game(row)

    def play(self, id: str, owner: str, game: str, commands: list[str], before: list[str]) -> Game:
        """Let the commands of a game be these, if they still are what they were ``before``; else ``Conflict``."""
        if len(commands) > MOST_COMMANDS:
            raise InvalidInput("command", "A game may have at most {limit} commands.", limit=MOST_COMMANDS)
        with self._store.write() as db:
            if self.game(id, owner, game).commands != before:
                raise Conflict(CHANGED)
            db.execute("UPDATE games SET commands = ?, updated = ? WHERE id = ?", (json.dumps(commands), now(), game))
        return self.game(id, owner, game)

    def list(self, owner: str, q: str = "", limit: int = LIMIT) -> list[Line]:
        """Return the owner's worlds whose name or text holds ``q``, the latest first."""
        sql = r"""
            SELECT worlds.id, name, document, worlds.created, updated FROM worlds
            JOIN world_versions ON world_versions.id = version
            WHERE owner = :owner AND deleted IS NULL
            AND (:like = '%%' OR name LIKE :like ESCAPE '\' OR document LIKE :like ESCAPE '\')
            ORDER BY updated DESC, worlds.id DESC LIMIT :limit
        """
        with self._store.read() as db:
            rows = db.execute(sql, {"owner": owner, "like": f"%{escape_like(q.strip())}%", "limit": limit}).fetchall()
        return [_line(row) for row in rows]


def element_of(document: Document, id: str) -> Element:
    """Return a thing of a document or raise ``NotFound``."""
    if found := by_id(document).get(id):
        return found[1]
    raise NotFound("There is no such thing in this world.")


def _set(thing: Element, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name in ("id", "locked", "by") or name not in thing:
            raise InvalidInput("fields", "{field} may not name {name}.", name=name[:60])
        if thing[name] != value:
            thing[name] = value
            thing["by"][name] = "person"


def _text(document: Document, id: str, field: str) -> str | None:
    value = by_id(document).get(id, ("", {}))[1].get(field)
    return value if isinstance(value, str) else None


def _world(db: Any, id: str, owner: str) -> World:
    sql = "SELECT * FROM worlds WHERE id = ? AND owner = ? AND deleted IS NULL"
    row = db.execute(sql, (id, owner)).fetchone()
    if row is None:
        raise NotFound(NONE)
    values = {name: row[name] for name in ("id", "name", "version", "created", "updated")}
    return World(**values, document=_document(db, id, row["version"]))


def _document(db: Any, world: str, version: str) -> Document:
    row = db.execute("SELECT document FROM world_versions WHERE id = ? AND world = ?", (version, world)).fetchone()
    if row is None:
        raise NotFound("There is no such version.")
    return json.loads(row["document"])


def _insert(db: Any, version: str, world: str, parent: str | None, document: Document, made: tuple[Any, ...]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    if len(text) > MAX_DOCUMENT:
        raise InvalidInput("world", "{field} may hold at most {max_length} characters.", max_length=MAX_DOCUMENT)
    row = dict(zip(("cause", "job", "model"), made, strict=True))
    row |= {"id": version, "world": world, "parent": parent, "document": text, "created": now()}
    db.table("world_versions").insert(row)


def _keep(db: Any, world: World, made: tuple[Any, ...]) -> None:
    """Keep a changed document: as a version of its own, or in place of what the same job has written so far."""
    version, job = world.version, made[1]
    row = db.execute("SELECT job FROM world_versions WHERE id = ?", (version,)).fetchone()
    if job and row["job"] == job:
        text = json.dumps(world.document, ensure_ascii=False)
        db.execute("UPDATE world_versions SET document = ? WHERE id = ?", (text, version))
    else:
        version = new_id()
        _insert(db, version, world.id, world.version, world.document, made)
    values = (one_line(world.document["name"], MAX_NAME), version, now(), world.id)
    db.execute("UPDATE worlds SET name = ?, version = ?, updated = ? WHERE id = ?", values)


def _line(row: Any) -> Line:
    document = json.loads(row["document"])
    counts = {kind: len(document[kind]) for kind in KINDS}
    return Line(row["id"], row["name"], document["language"], counts, row["created"], row["updated"])


def _game(row: Any) -> Game:
    return Game(**{**row, "commands": json.loads(row["commands"])})
