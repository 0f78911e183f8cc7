"""A home folder is for the eyes of its owner only: what was there, and what is made in it."""

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants.history.__main__ import main
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.store.home import take_home

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's folders private by itself")


@pytest.fixture(autouse=True)
def lax() -> Iterator[None]:
    """Write as most systems do unless told otherwise: for everybody to read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(home: Path) -> set[tuple[bool, int]]:
    """Return whether it is a folder and its mode, of all that is in a home and no link."""
    found = [home, *(path for path in home.rglob("*") if not path.is_symlink())]
    return {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in found}


PRIVATE = {(True, 0o700), (False, 0o600)}


def test_what_a_studio_writes_is_for_its_owner_only(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = open_studio(settings)
    job = studio.jobs.submit("chat", {"message": "hello"}, LOCAL)
    drawn = studio.jobs.submit("images", {"prompt": "a tree"}, LOCAL)
    assert {studio.jobs.wait(one.id, "local", 20).status for one in (job, drawn)} == {"done"}
    studio.history.files.add(LOCAL, "a.txt", io.BytesIO(b"secret"))
    studio.history.pictures.thumbnail(studio.history.files.of_job(drawn.id)[0].id)
    with (settings.home / "copy.zip").open("w+b") as copy:
        studio.history.backup(LOCAL, copy)
    studio.history.stage_restore(LOCAL, settings.home / "copy.zip", "copy.zip")
    names = {path.name for path in settings.home.rglob("*")}
    assert {"studio.db", "studio.db-wal", "studio.lock", "files", "thumbnails", "backup.json"} <= names
    assert modes(settings.home) == PRIVATE
    studio.close()
    # The next start moves what was there aside.
    open_studio(settings).close()
    assert modes(settings.home) == PRIVATE
    monkeypatch.setenv("STUDIO_HOME", str(settings.home))
    assert main(["backup", str(settings.home / "again.zip")]) == 0
    assert modes(settings.home) == PRIVATE


def test_what_others_could_read_before_they_no_longer_can(settings: Settings, tmp_path: Path) -> None:
    open_studio(settings).close()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    folder = settings.home / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "run.sh").touch(0o777)
    (folder / "kept").touch(0o400)
    (folder / "link").symlink_to(elsewhere)
    (folder / "dangling").symlink_to(tmp_path / "nothing")
    for path in (settings.home, *settings.home.rglob("*")):
        if path.name not in ("link", "dangling", "kept"):
            path.chmod(0o755 if path.is_dir() else 0o666)
    open_studio(settings).close()
    assert modes(settings.home) == {*PRIVATE, (False, 0o400)}
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644


def test_what_cannot_be_made_private_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "theirs").touch(0o644)

    def refuse(_path: str, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("assistants.store.home.os.chmod", refuse)
    take_home(tmp_path).release()
    assert "belongs to somebody else" in caplog.text
