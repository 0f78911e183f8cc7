"""What is set for the whole studio while it runs: one row for each name.

Knows nothing about what the names mean, who may set them, or what the environment says.
"""

import json
from typing import Any

from assistants.store import Store, now


class StoredSettings:
    """The table ``settings``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> dict[str, Any]:
        """Return what is set."""
        with self._store.read() as db:
            return {row["name"]: json.loads(row["value"]) for row in db.execute("SELECT name, value FROM settings")}

    def put(self, values: dict[str, Any]) -> None:
        """Set all of ``values``; None takes one back."""
        with self._store.write() as db:
            for name, value in values.items():
                db.execute("DELETE FROM settings WHERE name = ?", (name,))
                if value is not None:
                    row = {"name": name, "value": json.dumps(value, ensure_ascii=False), "changed": now()}
                    db.table("settings").insert(row)
