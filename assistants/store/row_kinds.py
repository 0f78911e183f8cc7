"""Kinds of rows that people have: one registration for each.

The module whose rows they are declares it; the trash, the palette, the export, erasing, the search for uploads that
nobody uses, and the page read what all of them have declared. Knows nothing about which kinds there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Migrations

from assistants.store.connection import Store

# Ids of rows, by table.
Ids = dict[str, set[str]]


@dataclass(frozen=True)
class Part:
    """Rows of ``table`` that go for good with those of the table ``of`` that ``column`` names.

    It names them by their ids, or by another column of theirs, ``key``.
    """

    table: str
    column: str
    of: str
    key: str = ""

    @property
    def where(self) -> str:
        """The condition for the rows that go with those of the JSON list ``:ids``."""
        ids = "(SELECT value FROM json_each(:ids))"
        return f"{self.column} IN " + (f"(SELECT {self.key} FROM {self.of} WHERE id IN {ids})" if self.key else ids)


@dataclass(frozen=True)
class Hit:
    """A row that was found; ``assistant`` is the one that made it, where the row opens in that one's tab."""

    id: str
    title: str
    detail: str = ""
    time: str | None = None
    assistant: str | None = None


@dataclass(frozen=True)
class Entry:
    """A file of the export, made when it is written: ``lines`` of JSON, or the row ``id`` as a ``text`` in Markdown."""

    name: str
    lines: Iterable[bytes] = ()
    text: Callable[[], str] | None = None
    id: str = ""


@dataclass(frozen=True)
class RowKind:
    """A kind of row: what it is called, and what can be done with a row that has an id and, as a rule, an owner.

    Where one opens: ``tab``, the ``parameters`` of an address that lead there, of which the first names the row, and an
    ``icon``. The palette finds it by ``find(studio, owner, q, limit)``, before anything was typed if ``is_recent``, and
    lists it below the text ``palette.<name>``, in the ``order`` of the kinds.

    The column ``deleted`` puts a row into the trash, where a line shows ``title`` and how many ``items`` it holds, both
    SQL, and the text ``trash.<name>``; without a title there is no trash. Not every row may lie there by itself: those
    that do come ``from_rows``, SQL with the columns ``id``, ``owner`` and ``deleted``. ``restore(store, id, owner)`` is
    for where it takes more than to empty the column.

    For good, ``parts`` go with the rows that they name, of this table or another, and the file at ``path`` in the home
    folder. ``export(db, owner)`` yields what an export has of it beside the items. ``uploads`` is SQL for the texts of
    an owner (``?``) that name the uploads in use. ``migrations`` make the table, where the store's own do not.
    """

    name: str
    table: str
    owner: str = "owner"
    id: str = "id"
    tab: str = ""
    parameters: tuple[str, ...] = ()
    icon: str = ""
    find: Callable[[Any, str, str, int], Iterable[Hit]] | None = None
    is_recent: bool = False
    order: int = 100
    title: str = ""
    items: str = "NULL"
    from_rows: str = ""
    restore: Callable[[Store, str, str], None] | None = None
    parts: tuple[Part, ...] = ()
    path: str = ""
    export: Callable[[Any, str | None], Iterable[Entry]] | None = None
    uploads: str = ""
    migrations: Migrations | None = None

    @property
    def trashed(self) -> str:
        """The rows that lie in the trash by themselves, as SQL to go on with AND."""
        return f"FROM {self.from_rows or self.table} WHERE deleted IS NOT NULL"


class RowKinds:
    """All kinds of rows of a studio, in the order of the palette."""

    def __init__(self, kinds: Iterable[RowKind]) -> None:
        self._kinds = sorted(kinds, key=lambda kind: kind.order)
        # What goes with the rows of every kind.
        self.parts = [part for kind in self._kinds for part in kind.parts]
        self._tables = {kind.table: kind for kind in self._kinds if kind.id}

    def __iter__(self) -> Iterator[RowKind]:
        return iter(self._kinds)

    @property
    def in_trash(self) -> list[RowKind]:
        """The kinds that the trash holds."""
        return [kind for kind in self._kinds if kind.title]

    @property
    def migrations(self) -> list[Migrations]:
        """The steps that make the tables which are not the store's own."""
        return list(dict.fromkeys(kind.migrations for kind in self._kinds if kind.migrations))

    def with_parts(self, db: Any, rows: Mapping[str, Iterable[str]]) -> Ids:
        """Return these rows and all that go with them, as far as they have an id of their own."""
        found: Ids = {}
        waiting = [(table, set(ids)) for table, ids in rows.items()]
        while waiting:
            table, ids = waiting.pop()
            new = ids - found.setdefault(table, set())
            found[table] |= new
            for part in self.parts if new else ():
                if part.of == table and part.table in self._tables:
                    sql = f"SELECT {self._tables[part.table].id} FROM {part.table} WHERE {part.where}"
                    waiting.append((part.table, {row[0] for row in db.execute(sql, _listed(new))}))
        return found

    def delete(self, db: Any, rows: Ids) -> list[str]:
        """Delete rows for good with what goes with them; return the paths to delete, once it is through, in the home.

        ``rows`` are as ``with_parts`` returns them; those of a table that is no kind's stay.
        """
        for part in self.parts:
            if rows.get(part.of) and part.table not in self._tables:
                db.execute(f"DELETE FROM {part.table} WHERE {part.where}", _listed(rows[part.of]))
        paths = []
        for table, ids in rows.items():
            if kind := self._tables.get(table):
                db.execute(f"DELETE FROM {table} WHERE {kind.id} IN (SELECT value FROM json_each(:ids))", _listed(ids))
                paths += [kind.path.format(id=one) for one in ids if kind.path]
        return paths

    def erase(self, db: Any, owner: str) -> list[str]:
        """Delete for good all that an owner has; return the paths to delete, once it is through, in the home."""
        own: Ids = {}
        for kind in self._kinds:
            if kind.owner and kind.id:
                rows = db.execute(f"SELECT {kind.id} FROM {kind.table} WHERE {kind.owner} = ?", (owner,))
                own[kind.table] = {row[0] for row in rows}
            elif kind.owner:
                db.execute(f"DELETE FROM {kind.table} WHERE {kind.owner} = ?", (owner,))
        return self.delete(db, self.with_parts(db, own))


def _listed(ids: Iterable[str]) -> dict[str, str]:
    return {"ids": json.dumps(list(ids))}
