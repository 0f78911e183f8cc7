"""Checks: what a base must answer and refuse, what became better or worse, and the exit status for a CI."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotAllowed, NotFound
from assistants.principals import LOCAL, of_owner
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from assistants.support import checks
from assistants.support.__main__ import main
from assistants.support.expectations import Expectation, ExpectationRows, parsed

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")
LINES = """
How long are gift cards valid? | 3 years
How many days do I have to return an item? | handbook.en.md
Who won the football world cup? | !
"""


def check(studio: Studio, lines: str | None = None) -> JobRow:
    if lines is not None:
        checks.expect(studio, "sample", lines, LOCAL)
    row = studio.jobs.submit("checks", {"knowledge": "sample"}, LOCAL)
    row = studio.jobs.wait(row.id, LOCAL.id, 30)
    assert row.status == "done", row.error
    return row


def test_lines_are_a_question_and_what_is_expected() -> None:
    assert parsed("a | b\n\nIs it a | or b? | c\n你好吗｜拒答\na | !") == [
        Expectation("a", None),
        Expectation("Is it a | or b?", "c"),
        Expectation("你好吗", None),
    ]
    for wrong in ("a", "a |", "| b", f"{'x' * 2001} | a"):
        with pytest.raises(InvalidInput, match="line 1"):
            parsed(wrong)


def test_answers_sources_and_refusals_are_checked_and_compared(studio: Studio) -> None:
    first = check(studio, LINES).result
    assert (first["passed"], first["failed"], first["better"], first["worse"]) == (3, 0, [], [])
    assert first["results"][2]["expected"] is None and not first["results"][2]["grounded"]
    [handbook] = [one for one in studio.knowledge.sources("sample", LOCAL) if one.name == "handbook.en.md"]
    studio.knowledge.delete("sample", handbook.id, LOCAL)
    second = check(studio).result
    assert second["failed"] > 0 and "How long are gift cards valid?" in second["worse"]
    # What is expected now is something else, so nothing of it became better.
    third = check(studio, "How long are gift cards valid? | !").result
    assert (third["passed"], third["better"]) == (1, [])
    assert [len(run["results"]) for run in ExpectationRows(studio.history.store).last_runs("sample", 9)] == [1, 3, 3]


def test_only_the_operator_expects_and_asks(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        check(studio)
    with pytest.raises(NotAllowed):
        checks.expect(studio, "sample", LINES, of_owner("v-1"))
    with pytest.raises(NotAllowed):
        studio.jobs.submit("checks", {"knowledge": "sample"}, of_owner("v-1"))
    with pytest.raises(NotFound):
        checks.expect(studio, "nowhere", LINES, LOCAL)


@pytest.mark.parametrize(("lines", "status"), [(LINES, 0), ("What is pi? | 3.14", 1), ("nothing", 2), (None, 2)])
def test_the_command_ends_with_what_came_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lines: str | None, status: int
) -> None:
    monkeypatch.setenv("STUDIO_TEXT_MODEL", "echo:")
    file, export = tmp_path / "expected.txt", tmp_path / "out.json"
    file.write_text(lines or "", encoding="utf-8")
    command = ["test", "sample", "--lines", str(file) if lines else str(tmp_path / "absent"), "--export", str(export)]
    assert main(command) == status
    said = capsys.readouterr()
    if status == 2:
        assert said.err and not export.exists()
    else:
        result: dict[str, Any] = json.loads(export.read_text(encoding="utf-8"))
        assert said.out.endswith(f"{result['passed']} of {len(result['results'])} as expected\n")
        assert ("FAILED" in said.out) == (status == 1)
