"""Control: the same question on the same seed, free and held."""

import re
from typing import Any

import pytest

from assistants.errors import InvalidInput
from assistants.lab.control import FORMS, Options
from assistants.principals import LOCAL
from assistants.requests import validated
from assistants.studio import Studio
from tests.lab.conftest import done, look

SCHEMA = {
    "type": "object",
    "properties": {"price": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["price"],
    "additionalProperties": False,
}
HELD: list[dict[str, Any]] = [
    {"json_schema": SCHEMA},
    {"regex": "(cat|dog){2}"},
    {"choice": ["yes", "no"]},
    {"form": "four-lines", "max_tokens": 400},
    {"exclude": ["a", "e"]},
    {"negative": "the dog ran", "guidance": 2.0},
]


@pytest.mark.parametrize("options", HELD, ids=lambda options: next(iter(options)))
def test_an_answer_is_free_before_and_held_after(lab: Studio, options: dict[str, Any]) -> None:
    asked = {"seed": 3, "temperature": 1.0, "max_tokens": 24, **options}
    found = look(lab, "control", text="say a story", options=asked)
    plain = {name: asked[name] for name in ("seed", "temperature", "max_tokens")}
    messages = [{"role": "user", "content": "say a story"}]
    free = done(lab, "completions", messages=messages, params=plain)
    assert found["before"]["text"] == free.output, "the free one is what anybody gets on this seed"
    assert found["after"]["text"] != found["before"]["text"]
    assert found["after"]["holds"] in (True, None)
    assert found["before"]["holds"] in (False, None)


@pytest.mark.parametrize(
    ("form", "verse", "broken"),
    [
        (
            "quatrain-5",
            "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。",
            "床前明月，疑是地上霜。",
        ),
        ("quatrain-7", "朝辞白帝彩云间，千里江陵一日还。\n两岸猿声啼不住，轻舟已过万重山。", "朝辞白帝彩云间"),
        (
            "four-lines",
            "The river runs along the hill,\nThe moon is on the water still,\n"
            "A lonely bird begins to sing,\nAnd morning waits for everything.",
            "The river runs.",
        ),
    ],
)
def test_forms_take_verse_and_nothing_else(form: str, verse: str, broken: str) -> None:
    assert re.fullmatch(FORMS[form], verse)
    assert not re.fullmatch(FORMS[form], broken)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"regex": "a", "choice": ["b"]},
        {"include": ["a"], "negative": "b"},
    ],
    ids=str,
)
def test_an_answer_is_held_to_one_thing(lab: Studio, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        lab.jobs.submit("lab", {"part": "control", "text": "say", "options": options}, LOCAL)
    assert refused.value.field == "options"


def test_a_pattern_that_is_none_and_a_model_elsewhere_are_refused_at_the_door(lab: Studio) -> None:
    with pytest.raises(InvalidInput) as refused:
        lab.jobs.submit("lab", {"part": "control", "text": "say", "options": {"regex": "("}}, LOCAL)
    assert refused.value.field == "regex"
    with pytest.raises(InvalidInput) as refused:
        request = {"part": "control", "text": "say", "model": "echo:", "options": {"exclude": ["a"]}}
        lab.jobs.submit("lab", request, LOCAL)
    assert refused.value.field == "model"


def test_a_model_elsewhere_is_held_by_asking_again(lab: Studio) -> None:
    found = look(lab, "control", text="yes", model="echo:", options={"choice": ["yes", "no"]})
    assert found["after"]["holds"] is True


def test_settings_have_their_limits() -> None:
    with pytest.raises(InvalidInput):
        validated(Options, {"guidance": 11.0})
