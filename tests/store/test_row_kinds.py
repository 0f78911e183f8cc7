"""The kinds of rows: the registration knows every table of the schema, and what it says holds for all of somebody's."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Migrations

from assistants import ROWS
from assistants.errors import Conflict, InvalidInput, StoreError
from assistants.history import History
from assistants.history.export import export
from assistants.principals import LOCAL, of_owner
from assistants.store import new_id, now
from assistants.store.jobs import JobRow
from assistants.store.row_kinds import Entry, RowKind, RowKinds
from assistants.studio import Studio
from assistants.support.desk_rows import DeskRows
from tests.store.rows import add_file, add_job

ME, OTHER = "v-me", "v-other"
# The indexes' own tables, which nobody writes by hand.
INDEXES = ("words", "chunk_words", "_sqlite")


def tables(db: sqlite3.Connection) -> list[str]:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in db.execute(sql) if not name.startswith(INDEXES)]


def columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_xinfo({table})")}


def unregistered(db: sqlite3.Connection, kinds: RowKinds) -> set[str]:
    """Return the tables whose rows have an owner and are of no kind."""
    known = {kind.table for kind in kinds if kind.owner}
    return {table for table in tables(db) if "owner" in columns(db, table)} - known


def left_behind(db: sqlite3.Connection, kinds: RowKinds) -> set[tuple[str, str]]:
    """Return the tables that refer to rows of a kind and do not go with them, with what they refer to."""
    parts = {(part.table, part.of) for part in kinds.parts}
    links = {(table, row[2]) for table in tables(db) for row in db.execute(f"PRAGMA foreign_key_list({table})")}
    # The other way round, too: a message's job goes with it, and a picture's file.
    return {(table, of) for table, of in links if (table, of) not in parts and (of, table) not in parts}


def test_every_table_with_an_owner_is_of_a_kind(history: History) -> None:
    with history.store.read() as db:
        assert unregistered(db, ROWS) == set()
        assert unregistered(db, RowKinds(kind for kind in ROWS if kind.name != "board")) == {"boards"}


def test_whatever_refers_to_a_row_goes_with_it(history: History) -> None:
    # What a base has to read goes with it by the base's own hand.
    base = {("sources", "knowledge"), ("chunks", "knowledge"), ("chunks", "sources"), ("vectors", "chunks")}
    with history.store.read() as db:
        assert left_behind(db, ROWS) == base
        without = RowKinds(kind for kind in ROWS if kind.name != "hand_over")
        assert ("feedback", "jobs") in left_behind(db, without)


def test_whatever_names_a_base_goes_with_it(history: History) -> None:
    with history.store.read() as db:
        naming = {table for table in tables(db) if "knowledge" in columns(db, table)}
    # These the base deletes itself, with the index of their words.
    assert naming - {part.table for part in ROWS.parts if part.of == "knowledge"} == {"sources", "chunks"}


def test_what_a_kind_says_is_in_the_schema(history: History) -> None:
    with history.store.read() as db:
        for kind in ROWS:
            named = {kind.id, kind.owner, "deleted" if kind.title and not kind.from_rows else ""} - {""}
            assert named <= columns(db, kind.table), kind.name
        for part in ROWS.parts:
            assert part.column == "rowid" or part.column in columns(db, part.table), part
            assert not part.key or part.key in columns(db, part.of), part
    assert len({kind.name for kind in ROWS}) == len(list(ROWS))
    parameters = [parameter for kind in ROWS for parameter in kind.parameters]
    assert len(parameters) == len(set(parameters))


def fill(studio: Studio, owner: str) -> None:
    """Give somebody a row of every kind, made as people make them where that takes no model of support."""
    history = studio.history
    chat = studio.jobs.wait(studio.jobs.submit("chat", {"message": "an okapi"}, of_owner(owner)).id, owner, 20)
    drawn = studio.jobs.submit("images", {"prompt": "an okapi", "width": 64, "height": 64}, of_owner(owner))
    [made] = studio.jobs.wait(drawn.id, owner, 20).result["images"]
    picture = made["file"].rpartition("/")[2]
    history.pictures.thumbnail(picture).write_bytes(b"small")
    history.pictures.put_on_board(history.pictures.add_board(owner, "animals").id, owner, [picture], [])
    history.drafts.create(owner, "Okapi", {"topic": "okapi"})
    history.experiments.save(owner, "okapi", {})
    history.answers.keep(chat.id, f"key-{owner}", {"text": "okapi"})
    add_file(history, "okapi.txt", b"okapi", owner=owner)
    studio.prompts.create("chat/okapi", owner, studio.prompts.get("chat/tutor", owner).source)
    history.jobs.pause(owner, "images", True)
    conversation = new_id()
    result = {"conversation": conversation, "knowledge": "okapi", "grounded": False}
    asked = add_job(history, "why?", "no", owner, assistant="support", result=result)
    rows = DeskRows(history.store)
    rows.judge(asked, "okapi", good=False, reason="okapi")
    rows.hand_over("okapi", conversation, owner, "why?", [])
    history.trash.put(owner, [add_job(history, "deleted", "okapi", owner=owner)])
    history.drafts.delete(history.drafts.create(owner, "Deleted", {}), owner)


def complete(history: History, owner: str) -> None:
    """Make up a row of every kind that somebody has none of yet, such as a new assistant's."""
    with history.store.write() as db:
        for kind in ROWS:
            if kind.owner and not db.execute(f"SELECT 1 FROM {kind.table} WHERE {kind.owner} = ?", (owner,)).fetchone():
                wanted = [row for row in db.execute(f"PRAGMA table_info({kind.table})") if row["notnull"] or row["pk"]]
                made_up = {row["name"]: 0 if row["type"] == "INTEGER" else new_id() for row in wanted}
                db.table(kind.table).insert(made_up | {kind.owner: owner})


def contents(history: History) -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    with history.store.read() as db:
        return {
            name: sorted(json.dumps(tuple(row), default=str) for row in db.execute(f"SELECT * FROM {name}"))
            for name in [*tables(db), "words"]
        }


def kept_files(history: History) -> set[str]:
    return {str(path) for folder in ("files", "thumbnails") for path in history.home.glob(f"{folder}/*")}


def test_erasing_leaves_nothing_of_one_and_all_of_the_others(studio: Studio) -> None:
    history = studio.history
    fill(studio, OTHER)
    complete(history, OTHER)
    before, files = contents(history), kept_files(history)
    fill(studio, ME)
    complete(history, ME)
    with history.store.read() as db:
        sql = "SELECT count(*) FROM {0.table} WHERE {0.owner} = ?"
        counts = [db.execute(sql.format(kind), (ME,)).fetchone()[0] for kind in ROWS if kind.owner]
    assert all(counts) and sum(counts) > len(counts)
    assert len(kept_files(history) - files) >= 3
    history.erase(ME)
    assert contents(history) == before
    assert kept_files(history) == files


def test_nothing_is_erased_while_something_is_made_and_never_what_is_the_studios(history: History) -> None:
    add_job(history, "done", "okapi", owner=ME)
    history.jobs.insert(JobRow(new_id(), "chat", ME, "running", None, "q", {}, now()))
    before = contents(history)
    with pytest.raises(Conflict):
        history.erase(ME)
    with pytest.raises(ValueError, match="own rows"):
        history.erase("")
    assert contents(history) == before


def test_a_customers_word_on_an_answer_goes_with_the_answer(studio: Studio) -> None:
    fill(studio, ME)
    history = studio.history
    with history.store.read() as db:
        [(job,)] = db.execute("SELECT job FROM feedback")
    history.trash.put(ME, [job])
    history.trash.empty(ME)
    with history.store.read() as db:
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("feedback", "hand_overs")]
    assert counts == [0, 1]


def test_what_is_emptied_is_counted_and_what_holds_no_item_counts_as_one(studio: Studio) -> None:
    studio.prompts.create("chat/okapi", ME, studio.prompts.get("chat/tutor", ME).source)
    studio.prompts.delete("chat/okapi", ME)
    assert [line.kind for line in studio.history.trash.list(ME)] == ["prompt"]
    assert studio.history.trash.empty(ME) == 1


def test_an_export_has_what_a_kind_exports_in_the_order_of_the_names(history: History) -> None:
    def exported(db: Any, owner: str | None) -> Iterator[Entry]:
        yield Entry("zoo/okapi.md", text=lambda: "# Okapi", id="okapi")
        yield Entry("animals.jsonl", [b"{}\n"])

    target = io.BytesIO()
    kinds = RowKinds([*ROWS, RowKind("zoo", "experiments", export=exported)])
    export(history.store, kinds, history.files, target, ME, None)
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["animals.jsonl", "items.jsonl", "zoo/okapi.md"]
        assert b"AI" in archive.read("zoo/okapi.md") and archive.read("animals.jsonl").endswith(b"{}\n")


def kinds_with_notes(steps: int) -> RowKinds:
    """Return the kinds with one of an assistant that brings so many migrations of its own."""
    notes = Migrations("notes")
    notes(name="m001")(lambda db: db.execute("CREATE TABLE notes (id TEXT PRIMARY KEY, owner TEXT, deleted TEXT)"))
    for number in range(2, steps + 1):
        notes(name=f"m{number:03}")(lambda db, n=number: db.execute(f"ALTER TABLE notes ADD COLUMN later_{n} TEXT"))
    return RowKinds([*ROWS, RowKind("note", "notes", title="id", migrations=notes)])


def test_an_assistant_brings_tables_of_its_own_and_may_be_taken_away_again(tmp_path: Path) -> None:
    with closing(History(tmp_path, ROWS)) as history:
        job = add_job(history, "okapi", "words", ME)
    with closing(History(tmp_path, kinds_with_notes(1))) as history:
        assert (tmp_path / "studio.before-m001.db").exists()
        with history.store.write() as db:
            db.table("notes").insert({"id": "note", "owner": ME, "deleted": now()})
        assert [line.kind for line in history.trash.list(ME)] == ["note"]
        with history.store.read() as db:
            assert unregistered(db, ROWS) == {"notes"} and unregistered(db, history.kinds) == set()
    with closing(History(tmp_path, ROWS)) as history:
        assert history.jobs.get(job, ME).output == "words" and history.trash.list(ME) == []
    with closing(History(tmp_path, kinds_with_notes(2))) as history:
        history.trash.restore(ME, "note")
        assert history.trash.list(ME) == []


def test_a_newer_assistants_rows_are_refused_at_the_start_and_in_a_backup(tmp_path: Path) -> None:
    (newer := tmp_path / "newer").mkdir()
    with closing(History(newer, kinds_with_notes(2))) as history, (tmp_path / "b.zip").open("wb") as target:
        history.backup(LOCAL, target)
    with pytest.raises(StoreError, match="newer studio"):
        History(newer, kinds_with_notes(1))
    (home := tmp_path / "home").mkdir()
    with closing(History(home, kinds_with_notes(1))) as history, pytest.raises(InvalidInput, match="newer studio"):
        history.stage_restore(LOCAL, tmp_path / "b.zip", "b.zip")
    # Without that assistant nobody reads its rows.
    with closing(History(newer, ROWS)) as history:
        assert history.stage_restore(LOCAL, tmp_path / "b.zip", "b.zip").items == 0
