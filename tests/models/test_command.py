"""``python -m assistants.models``: the command that fetches and lists, as somebody in a terminal sees it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistants.models import __main__ as command
from assistants.models import files
from assistants.models.files.sources import CHECKING
from tests.models.stand_ins import ENTRY, MODEL, Mirror

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "read_catalog", lambda: {"tiny": ENTRY})
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", lambda path, *_: path)


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "assistants.models", *arguments], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("setting", ["STUDIO_HOME", "STUDIO_MODELS"])
def test_fetch_puts_the_model_where_the_settings_say(
    mirror: Mirror,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    setting: str,
) -> None:
    monkeypatch.setenv(setting, str(tmp_path / "chosen"))
    path = tmp_path / "chosen" / ("models" if setting == "STUDIO_HOME" else "") / "tiny" / "tiny.gguf"
    assert command.main(["fetch", "tiny"]) == 0
    assert path.read_bytes() == MODEL
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Downloading from the model hub +\d+% of 1 MB", lines[0])
    assert lines[-1] == f"Tiny (tiny) is at {path}"
    assert command.main(["fetch", "tiny"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"Tiny (tiny) is at {path}"]


@pytest.mark.usefixtures("catalog")
def test_a_fetch_that_fails_says_why_and_what_else_can_be_done(mirror: Mirror, capsys: pytest.CaptureFixture) -> None:
    mirror.model = mirror.wheel = None
    assert command.main(["fetch", "tiny"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Tiny couldn't be fetched. ")
    assert said.rstrip().endswith("tiny.gguf")


@pytest.mark.usefixtures("catalog")
def test_a_terminal_sees_one_line_that_changes(
    mirror: Mirror, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert command.main(["fetch", "tiny"]) == 0
    steps = [line.split("\r") for line in capsys.readouterr().out.split("\n")]
    assert [line[-1].split("  ")[0] for line in steps[:2]] == ["Downloading from the model hub", CHECKING]
    assert all(len(step) <= 79 for line in steps[:2] for step in line)


@pytest.mark.usefixtures("catalog")
def test_list_shows_what_is_known_of_each_model(mirror: Mirror, capsys: pytest.CaptureFixture) -> None:
    assert command.main(["list"]) == 0
    assert capsys.readouterr().out == "tiny  Tiny  Apache-2.0  en  1 MB  not installed\n"
    command.main(["fetch", "tiny"])
    capsys.readouterr()
    command.main(["list"])
    assert capsys.readouterr().out.rstrip().endswith("tiny.gguf")


@pytest.mark.usefixtures("catalog")
def test_install_and_delete_take_a_model_of_the_hub(mirror: Mirror, capsys: pytest.CaptureFixture) -> None:
    mirror.repos["someone/Chat-GGUF"] = {"chat-Q4_K_M.gguf": MODEL}
    assert command.main(["install", "someone/Chat-GGUF"]) == 0
    assert "Chat-GGUF (chat) is at " in capsys.readouterr().out
    command.main(["list"])
    assert re.search(r"^chat  chat-Q4_K_M  \?    1 MB  .*chat-Q4_K_M.gguf$", capsys.readouterr().out, re.MULTILINE)
    assert command.main(["delete", "chat"]) == 0
    command.main(["list"])
    assert "chat" not in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("spec", ["../x", "/nowhere/x.gguf", "nobody/nothing"])
def test_an_install_that_fails_is_one_line(mirror: Mirror, capsys: pytest.CaptureFixture, spec: str) -> None:
    assert command.main(["install", spec]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_real_command_knows_the_starter() -> None:
    listed = run("list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout.startswith("mini  SmolLM2 135M Instruct  Apache-2.0  en  98 MB  ")
    assert run("fetch", "nothing").returncode == 2
