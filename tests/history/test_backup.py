"""A backup and its restore: all of it comes back, nothing is lost, and what is no whole backup changes nothing."""

import io
import json
import os
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from assistants import ROWS
from assistants.errors import InvalidInput, NotAllowed, StoreError
from assistants.history import History, restore, restoring
from assistants.history.restoring import apply_staged, forget, stage_restore, waiting
from assistants.principals import LOCAL, of_owner
from assistants.store.home import take_home
from tests.store.rows import add_file, add_job, add_turn


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A backup of a home with a conversation, an item in the trash and two files."""
    home = tmp_path / "old"
    home.mkdir()
    with closing(History(home, ROWS)) as history:
        fill(history)
        back_up(history, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def back_up(history: History, path: Path, owner: str = "local") -> None:
    with path.open("wb") as target:
        history.backup(of_owner(owner), target)


def fill(history: History) -> None:
    conversation = history.conversations.create("me", "Teas")
    _, job = add_turn(history, conversation, "Which tea?", "绿茶。")
    add_turn(history, conversation, "And else?", "Black tea.")
    add_file(history, "tea.txt", b"made", job)
    add_file(history, "notes.txt", b"given")
    history.trash.put("me", [add_job(history, "deleted", "words")])


def exported(home: Path) -> bytes:
    target = io.BytesIO()
    with closing(History(home, ROWS)) as history:
        history.export("me", target)
    return target.getvalue()


def state(home: Path) -> dict[str, bytes]:
    """Return every file below ``home`` but the lock."""
    files = (path for path in home.rglob("*") if path.is_file() and path.name != "studio.lock")
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in files}


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(archive) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    change(entries)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in entries.items():
            new.writestr(name, content)
    return archive


def test_a_restore_into_an_empty_home_exports_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    assert restore(archive, tmp_path / "new") is None
    assert exported(tmp_path / "new") == exported(tmp_path / "old")
    with closing(History(tmp_path / "new", ROWS)) as history:
        assert [line.title for line in history.trash.list("me")] == ["deleted"]
        assert len(history.search("me", q="绿茶")) == 1
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"studio.db", "files", "studio.lock"}


def test_what_was_there_is_kept_aside(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    home.mkdir()
    (home / "connections.yaml").write_text("a: b", encoding="utf-8")
    with closing(History(home, ROWS)) as history:
        job = add_job(history, "before", "the restore")
        add_file(history, "mine.txt", b"mine", owner="me")
    before = exported(home)
    aside = restore(archive, home)
    assert aside.parent == home and aside.name.startswith("before-restore-")
    assert exported(home) == exported(tmp_path / "old")
    assert exported(aside) == before
    with closing(History(aside, ROWS)) as history:
        assert history.jobs.get(job, "me").output == "the restore"
    assert (home / "connections.yaml").exists()


def test_a_backup_can_be_taken_while_others_write(tmp_path: Path) -> None:
    with closing(History(tmp_path, ROWS)) as history:
        for i in range(50):
            add_job(history, f"q{i}", "a" * 1000)
        writer = threading.Thread(target=lambda: [add_job(history, f"later {i}", "a") for i in range(50)])
        writer.start()
        back_up(history, tmp_path / "backup.zip", "operator")
        writer.join()
    restore(tmp_path / "backup.zip", tmp_path / "new")
    with closing(History(tmp_path / "new", ROWS)) as history:
        assert 50 <= len(history.search("me", limit=200)) <= 100


def test_a_backup_says_what_it_is_and_holds_no_secret(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        facts = json.loads(opened.read("backup.json"))
        assert sorted(name.partition("/")[0] for name in opened.namelist()) == [
            "backup.json",
            "files",
            "files",
            "studio.db",
        ]
    assert (facts["format"], facts["files"], facts["AIGC"]["Label"]) == (1, 2, "1")


def test_only_the_operator_makes_one(tmp_path: Path) -> None:
    with closing(History(tmp_path, ROWS)) as history, pytest.raises(NotAllowed):
        history.backup(of_owner("a-visitor"), io.BytesIO())


def test_a_home_that_a_studio_uses_is_left_alone(archive: Path, tmp_path: Path) -> None:
    lock = take_home(tmp_path / "old")
    before = state(tmp_path / "old")
    with pytest.raises(StoreError, match="Another studio uses"):
        restore(archive, tmp_path / "old")
    assert state(tmp_path / "old") == before
    lock.release()
    assert restore(archive, tmp_path / "old")


def edited_database(entries: dict[str, bytes], sql: str, folder: Path) -> None:
    path = folder / "edited.db"
    path.write_bytes(entries["studio.db"])
    with closing(sqlite3.connect(path)) as db:
        db.executescript(sql)
    entries["studio.db"] = path.read_bytes()


def manifest(entries: dict[str, bytes], **changes: object) -> None:
    entries["backup.json"] = json.dumps(json.loads(entries["backup.json"]) | changes).encode()


def cut(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


FUTURE = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('studio', 'm999_future', '')"
STRANGE = "DELETE FROM _sqlite_migrations"
TRIGGER = "CREATE TRIGGER t AFTER INSERT ON jobs BEGIN DELETE FROM jobs; END"
# What a row names is read, and deleted with it: nothing of that may lie elsewhere.
FILE = (
    "INSERT INTO files (id, owner, name, type, size, sha256, created)"
    " VALUES ('{}', 'me', 'x.txt', 'text/plain', 1, '', '')"
)
PICTURE = (
    "INSERT INTO pictures"
    " (id, owner, job, kind, place, width, height, prompt, model, settings, made_with, pixels, created)"
    " VALUES ('../../studio', 'me', 'x', 'picture', 0, 1, 1, '', '', '{}', '', '', '')"
)
WRONG: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no zip": ("not a backup", lambda path: path.write_bytes(b"hello " * 1000)),
    "empty": ("not a backup", lambda path: path.write_bytes(b"")),
    "cut": ("damaged", lambda path: cut(path, 0.6)),
    "one byte": ("damaged", flip),
    "another zip": ("not a backup", lambda path: rewritten(path, lambda entries: entries.clear())),
    "no database": ("not a backup", lambda path: rewritten(path, lambda entries: entries.pop("studio.db"))),
    "up": ("not a backup", lambda path: rewritten(path, lambda entries: entries.update({"../evil": b""}))),
    "up in files": ("not a backup", lambda path: rewritten(path, lambda entries: entries.update({"files/../x": b""}))),
    "absolute": ("not a backup", lambda path: rewritten(path, lambda entries: entries.update({"/tmp/x": b""}))),
    "many files": (
        "not a backup",
        lambda path: rewritten(path, lambda entries: entries.update({f"files/{i}": b"" for i in range(10_000)})),
    ),
    "many named files": (
        "damaged",
        lambda path: rewritten(path, lambda entries: entries.update({f"files/{i:032x}": b"" for i in range(10_000)})),
    ),
    "newer": ("newer studio", lambda path: rewritten(path, lambda entries: manifest(entries, format=2))),
    "no time": (
        "not a backup",
        lambda path: rewritten(path, lambda entries: manifest(entries, made="yesterday")),
    ),
    "no facts": ("not a backup", lambda path: rewritten(path, lambda entries: entries.update({"backup.json": b"[]"}))),
    "a file missing": (
        "damaged",
        lambda path: rewritten(path, lambda entries: entries.pop(next(name for name in entries if "files/" in name))),
    ),
    "another file": (
        "damaged",
        lambda path: rewritten(path, lambda entries: entries.update({name: b"x" for name in entries if "/" in name})),
    ),
    "database newer than it says": (
        "newer studio",
        lambda path: rewritten(path, lambda entries: edited_database(entries, FUTURE, path.parent)),
    ),
    "a trigger": (
        "not a backup",
        lambda path: rewritten(path, lambda entries: edited_database(entries, TRIGGER, path.parent)),
    ),
    "another program's": (
        "not a backup",
        lambda path: rewritten(path, lambda entries: edited_database(entries, STRANGE, path.parent)),
    ),
    "a file of the machine's": (
        "not a backup",
        lambda path: rewritten(path, lambda entries: edited_database(entries, FILE.format("/etc/passwd"), path.parent)),
    ),
    "a file above": (
        "not a backup",
        lambda path: rewritten(
            path, lambda entries: edited_database(entries, FILE.format("../studio.db"), path.parent)
        ),
    ),
    "a picture above": (
        "not a backup",
        lambda path: rewritten(path, lambda entries: edited_database(entries, PICTURE, path.parent)),
    ),
    "no database in it": (
        "damaged",
        lambda path: rewritten(path, lambda entries: entries.update({"studio.db": b"no database" * 100})),
    ),
    "no tables": ("damaged", lambda path: rewritten(path, lambda entries: entries.update({"studio.db": b""}))),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_whole_backup_changes_nothing(archive: Path, tmp_path: Path, case: str) -> None:
    said, spoil = WRONG[case]
    spoil(archive)
    before = state(tmp_path / "old")
    with pytest.raises((InvalidInput, StoreError), match=said) as caught:
        restore(archive, tmp_path / "old")
    with pytest.raises((InvalidInput, StoreError), match=said):
        stage_restore(archive, tmp_path / "old", "mine.zip")
    assert "\n" not in str(caught.value) and str(caught.value).count(". ") <= 1
    assert state(tmp_path / "old") == before
    assert not list(tmp_path.glob("evil*"))


def test_a_bomb_is_refused_before_it_unpacks(archive: Path, tmp_path: Path) -> None:
    zeros = bytes(1 << 20)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        bomb.writestr("backup.json", json.dumps({"format": 1, "files": 0, "made": "2026-01-01"}))
        with bomb.open("studio.db", "w") as entry:
            for _ in range(1024):
                entry.write(zeros)
    before = state(tmp_path / "old")
    with pytest.raises(InvalidInput, match="unpacks to more"):
        restore(archive, tmp_path / "old")
    assert state(tmp_path / "old") == before


def test_there_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file"):
        restore(tmp_path / "nothing.zip", tmp_path / "new")


# Put by for the next start


def test_what_is_put_by_takes_the_place_of_the_history_at_the_next_start(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    home.mkdir()
    with closing(History(home, ROWS)) as history:
        job = add_job(history, "before", "the restore")
        with zipfile.ZipFile(archive) as opened:
            made = json.loads(opened.read("backup.json"))["made"]
        told = history.stage_restore(LOCAL, archive, "mine.zip")
        assert (told.made, told.items, told.files) == (made, 3, 2)
        assert history.waiting(LOCAL) == told
        # Until then all goes on as before.
        assert history.jobs.get(job, "me").output == "the restore"
    aside = apply_staged(home)
    assert exported(home) == exported(tmp_path / "old")
    with closing(History(aside, ROWS)) as history:
        assert history.jobs.get(job, "me").output == "the restore"
    assert waiting(home) is None and apply_staged(home) is None
    assert {path.name for path in home.iterdir()} == {"studio.db", "files", aside.name}


def test_what_is_put_by_is_replaced_and_forgotten(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    home.mkdir()
    stage_restore(archive, home, "mine.zip")
    stage_restore(archive, home, "mine.zip")
    assert len(list(home.iterdir())) == 1
    forget(home)
    assert not list(home.iterdir()) and apply_staged(home) is None


def test_a_restore_in_the_terminal_goes_before_what_was_put_by(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    restore(archive, home)
    stage_restore(archive, home, "mine.zip")
    assert restore(archive, home)
    assert waiting(home) is None


@pytest.mark.parametrize("moves", range(5))
def test_an_exchange_that_is_broken_off_goes_on_at_the_next_start(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    class Killed(BaseException):
        pass

    home = tmp_path / "new"
    home.mkdir()
    with closing(History(home, ROWS)) as history:
        add_job(history, "before", "the restore")
        add_file(history, "mine.txt", b"mine", owner="me")
    before = exported(home)
    stage_restore(archive, home, "mine.zip")
    replace, left = os.replace, iter(range(moves))

    def killed(source: Path, target: Path) -> None:
        if next(left, None) is None:
            raise Killed
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(restoring.os, "replace", killed)
        if moves < 4:
            with pytest.raises(Killed):
                apply_staged(home)
        else:
            apply_staged(home)
    apply_staged(home)
    assert exported(home) == exported(tmp_path / "old")
    (aside,) = home.glob("before-restore-*")
    assert exported(aside) == before


def test_only_the_operator_puts_one_by(archive: Path, tmp_path: Path) -> None:
    with closing(History(tmp_path / "old", ROWS)) as history:
        for call in (
            lambda: history.stage_restore(of_owner("a-visitor"), archive, "mine.zip"),
            lambda: history.waiting(of_owner("a-visitor")),
            lambda: history.discard_staged(of_owner("a-visitor")),
        ):
            with pytest.raises(NotAllowed):
                call()
