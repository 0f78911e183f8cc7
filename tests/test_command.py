"""Commands in a terminal: whatever goes wrong is a line and an exit status, never a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistants.command import run
from assistants.errors import StoreError
from assistants.history.__main__ import main as history
from assistants.models.__main__ import main as engines
from assistants.playground.__main__ import main as playground
from assistants.support.__main__ import main as support
from prompts.reading import line_error

COMMANDS = [
    (engines, ["list"], 1),
    (history, ["stats"], 1),
    (playground, ["run", "chat.prompt.yml"], 2),
    (support, ["test", "shop"], 2),
]


@pytest.mark.parametrize(("main", "arguments", "status"), COMMANDS, ids=["engines", "history", "playground", "support"])
def test_a_setting_that_cannot_be_is_named(
    main: Callable[[list[str]], int],
    arguments: list[str],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(arguments[-1]).write_text("name: A\nmessages:\n  - {role: user, content: hi}\n", encoding="utf-8")
    monkeypatch.setenv("STUDIO_WORKERS", "many")
    assert main(arguments) == status
    assert capsys.readouterr().err.startswith("STUDIO_WORKERS: ")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (StoreError("The database {path} cannot be used.", path="{x}"), 3, "The database {x} cannot be used."),
        (StoreError("It said {odd} and {0}."), 3, "It said {odd} and {0}."),
        (line_error("a.yml", 2, "this is not UTF-8 text."), 3, "a.yml, line 2: this is not UTF-8 text."),
        (OSError(28, "No space left on device"), 3, "[Errno 28] No space left on device"),
        (KeyError("score"), 3, "Something broke (KeyError: 'score'). This is a mistake of the studio."),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> int:
        raise error

    assert run(broken, wrong=3) == status
    assert capsys.readouterr().err.strip() == said


def test_what_a_terminal_cannot_show_ends_no_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def show() -> int:
        print("half \ud83d")
        return 0

    assert run(show, wrong=1) == 0
    assert capsys.readouterr().out == "half \\ud83d\n"
