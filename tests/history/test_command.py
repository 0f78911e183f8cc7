"""``python -m assistants.history``, as it is typed."""

import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from assistants import ROWS
from assistants.history import History
from assistants.history.__main__ import main
from tests.store.rows import add_job


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home that the environment names, with two owners' items in it."""
    home = tmp_path / "home"
    home.mkdir()
    with closing(History(home, ROWS)) as history:
        usage = {"input_tokens": 12, "output_tokens": 3400, "seconds": 1.5}
        job = add_job(history, "About volcanoes", "Lava 熔岩 everywhere.", usage=usage)
        add_job(history, "About lava lamps", "Wax.", owner="you")
        history.jobs.star(job, "me", True)
    return home


def test_search(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "lava"]) == 0
    printed = capsys.readouterr().out
    assert "About volcanoes" in printed and "About lava lamps" in printed
    assert main(["search", "熔岩", "--owner", "me"]) == 0
    assert "Lava 熔岩" in capsys.readouterr().out
    assert main(["search", "lava", "--owner", "you", "--limit", "5"]) == 0
    assert "volcanoes" not in capsys.readouterr().out


def test_stats(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if "echo:" in line]
    assert line.split()[1:] == ["2", "12", "3,400", "1.5", "echo:"]


def test_export_backup_and_restore_while_a_studio_is_open(home: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    with closing(History(home, ROWS)):
        assert main(["export", str(tmp_path / "before.zip")]) == 0
        assert main(["backup", str(tmp_path / "backup.zip")]) == 0
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "elsewhere"))
    assert main(["restore", str(tmp_path / "backup.zip")]) == 0
    assert main(["export", str(tmp_path / "after.zip")]) == 0
    assert ": 2" in capsys.readouterr().out
    assert (tmp_path / "before.zip").read_bytes() == (tmp_path / "after.zip").read_bytes()
    assert main(["restore", str(tmp_path / "backup.zip")]) == 0
    assert "before-restore-" in capsys.readouterr().out


def test_one_owner_can_be_exported(home: Path, tmp_path: Path) -> None:
    assert main(["export", str(tmp_path / "a.zip"), "--owner", "you"]) == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("items.jsonl").count(b"\n") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["search", "x", "--limit", "0"], "limit must be between 1 and 200."),
        (["stats", "--days", "0"], "days must be between"),
        (["restore", "nothing.zip"], "There is no file nothing.zip."),
        (["backup", "home"], "is there already"),
        (["export", "nowhere/a.zip"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(home.parent)
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert said in printed.err and printed.err.count("\n") == 1 and not printed.out


def test_without_a_history_it_says_so_and_makes_none(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "assistants.history", "stats"]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert run.returncode == 1 and "There is no history in" in run.stderr
    assert not (tmp_path / "home").exists()
