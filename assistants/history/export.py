"""What somebody has as one zip that people and programs can read: items as JSON Lines, threads as Markdown, files.

Whatever else the kinds of rows export goes along. Entries are sorted and their times fixed, so that the same rows make
the same bytes on every day. All of it goes through ``provenance``. Knows nothing about how a zip is taken in again:
that is ``backup``.
"""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from assistants import provenance
from assistants.errors import InvalidInput, NotFound
from assistants.history.search import TITLE
from assistants.history.snippets import shorten
from assistants.links import without_bare_hosts
from assistants.markdown.fences import closed
from assistants.markdown.quoting import quoted
from assistants.store import Store
from assistants.store.files import File, Files
from assistants.store.jobs import OPEN, PLAIN_COLUMNS, from_row
from assistants.store.row_kinds import Entry, RowKinds

MAX_SELECTED = 1000
# The first moment that a zip knows.
TIME = (1980, 1, 1, 0, 0, 0)
# In the names of entries, which become names of files.
SLUG, FILE_NAME = 40, 60

# Adds a file to the zip.
Adding = Callable[[zipfile.ZipFile], None]

# ``above`` is the item that the question followed, ``before`` what stood before a continued reply.
ITEM = """
    SELECT jobs.*, reply.conversation, conversations.title, reply.text AS before,
           (SELECT last.job FROM messages AS question JOIN messages AS last ON last.id = question.parent
            WHERE question.id = reply.parent) AS above
    FROM jobs LEFT JOIN messages AS reply ON reply.job = jobs.id
    LEFT JOIN conversations ON conversations.id = reply.conversation
    WHERE jobs.id = ?
"""
CHOSEN = """
    SELECT jobs.id, coalesce(messages.conversation, jobs.id) AS thread FROM jobs
    LEFT JOIN messages ON messages.job = jobs.id
    WHERE jobs.deleted IS NULL
"""


def export(
    store: Store, kinds: RowKinds, files: Files, target: BinaryIO, owner: str | None, ids: list[str] | None
) -> int:
    """Write the owner's (None: everybody's) items that have ended, or those of ``ids``; return how many there were.

    Without ``ids``, all else that the kinds of rows export goes along.
    """
    with store.snapshot() as db:
        chosen = _chosen(db, owner, ids)
        # A thread is what one Markdown file holds: the items of a conversation, or one by itself.
        threads = [
            (thread, [row[0] for row in rows]) for thread, rows in groupby(chosen, key=lambda row: row["thread"])
        ]
        items = sorted(row["id"] for row in chosen)
        entries = [Entry("items.jsonl", (_line(db, files, job) for job in items))]
        entries += (
            Entry(_thread_name(db, jobs[0], thread), text=partial(_markdown, db, jobs)) for thread, jobs in threads
        )
        entries += (one for kind in kinds if ids is None and kind.export for one in kind.export(db, owner))
        parts: list[tuple[str, Adding]] = [(entry.name, partial(_add_entry, entry)) for entry in entries]
        parts += _files(files, items, files.uploads(owner) if ids is None else [])
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for _, add in sorted(parts, key=itemgetter(0)):
                add(archive)
    return len(items)


def _add_entry(entry: Entry, archive: zipfile.ZipFile) -> None:
    if entry.text is None:
        return _add_lines(archive, entry.name, entry.lines)
    text = without_bare_hosts(entry.text()).encode()
    return _add(archive, entry.name, provenance.label("text/markdown", entry.id or _number(text), text))


def _chosen(db: Any, owner: str | None, ids: list[str] | None) -> list[Any]:
    sql, values = CHOSEN, []
    if owner is not None:
        sql, values = f"{sql} AND jobs.owner = ?", [owner]
    if ids is None:
        sql = f"{sql} AND jobs.status NOT IN {OPEN}"
    else:
        if not 1 <= len(ids) <= MAX_SELECTED:
            raise InvalidInput("ids", "{field} must name {low} to {high} items.", low=1, high=MAX_SELECTED)
        sql, values = f"{sql} AND jobs.id IN (SELECT value FROM json_each(?))", [*values, json.dumps(ids)]
    rows = db.execute(f"{sql} ORDER BY thread, jobs.number", values).fetchall()
    if ids is not None and len(rows) < len(set(ids)):
        raise NotFound("There is no such item.")
    return rows


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    with archive.open(_entry(name), "w") as entry:
        entry.write(content)


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, on every system
    info.external_attr = 0o644 << 16
    return info


def _number(content: bytes) -> str:
    """Return the content number of what is made for this export alone."""
    return hashlib.sha256(content).hexdigest()[:32]


# Files


def _files(files: Files, items: list[str], uploads: list[File]) -> Iterator[tuple[str, Adding]]:
    """Yield what the items made, and what people gave in, by the name that each has in the zip."""
    made = [(file, True) for job in items for file in files.of_job(job)]
    for file, is_made in [*made, *((file, False) for file in uploads)]:
        yield _file_name(file), partial(_add_file, file, is_made)


def _add_file(file: File, is_made: bool, archive: zipfile.ZipFile) -> None:
    """Add what an item made, labelled, or what somebody gave in, which is theirs and as it was."""
    if file.path.exists():
        content = file.path.read_bytes()
        _add(archive, _file_name(file), provenance.label(file.type, file.id, content) if is_made else content)


def _file_name(file: File) -> str:
    name = PurePosixPath(slug(file.name))
    return f"files/{file.id}-{name.stem[:FILE_NAME]}{name.suffix[:10]}"


def slug(title: str) -> str:
    """Return ``title`` as part of a file's name, on any system."""
    return re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', "-", title).strip("-.") or "untitled"


# Items


def _add_lines(archive: zipfile.ZipFile, name: str, lines: Iterable[bytes]) -> None:
    """Add a file of JSON Lines; its label goes first and holds the digest of all the rest."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as rest:
        for line in lines:
            digest.update(line)
            rest.write(line)
        rest.seek(0)
        with archive.open(_entry(name), "w", force_zip64=True) as entry:
            entry.write(provenance.jsonl_line(digest.hexdigest()[:32], digest.hexdigest()))
            shutil.copyfileobj(rest, entry, 1 << 20)


def _line(db: Any, files: Files, job_id: str) -> bytes:
    row = db.execute(ITEM, (job_id,)).fetchone()
    job = from_row(row)
    data = {name: getattr(job, name) for name in PLAIN_COLUMNS if name not in ("owner", "after")}
    data |= {"request": job.request, "result": job.result, "usage": job.usage, "error": job.error}
    data |= {"starred": bool(row["starred"]), "conversation": row["conversation"], "title": row["title"]}
    data |= {"above": row["above"], "before": row["before"] or None}
    data["files"] = [{"entry": _file_name(file), "name": file.name, "type": file.type} for file in files.of_job(job_id)]
    return json.dumps(data, ensure_ascii=False).encode() + b"\n"


def _thread_name(db: Any, first: str, thread: str) -> str:
    row = db.execute(ITEM, (first,)).fetchone()
    return f"markdown/{row['created'][:10]}-{slug(_title(row))[:SLUG]}-{thread[-12:]}.md"


def _title(row: Any) -> str:
    return row["title"] or shorten(row["input"], TITLE)


def _markdown(db: Any, jobs: list[str]) -> str:
    blocks: list[str] = []
    for job in jobs:
        row = db.execute(ITEM, (job,)).fetchone()
        blocks.append("---" if blocks else f"# {_title(row)}")
        blocks += [f"**User** · {row['created']}", closed(row["input"])]
        blocks += [f"**{row['model'] or row['assistant']}** · {row['status']} · {row['finished']}"]
        blocks.append(closed(quoted("Reasoning", row["reasoning"])))
        blocks.append(closed((row["before"] or "") + row["output"]))
    return "\n\n".join(filter(None, blocks)) + "\n"
