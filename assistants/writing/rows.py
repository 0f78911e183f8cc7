"""The rows that people have of writing: drafts with all their versions, and what an export has of them."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from assistants.history.export import SLUG, slug
from assistants.store.documents import markdown
from assistants.store.row_kinds import Entry, Hit, Part, RowKind

DRAFTS = "SELECT * FROM drafts WHERE deleted IS NULL AND (:owner IS NULL OR owner = :owner) ORDER BY id"
VERSIONS = """
    SELECT draft_versions.*, jobs.model_sha256 FROM draft_versions LEFT JOIN jobs ON jobs.id = draft_versions.job
    WHERE draft = ? ORDER BY draft_versions.number
"""


def _find(studio: Any, owner: str, q: str, limit: int) -> Iterable[Hit]:
    """Find the owner's drafts by name, brief and text."""
    return [Hit(one.id, one.name, time=one.updated) for one in studio.history.drafts.list(owner, q, limit=limit)]


def _exported(db: Any, owner: str | None) -> Iterator[Entry]:
    """Yield every version of the drafts as JSON Lines, and each draft as it stands as Markdown."""
    drafts = db.execute(DRAFTS, {"owner": owner}).fetchall()
    if drafts:
        yield Entry("drafts.jsonl", (_line(db, draft) for draft in drafts))
    for draft in drafts:
        name = f"drafts/{draft['created'][:10]}-{slug(draft['name'])[:SLUG]}-{draft['id'][-12:]}.md"
        yield Entry(name, text=partial(_text, db, draft["version"]), id=draft["id"])


def _line(db: Any, draft: Any) -> bytes:
    fields = {name: draft[name] for name in ("id", "name", "version", "created", "updated")}
    versions = [
        {**row, "changed": json.loads(row["changed"]), "document": json.loads(row["document"])}
        for row in map(dict, db.execute(VERSIONS, (draft["id"],)))
    ]
    data = {**fields, "brief": json.loads(draft["brief"]), "versions": versions}
    return json.dumps(data, ensure_ascii=False).encode() + b"\n"


def _text(db: Any, version: str) -> str:
    document = db.execute("SELECT document FROM draft_versions WHERE id = ?", (version,)).fetchone()[0]
    return markdown(json.loads(document))


ROWS = (
    RowKind(
        "draft",
        "drafts",
        tab="writing",
        parameters=("draft",),
        icon="spark",
        find=_find,
        order=2,
        is_recent=True,
        title="name",
        parts=(Part("draft_versions", "draft", "drafts"),),
        export=_exported,
        uploads="SELECT document FROM draft_versions JOIN drafts ON drafts.id = draft WHERE owner = ?",
    ),
)
