"""A home that the studio wrote before its small model was called mini, with the starter in it (after migration 40)."""

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistants import memory, preferences
from assistants.digests import file_sha256
from assistants.models.files.catalog import read_catalog
from assistants.models.files.downloads import Halt
from assistants.models.registry import ModelRegistry
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.models.stand_ins import ENTRY, MODEL, serve
from tests.serving import opened

OLD = Path(__file__).parent.parent / "data" / "studio-40.db"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def old_rows(sql: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(OLD)) as db:
        db.row_factory = sqlite3.Row
        return db.execute(sql).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    folder = home / "models" / "starter"
    folder.mkdir(parents=True)
    shutil.copy(OLD, home / "studio.db")
    (folder / FILE).write_bytes(MODEL)
    (folder / ".lock").touch()
    return home


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    with opened(home, text_model="default") as studio:
        yield studio


def test_the_models_folder_is_called_what_the_model_is_called(studio: Studio, home: Path) -> None:
    assert not (home / "models" / "starter").exists()
    assert (home / "models" / "mini" / FILE).read_bytes() == MODEL
    assert "local:mini" in studio.models.pickable()


def test_every_row_names_the_model_as_it_is_called_now(studio: Studio) -> None:
    rows = old_rows("SELECT id, owner, model FROM jobs WHERE deleted IS NULL AND model IS NOT NULL")
    assert len(rows) == 9
    for row in rows:
        job = studio.history.jobs.get(row["id"], row["owner"])
        assert (row["model"], job.model) == ("local:starter", "local:mini")
        assert job.request.get("model") in (None, "starter", "local:mini")
    with studio.history.store.read() as db:
        for table, columns in (("jobs", "request, result, model"), ("draft_versions", "document, model")):
            for row in db.execute(f"SELECT {columns} FROM {table}"):
                assert '"model": "local:starter"' not in " ".join(filter(None, row))
        [experiment] = db.execute("SELECT request FROM experiments").fetchall()
        assert json.loads(experiment[0])["models"] == ["starter", "local:mini"]
        assert db.execute("SELECT count(*) FROM draft_versions WHERE model = 'local:mini'").fetchone()[0] == 5


def test_what_people_wrote_is_as_it_was(studio: Studio) -> None:
    for table, column in (("jobs", "input"), ("messages", "text"), ("conversations", "title")):
        before = [row[0] for row in old_rows(f"SELECT {column} FROM {table} ORDER BY rowid")]
        assert "local:starter" in before
        with studio.history.store.read() as db:
            assert [row[0] for row in db.execute(f"SELECT {column} FROM {table} ORDER BY rowid")] == before
    with studio.history.store.read() as db:
        [experiment] = db.execute("SELECT request FROM experiments").fetchall()
        [asked] = db.execute("SELECT request FROM jobs WHERE input = 'local:starter' AND assistant = 'chat'").fetchall()
    assert json.loads(experiment[0])["rows"] == [{"text": "local:starter"}]
    assert json.loads(asked[0])["message"] == "local:starter"


def test_the_choice_of_the_operator_is_kept_and_old_names_still_mean_the_model(studio: Studio) -> None:
    assert preferences.stored(studio.history).text_model == "local:mini"
    for name in ("starter", "local:starter", "mini", "default", None):
        assert studio.models.resolve(name) == "local:mini"


def test_a_home_that_was_in_use_is_offered_the_better_model_and_nothing_changes_by_itself(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "total", lambda: 16 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**12))
    with serve(monkeypatch) as mirror:
        studio.models.better.look(Halt())
        assert (studio.models.better.seen().phase, mirror.asked) == ("offered", [])
        assert studio.models.resolve(None) == "local:mini"
        # A new home would have begun.
        with opened(tmp_path / "fresh", text_model="default") as fresh:
            begun = []
            monkeypatch.setattr(type(fresh.models.better), "_go", lambda self, names: begun.append(names[0]))
            fresh.models.better.look(Halt())
            assert begun == ["qwen2.5-1.5b"]
        assert mirror.asked == []


def test_a_new_row_holds_the_sha256_of_the_file_and_so_does_its_export(studio: Studio, tmp_path: Path) -> None:
    job = studio.jobs.submit("chat", {"message": "Hello", "model": "starter"}, LOCAL)
    studio.jobs.stop(job.id, LOCAL.id)
    ended = studio.jobs.wait(job.id, LOCAL.id, 30)
    assert (ended.model, ended.model_sha256) == ("local:mini", SHA256)
    with (tmp_path / "all.zip").open("wb") as target:
        studio.history.export(LOCAL.id, target, None)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        lines = [json.loads(line) for line in archive.read("items.jsonl").splitlines()]
    told = {line["id"]: line for line in lines if "id" in line}
    assert told[job.id]["model_sha256"] == SHA256
    # Which file an old row was written by, nobody has written down.
    assert {line["model_sha256"] for id, line in told.items() if id != job.id} == {None}


def test_a_folder_that_cannot_be_moved_is_used_where_it_lies(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    registry = ModelRegistry(home / "models", read_catalog())
    assert registry.is_installed("mini")
    assert registry.path("mini") == home / "models" / "starter" / FILE


def test_a_model_that_is_there_by_its_new_name_is_left_alone(home: Path) -> None:
    folder = home / "models" / "mini"
    folder.mkdir()
    (folder / FILE).write_bytes(b"new")
    registry = ModelRegistry(home / "models", read_catalog())
    assert registry.path("mini").read_bytes() == b"new"


def test_nobodys_model_gets_a_name_that_means_another(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, read_catalog())
    assert registry.name_for("starter", "someone", lambda known: False) == "someone-starter"
    assert registry.name_for("Default", "someone", lambda known: False) == "someone-default"


def test_the_sha256_of_ones_own_file_is_known_once_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(MODEL)
    registry = ModelRegistry(tmp_path / "models", {})
    registry.add("mine", ENTRY.model_copy(update={"hub": None, "files": (), "package": None, "linked": file}))
    assert registry.sha256("mine") is None
    registry.note_sha256("mine")
    assert registry.sha256("mine") == file_sha256(file)
    file.write_bytes(b"another")
    assert registry.sha256("mine") is None
