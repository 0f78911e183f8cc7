"""What the editor of prompts asks over /api: opened, checked as one types, saved, compared, put back."""

from typing import Any

import pytest

from assistants.errors import StudioError
from assistants.principals import of_owner
from assistants.studio import Studio
from tests.api.door import Door
from tests.test_packing import SMALL

TUTOR = "prompts/chat/tutor"


@pytest.fixture
def door(studio: Studio) -> Door:
    return Door(studio)


def check(door: Door, id: str, source: str, lang: str = "en", **values: str) -> dict[str, Any]:
    return door.ask("POST", "prompts/check", {"id": id, "source": source, "values": values}, lang=lang)


def test_a_prompt_is_opened_saved_and_put_back(door: Door) -> None:
    shipped = door.ask("GET", TUTOR)
    assert (shipped["is_built_in"], shipped["has_own"], shipped["uses"]) == (True, False, 0)
    source = shipped["source"] + "# mine\n"
    door.ask("PUT", TUTOR, {"source": source, "note": "  mine \n now "})
    saved = door.ask("GET", TUTOR)
    assert (saved["source"], saved["has_own"], saved["versions"][0]["note"]) == (source, True, "mine now")
    assert saved["versions"][0]["source"] == source
    pieces = door.ask("GET", f"{TUTOR}/compare?left={saved['version']}&right={shipped['version']}")
    assert pieces[-1]["kind"] == "removed"
    door.ask("POST", f"{TUTOR}/use", {"version": shipped["version"]})
    assert door.ask("GET", TUTOR)["source"] == shipped["source"]
    line = door.ask("DELETE", TUTOR)["line"]
    assert door.ask("GET", TUTOR)["has_own"] is False
    door.ask("POST", f"trash/{line}/restore")
    assert door.ask("GET", TUTOR)["has_own"] is True
    assert door.ask("GET", TUTOR, who=of_owner("ann")) == shipped


def test_a_text_is_checked_as_it_is_typed(door: Door) -> None:
    source = SMALL + "testData:\n- {word: one two three}\n"
    found = check(door, "chat/new", source)["sends"]
    assert found["messages"] == [{"role": "user", "content": "Say {{word}}."}]
    assert (found["variables"], found["question"], found["examples"]) == (["word"], "word", {"word": "one two three"})
    # The stand-in is always loaded, and counts words.
    assert found["tokens"] == {"count": 4, "model": "echo:"}
    assert check(door, "chat/new", source, word="a b c d")["sends"]["tokens"]["count"] == 5


@pytest.mark.parametrize(
    ("id", "source", "lang", "problem", "line"),
    [
        ("chat/x", SMALL + "colour: red\n", "en", "chat/x.prompt.yml, line 5: 'colour' is not a key", 5),
        ("chat/x", SMALL + "colour: red\n", "zh", "chat/x.prompt.yml 第 5 行：提示文件中没有“colour”这个键。", 5),
        ("chat/", "", "en", "chat/new.prompt.yml is empty.", None),
        ("nobody/x", SMALL, "en", "must be one of", None),
        ("../x", SMALL, "en", "is no name for a prompt", None),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    door: Door, id: str, source: str, lang: str, problem: str, line: int | None
) -> None:
    found = check(door, id, source, lang)
    assert problem in found["problem"] and found["sends"] is None
    assert found["line"] == line


def test_tokens_are_estimated_while_no_model_is_loaded(
    studio: Studio, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_ready(name: str | None) -> None:
        raise StudioError("No model.")

    monkeypatch.setattr(studio.models, "state", not_ready)
    found = check(door, "chat/x", SMALL, word="退款 in 4")["sends"]
    assert found["tokens"] == {"count": 2 + 3, "model": None}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_new_prompt_begins_with_one_that_works(door: Door, lang: str) -> None:
    for assistant in ("support", "", "nobody"):
        draft = door.ask("GET", f"prompts/new?assistant={assistant}", lang=lang)
        id = f"{draft['id']}new-{lang}-{len(assistant)}"
        assert door.ask("POST", "prompts", {"id": id, "source": draft["source"]})["id"] == id
        assert door.ask("GET", f"prompts/{id}")["is_built_in"] is False
    copy = door.ask("GET", f"{TUTOR}/copy")
    assert copy["id"] == "chat/tutor-2" and "Patient tutor (2)" in copy["source"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "prompts/chat/absent", None, 404),
        ("GET", "prompts/chat/absent/copy", None, 404),
        ("PUT", TUTOR, {"source": ""}, 422),
        ("POST", "prompts", {"id": "chat/tutor", "source": SMALL}, 422),
        ("POST", "prompts", {"id": "chat/other", "source": SMALL, "use": True}, 422),
        ("GET", f"{TUTOR}/compare?left=a", None, 422),
        ("GET", f"{TUTOR}/compare?left=a&right=b", None, 404),
        ("POST", f"{TUTOR}/use", {"version": "a"}, 404),
        ("POST", "prompts/check", {"values": {"a": 1}}, 422),
        ("DELETE", "prompts/chat/absent", None, 404),
    ],
)
def test_wrong_questions_are_refused(door: Door, method: str, path: str, body: Any, status: int) -> None:
    assert door.refusal(method, path, body)[0] == status
