"""Assistants of other packages: what is wrong with one is said, and the studio goes on without it."""

import logging
import sys
from pathlib import Path

import pytest

from assistants import plugins
from tests.installed import install

WHOLE = "ID = {name!r}\nRequest = admit = run = object\n"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which modules are imported."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_an_assistant_of_a_package_is_found(packages: Path) -> None:
    install(
        packages, "fine", {"fine_assistant": WHOLE.format(name="fine")}, {plugins.GROUP: {"fine": "fine_assistant"}}
    )
    assert [module.ID for module in plugins.assistants({"chat"})] == ["fine"]
    sys.modules.pop("fine_assistant")


@pytest.mark.parametrize(
    ("name", "source", "problem"),
    [
        ("chat", WHOLE.format(name="chat"), "taken"),
        ("No Name", WHOLE.format(name="No Name"), "no name"),
        ("lacking", "ID = 'lacking'\n", "lacks Request, admit, run"),
        ("broken", "import no_such_module\n", "No module named 'no_such_module'"),
        ("other", WHOLE.format(name="another"), "calls itself another"),
    ],
)
def test_one_that_does_not_work_is_left_out_and_named(
    packages: Path, caplog: pytest.LogCaptureFixture, name: str, source: str, problem: str
) -> None:
    install(
        packages, "wrong", {f"wrong_{name[:2]}".replace(" ", "_"): source}, {plugins.GROUP: {name: f"wrong_{name[:2]}"}}
    )
    with caplog.at_level(logging.WARNING):
        assert list(plugins.assistants({"chat"})) == []
    assert problem in caplog.text and "wrong" in caplog.text
