"""What an error says to whoever asks: nothing of where things lie on this machine."""

import ast
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from assistants.errors import StudioError, without_paths
from tests.conftest import ROOT
from tests.serving import SHARED, newcomer, opened, small_app

HOME = os.path.expanduser("~")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[Errno 2] No such file: '/srv/my models/x/config.json'", "[Errno 2] No such file: 'config.json'"),
        ("/srv/models/mine has no config.json", "mine has no config.json"),
        ('"C:\\Users\\Ann Lee\\m.gguf" is broken', '"m.gguf" is broken'),
        ("at C:\\Users\\Ann\\m.gguf: broken", "at m.gguf: broken"),
        (f"{HOME}/a b/c.gguf is broken", "a b/c.gguf is broken"),
        (f"{tempfile.gettempdir()}/x is full", "x is full"),
        ("cannot import name 'X' from 'y' (/opt/lib/y/__init__.py)", "cannot import name 'X' from 'y' (__init__.py)"),
        ("PosixPath('/srv/models/x')", "PosixPath('x')"),
        ("see file:///srv/models/x", "see x"),
        ("see https://hub.example//srv/models/x/tree", "see https://hub.example"),
        ("~/.cache/hub/x is missing", "x is missing"),
        ("ratio 3/4, and/or, text/plain, a/b/c", "ratio 3/4, and/or, text/plain, a/b/c"),
        (
            "see https://hub.example/a/b or http://127.0.0.1:80/v1",
            "see https://hub.example/a/b or http://127.0.0.1:80/v1",
        ),
    ],
)
def test_what_a_library_says_goes_without_its_paths(said: str, told: str) -> None:
    assert without_paths(said) == told
    assert str(StudioError("It broke: {cause}.", cause=ValueError(said))) == f"It broke: {told}."


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Path("/srv/home/studio.db"), "studio.db"),
        (PureWindowsPath("C:\\home\\studio.db"), "studio.db"),
        (OSError(28, "No space left on device", "/srv/home/x"), "No space left on device"),
        (FileNotFoundError("/srv/home/x"), "x"),
        (sqlite3.OperationalError("unable to open /srv/home/x"), "unable to open x"),
        (ValueError(), "ValueError"),
        ("/typed/by/a/person", "/typed/by/a/person"),
    ],
)
def test_a_path_is_told_by_its_name(value: Any, told: str) -> None:
    assert str(StudioError("{value}", value=value)) == told


@pytest.mark.parametrize("text", ["/a" * 50_000, "'/" * 50_000, "'/a b" * 30_000, "/ " * 50_000, "\\" * 100_000])
def test_a_long_message_takes_no_longer_than_another(text: str) -> None:
    before = time.process_time()
    without_paths(text)
    assert time.process_time() - before < 2  # 0.03 s where this was written


def quoted_errors() -> Iterator[str]:
    """Yield the places where a sentence for people is given the text of an error, in place of the error itself."""
    for path in ROOT.glob("assistants/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Try):
                for handler in node.handlers:
                    caught = ast.unparse(handler.type) if handler.type else "Exception"
                    body = "\n".join(map(ast.unparse, handler.body))
                    if "OSError" in caught and handler.name and f"str({handler.name})" in body and "cause=" in body:
                        yield f"{path.relative_to(ROOT)}:{handler.lineno}"


def test_errors_of_the_system_are_given_as_they_are() -> None:
    # So that one place decides what of them is said.
    assert set(quoted_errors()) == set()


class BrokenReader:
    """A connection to a database that is no longer there."""

    def __init__(self, path: Path) -> None:
        self._error = sqlite3.OperationalError(f"unable to open database file: {path}")
        self._error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN

    def execute(self, *_: Any) -> None:
        raise self._error

    def close(self) -> None:
        """Do nothing."""


def test_a_database_that_broke_says_nothing_of_where_it_is(tmp_path: Path) -> None:
    with opened(tmp_path / "home", **SHARED) as studio:
        ann = newcomer(small_app(studio))
        studio.history.store._readers.put(BrokenReader(studio.history.store.path))
        for path in ("/api/history", f"/api/jobs/{'0' * 32}", f"/api/files/{'0' * 32}", "/api/drafts"):
            answer = ann.get(path)
            assert answer.status_code == 503
            assert str(tmp_path) not in answer.text and "studio.db" in answer.text
