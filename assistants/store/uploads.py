"""Uploads that nobody uses: which they are, and how much room those have that are there.

An upload is used while a row names it, such as an item or a version of a draft. Knows nothing about where the bytes of
files are.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from assistants.errors import InvalidInput
from assistants.principals import Principal, of_owner
from assistants.store.quotas import rooms
from assistants.store.row_kinds import RowKinds

# Unused ones go at a start after so many days, and after an hour where there is no room for others.
DAYS, HOURS = 7, 1
# What even an empty file takes.
LEAST = 4096
ID = re.compile("[0-9a-f]{32}")
UPLOADS = "FROM files WHERE job IS NULL"


def before(**ago: float) -> str:
    """Return a moment as files have it, some time ago."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def has_room(db: Any, who: Principal, quota: int, size: int) -> bool:
    """Say whether an upload of ``size`` bytes fits into the rooms of ``who``; ``quota`` is one visitor's."""
    wanted = rooms(who, quota)
    sizes = db.execute(f"SELECT owner, sum(max(size, {LEAST})) {UPLOADS} GROUP BY owner").fetchall() if wanted else []
    return all(sum(used for one, used in sizes if room.is_of(of_owner(one))) + size <= room.limit for room in wanted)


def check_room(db: Any, who: Principal, quota: int, size: int) -> None:
    """Raise ``InvalidInput`` where there is no room for an upload."""
    if not has_room(db, who, quota, size):
        template = (
            "There is no room for the file: uploads may take {limit} MB. Those that nothing uses go by themselves."
        )
        raise InvalidInput("file", template, limit=quota >> 20)


def forget_unused(db: Any, kinds: RowKinds, until: str, is_of: Callable[[str], bool]) -> list[str]:
    """Drop the rows of uploads of some owners, made before a moment, that nothing uses; return their ids."""
    made = [row for row in db.execute(f"SELECT id, owner {UPLOADS} AND created < ?", (until,)) if is_of(row["owner"])]
    used: set[str] = set()
    for owner in {row["owner"] for row in made}:
        for sql in filter(None, (kind.uploads for kind in kinds)):
            used.update(*(ID.findall(row[0] or "") for row in db.execute(sql, (owner,))))
    unused = [row["id"] for row in made if row["id"] not in used]
    db.conn.executemany("DELETE FROM files WHERE id = ?", ((one,) for one in unused))
    return unused
