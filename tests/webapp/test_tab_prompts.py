"""The Prompts tab, asked as its script asks it."""

from typing import Any

import pytest

from assistants.errors import InvalidInput, NotFound, StudioError
from assistants.principals import of_owner
from assistants.requests import validated
from assistants.studio import Studio
from tests.test_packing import SMALL
from webapp.tabs.prompts import Asked, act

TUTOR = "chat/tutor"


def ask(studio: Studio, do: str, owner: str = "local", lang: str = "en", **details: Any) -> dict[str, Any]:
    return act(studio, of_owner(owner), validated(Asked, {"do": do, **details}), lang)


def test_a_prompt_is_opened_saved_and_put_back(studio: Studio) -> None:
    shipped = ask(studio, "open", id=TUTOR)["prompt"]
    assert (shipped["is_built_in"], shipped["has_own"], shipped["uses"]) == (True, False, 0)
    source = shipped["source"] + "# mine\n"
    saved = ask(studio, "save", id=TUTOR, source=source, note="  mine \n now ")["prompt"]
    assert (saved["source"], saved["has_own"], saved["versions"][0]["note"]) == (source, True, "mine now")
    versions = [saved["version"], shipped["version"]]
    assert ask(studio, "compare", id=TUTOR, versions=versions)["pieces"][-1][0] == "removed"
    assert ask(studio, "use", id=TUTOR, versions=versions[1:])["prompt"]["source"] == shipped["source"]
    trashed = ask(studio, "delete", id=TUTOR)["trashed"]
    assert ask(studio, "open", id=TUTOR)["prompt"]["has_own"] is False
    ask(studio, "restore", id=trashed)
    assert ask(studio, "open", id=TUTOR)["prompt"]["has_own"] is True
    assert ask(studio, "open", "visitor", id=TUTOR)["prompt"] == shipped


def test_a_text_is_checked_as_it_is_typed(studio: Studio) -> None:
    source = SMALL + "testData:\n- {word: one two three}\n"
    found = ask(studio, "check", id="chat/new", source=source)["check"]
    assert found["messages"] == [["user", "Say {{word}}."]]
    assert (found["variables"], found["question"], found["examples"]) == (["word"], "word", {"word": "one two three"})
    # The stand-in is always loaded, and counts words.
    assert found["tokens"] == {"count": 4, "model": "echo:"}
    more = ask(studio, "check", id="chat/new", source=source, values={"word": "a b c d"})["check"]
    assert more["tokens"]["count"] == 5


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
    studio: Studio, id: str, source: str, lang: str, problem: str, line: int | None
) -> None:
    found = ask(studio, "check", lang=lang, id=id, source=source)["check"]
    assert problem in found["problem"]
    assert found["line"] == line


def test_tokens_are_estimated_while_no_model_is_loaded(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_ready(name: str | None) -> None:
        raise StudioError("No model.")

    monkeypatch.setattr(studio.models, "state", not_ready)
    found = ask(studio, "check", id="chat/x", source=SMALL, values={"word": "退款 in 4"})["check"]
    assert found["tokens"] == {"count": 2 + 3, "model": None}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_new_prompt_begins_with_one_that_works(studio: Studio, lang: str) -> None:
    for assistant in ("support", "", "nobody"):
        draft = ask(studio, "new", lang=lang, assistant=assistant)["draft"]
        created = ask(studio, "create", id=f"{draft['id']}new-{lang}-{len(assistant)}", source=draft["source"])
        assert created["prompt"]["is_built_in"] is False
    copy = ask(studio, "copy", id=TUTOR)["draft"]
    assert copy["id"] == "chat/tutor-2" and "Patient tutor (2)" in copy["source"]


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"do": "open", "id": "chat/absent"}, NotFound),
        ({"do": "open", "id": ""}, NotFound),
        ({"do": "save", "id": TUTOR, "source": "", "note": ""}, InvalidInput),
        ({"do": "create", "id": TUTOR, "source": SMALL}, InvalidInput),
        ({"do": "compare", "id": TUTOR, "versions": ["a"]}, InvalidInput),
        ({"do": "compare", "id": TUTOR, "versions": ["a", "b"]}, NotFound),
        ({"do": "use", "id": TUTOR, "versions": ["a"]}, NotFound),
        ({"do": "restore", "id": "nothing"}, NotFound),
        ({"do": "check", "values": {"a": 1}}, InvalidInput),
        ({"do": "sing"}, InvalidInput),
    ],
)
def test_wrong_questions_are_refused(studio: Studio, question: dict, error: type[StudioError]) -> None:
    with pytest.raises(error):
        ask(studio, **question)
