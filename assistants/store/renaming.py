"""Renames a model in all that is stored, where it is named as the model: what people wrote stays as it is.

Knows the columns and the fields of JSON that name models; knows nothing about which models there are.
"""

import json
from typing import Any

from sqlite_utils import Database

COLUMNS = (("jobs", "model"), ("draft_versions", "model"))
# Table, the columns that tell its rows apart, and the columns that hold JSON.
DOCUMENTS = (
    ("jobs", ("number",), ("request", "result")),
    ("events", ("job", "number"), ("data",)),
    ("draft_versions", ("number",), ("document",)),
    ("experiments", ("id",), ("request",)),
)
FIELDS = ("model", "models")


def rename_model(db: Database, old: str, new: str) -> None:
    """Call the model ``old`` (``provider:model``) ``new`` wherever it is named."""
    for table, column in COLUMNS:
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, old))
    db.execute(
        "UPDATE settings SET value = ? WHERE name = 'text_model' AND value = ?", (json.dumps(new), json.dumps(old))
    )
    for table, keys, columns in DOCUMENTS:
        for column in columns:
            _rename_in(db, table, keys, column, old, new)


def _rename_in(db: Database, table: str, keys: tuple[str, ...], column: str, old: str, new: str) -> None:
    found = db.execute(
        f"SELECT {column}, {', '.join(keys)} FROM {table} WHERE {column} LIKE ?", (f'%"{old}"%',)
    ).fetchall()
    where = " AND ".join(f"{key} = ?" for key in keys)
    for text, *values in found:
        document = json.dumps(_renamed(json.loads(text), None, old, new), ensure_ascii=False)
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (document, *values))


def _renamed(value: Any, field: str | None, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(inner, name, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, field, old, new) for inner in value]
    return new if value == old and field in FIELDS else value
