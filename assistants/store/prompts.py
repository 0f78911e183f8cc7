"""The rows of prompt templates: what each owner made or changed, every version of it, and what the studio shipped.

A version is an exact text, known by its hash. Knows nothing about what a text says, nor about files.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assistants.errors import InvalidInput, NotFound
from assistants.store import Store, new_id, now

# Owns the built-in texts.
SHIPPED = ""

MINE = "SELECT id FROM prompts WHERE owner = :owner AND name = :name AND deleted IS NULL"
# The owner's versions and the shipped ones, the latest first.
VERSIONS = """
    SELECT prompt_versions.*, prompts.owner = '' AS is_shipped
    FROM prompt_versions JOIN prompts ON prompts.id = prompt_versions.prompt
    WHERE prompts.name = :name AND prompts.owner IN (:owner, '') AND {which}
    ORDER BY is_shipped, prompt_versions.number DESC
"""
SHIPPED_VERSIONS = """
    SELECT name, version FROM prompt_versions JOIN prompts ON prompts.id = prompt_versions.prompt WHERE owner = ''
"""
CURRENT = """
    SELECT name, (
        SELECT source FROM prompt_versions JOIN prompts AS its ON its.id = prompt_versions.prompt
        WHERE its.name = prompts.name AND its.owner IN (prompts.owner, '') AND version = prompts.in_use LIMIT 1
    ) AS source
    FROM prompts WHERE owner = ? AND deleted IS NULL
"""
USES = """
    SELECT json_extract(request, '$.template_version') AS version, count(*) AS count
    FROM jobs INDEXED BY jobs_shown WHERE owner = ? AND deleted IS NULL AND template = ? GROUP BY version
"""


@dataclass(frozen=True)
class Version:
    """One text of a template; a shipped one came with this studio or an earlier one."""

    version: str
    source: str
    note: str
    created: str
    is_shipped: bool


class PromptVersions:
    """The prompt templates of every owner; nobody reaches another's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ship(self, texts: Iterable[tuple[str, str, str]]) -> None:
        """Keep the built-in texts, each as (name, version, source)."""
        with self._store.write() as db:
            known = {tuple(row) for row in db.execute(SHIPPED_VERSIONS)}
            for name, version, source in texts:
                if (name, version) not in known:
                    self._insert(db, self._ensure(db, SHIPPED, name), version, source, "")

    def current(self, owner: str) -> dict[str, str | None]:
        """Return the text in use of each template that the owner made or changed; None is the built-in one."""
        with self._store.read() as db:
            return {row["name"]: row["source"] for row in db.execute(CURRENT, (owner,))}

    def in_use(self, name: str, owner: str) -> str | None:
        """Return the version in use; None is the built-in one."""
        with self._store.read() as db:
            row = db.execute(f"SELECT in_use FROM prompts WHERE id IN ({MINE})", {"owner": owner, "name": name})
            return (row.fetchone() or (None,))[0]

    def versions(self, name: str, owner: str) -> list[Version]:
        """Return the owner's versions, the latest first, then the shipped ones."""
        with self._store.read() as db:
            rows = db.execute(VERSIONS.format(which="deleted IS NULL"), {"owner": owner, "name": name}).fetchall()
        return [_version(row) for row in rows]

    def find(self, name: str, owner: str, version: str) -> Version:
        """Return a version, even of a template in the trash, so that an item can be run again; or ``NotFound``."""
        values = {"owner": owner, "name": name, "version": version}
        with self._store.read() as db:
            row = db.execute(VERSIONS.format(which="version = :version"), values).fetchone()
        if row is None:
            raise NotFound("There is no version {version} of {id}.", version=version, id=name)
        return _version(row)

    def add(self, name: str, owner: str, version: str, source: str, note: str, *, use: bool) -> None:
        """Keep a new text; with ``use``, it is in use from now on."""
        with self._store.write() as db:
            if any(one.version == version for one in self.versions(name, owner)):
                raise InvalidInput("source", "{id} has a version with this text already.", id=name)
            prompt = self._ensure(db, owner, name)
            self._insert(db, prompt, version, source, note)
            if use:
                db.execute("UPDATE prompts SET in_use = ? WHERE id = ?", (version, prompt))

    def use(self, name: str, owner: str, version: str | None) -> None:
        """Say which version is in use; None is the built-in one."""
        with self._store.write() as db:
            if version is not None:
                self.find(name, owner, version)
            db.execute("UPDATE prompts SET in_use = ? WHERE id = ?", (version, self._ensure(db, owner, name)))

    def delete(self, name: str, owner: str) -> str:
        """Move the owner's versions into the trash; return the id that brings them back."""
        with self._store.write() as db:
            row = db.execute(MINE, {"owner": owner, "name": name}).fetchone()
            if row is None:
                raise NotFound("There is no prompt of yours named {id}.", id=name)
            db.execute("UPDATE prompts SET deleted = ? WHERE id = ?", (now(), row["id"]))
        return row["id"]

    def restore(self, prompt: str, owner: str) -> None:
        """Bring a template back from the trash; raises ``InvalidInput`` where its name is taken."""
        with self._store.write() as db:
            row = db.execute(
                "SELECT name FROM prompts WHERE id = ? AND owner = ? AND deleted IS NOT NULL", (prompt, owner)
            ).fetchone()
            if row and db.execute(MINE, {"owner": owner, "name": row["name"]}).fetchone():
                raise InvalidInput("id", "There is a prompt named {id} again. Delete that one first.", id=row["name"])
            db.execute("UPDATE prompts SET deleted = NULL WHERE id = ? AND owner = ?", (prompt, owner))

    def uses(self, name: str, owner: str) -> dict[str | None, int]:
        """Return how many of the owner's items were made with each version; None where none was recorded."""
        with self._store.read() as db:
            return {row["version"]: row["count"] for row in db.execute(USES, (owner, name))}

    @staticmethod
    def _ensure(db: Any, owner: str, name: str) -> str:
        row = db.execute(MINE, {"owner": owner, "name": name}).fetchone()
        if row:
            return row["id"]
        id = new_id()
        # Not by sqlite-utils' insert, which takes five times as long: a first start has hundreds of these.
        db.execute("INSERT INTO prompts (id, owner, name, created) VALUES (?, ?, ?, ?)", (id, owner, name, now()))
        return id

    @staticmethod
    def _insert(db: Any, prompt: str, version: str, source: str, note: str) -> None:
        sql = "INSERT INTO prompt_versions (prompt, version, source, note, created) VALUES (?, ?, ?, ?, ?)"
        db.execute(sql, (prompt, version, source, note, now()))


def _version(row: Any) -> Version:
    return Version(row["version"], row["source"], row["note"], row["created"], bool(row["is_shipped"]))
