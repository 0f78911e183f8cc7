"""A database that the studio wrote in November 2026 (after migration 3) opens, with every row readable."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistants import ROWS
from assistants.history import History

OLD = Path(__file__).parent.parent / "data" / "studio-3.db"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    shutil.copy(OLD, tmp_path / "studio.db")
    opened = History(tmp_path, ROWS)
    yield opened
    opened.close()


def old_rows(sql: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(OLD)) as db:
        db.row_factory = sqlite3.Row
        return db.execute(sql).fetchall()


def test_every_job_is_as_it_was(history: History) -> None:
    rows = old_rows("SELECT * FROM jobs WHERE deleted IS NULL")
    assert len(rows) == 10
    for row in rows:
        job = history.jobs.get(row["id"], row["owner"])
        kept = {name: getattr(job, name) for name in ("status", "model", "input", "output", "created", "finished")}
        assert kept == {name: row[name] for name in kept}
        assert job.request == json.loads(row["request"])
        assert history.jobs.events(job.id)
    assert {row["owner"] for row in rows} == {"local", "visitor-1"}
    assert {row["status"] for row in rows} == {"done", "stopped", "failed", "running"}


def test_every_conversation_and_message_is_as_it_was(history: History) -> None:
    for row in old_rows("SELECT * FROM conversations WHERE deleted IS NULL"):
        kept = history.conversations.get(row["id"], row["owner"])
        assert (kept.title, kept.pinned, kept.leaf) == (row["title"], bool(row["pinned"]), row["leaf"])
        assert history.conversations.window(row["id"], row["owner"]).turns
    messages = old_rows(
        "SELECT messages.*, conversations.owner FROM messages JOIN conversations ON conversations.id = conversation"
        " WHERE messages.deleted IS NULL AND conversations.deleted IS NULL"
    )
    assert messages
    for row in messages:
        assert history.conversations.message(row["id"], row["owner"]).text.startswith(row["text"])


def test_files_and_the_trash_are_as_they_were(history: History) -> None:
    for row in old_rows("SELECT * FROM files"):
        assert history.files.get(row["id"], "local").name == row["name"]
    assert {line.kind for line in history.trash.list("local")} == {"conversation", "message"}
    for line in history.trash.list("local"):
        history.trash.restore("local", line.id)
    assert len(history.search("local")) == len(old_rows("SELECT * FROM jobs WHERE owner = 'local'"))


@pytest.mark.parametrize(
    ("q", "found"), [("退款", 2), ("款", 2), ("C++ temp", 1), ("refund", 1), ("caf", 1), ("visitor", 0)]
)
def test_old_items_are_found_by_the_new_words(history: History, q: str, found: int) -> None:
    assert len(history.search("local", q=q)) == found


def test_old_items_have_what_is_new(history: History) -> None:
    [item] = history.search("local", template="chat/plain-assistant")
    assert item.title.startswith("Explain C++") and not item.starred
    history.jobs.star(item.id, "local", True)
    assert [one.id for one in history.search("local", starred=True)] == [item.id]


def test_the_database_as_it_was_lies_beside_it(history: History, tmp_path: Path) -> None:
    [copy] = tmp_path.glob("studio.before-m004*.db")
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*) FROM jobs").fetchone() == (12,)
