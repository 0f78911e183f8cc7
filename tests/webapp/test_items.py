"""Items in the words of the page, and the history as its script asks for it."""

import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from assistants import ASSISTANTS
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from assistants.writing import kinds
from tests.api.door import Door
from webapp.i18n import LANGUAGES
from webapp.items import INTERNAL, WRAPPERS, label, said


@pytest.fixture
def door(studio: Studio) -> Door:
    return Door(studio)


def say(studio: Studio, message: str, **request: Any) -> str:
    job = studio.jobs.submit("chat", {"message": message, **request}, LOCAL)
    return studio.jobs.wait(job.id, LOCAL.id, 10).id


def test_a_search_brings_marks(studio: Studio, door: Door) -> None:
    say(studio, "green tea", template="chat/tutor")
    [found] = door.ask("GET", "history?q=tea")["items"]
    assert (found["title_marks"], found["snippet_marks"]) == ([[6, 9]], [[6, 9]])


def test_what_the_history_is_narrowed_by_is_the_visitors_own(studio: Studio, door: Door) -> None:
    say(studio, "green tea", template="chat/tutor")
    own = door.ask("GET", "history/choices")
    assert (own["models"], own["templates"], own["is_operator"]) == (["echo:"], ["chat/tutor"], True)
    assert "chat" in own["assistants"] and "queued" in own["statuses"]
    others = door.ask("GET", "history/choices", who=of_owner("ann"))
    assert (others["models"], others["templates"], others["is_operator"]) == ([], [], False)


def test_an_item_is_opened_by_whose_it_is(studio: Studio, door: Door) -> None:
    job = say(studio, "green tea", params={"max_tokens": 1})
    opened = door.ask("GET", f"history/{job}")
    assert (opened["said"], opened["output"], opened["is_open"]) == (
        [{"role": "user", "text": "green tea"}],
        "green ",
        False,
    )
    assert opened["settings"] == '{\n  "params": {\n    "max_tokens": 1\n  }\n}' and opened["tokens"]["written"] == 1
    assert door.refusal("GET", f"history/{job}", who=of_owner("ann"))[0] == 404


def test_two_items_lie_side_by_side(studio: Studio, door: Door) -> None:
    left, right = (say(studio, "green tea", params={"seed": seed}) for seed in (7, 8))
    compared = door.ask("GET", f"history/{left}/compare/{right}")
    assert {one["label"]: one["same"] for one in compared["shown"]} == {
        "Model": True,
        "Message": True,
        "Seed": False,
    }
    assert compared["output"] == [{"kind": "same", "text": "green tea"}]
    assert [item["id"] for item in compared["items"]] == [left, right]
    assert door.refusal("GET", f"history/{left}/compare/{right}", who=of_owner("ann"))[0] == 404


def request_fields() -> set[str]:
    """Return the names of all that an assistant can be asked, however deep."""
    found: set[str] = set()
    waiting: list[Any] = [assistant.Request for assistant in ASSISTANTS]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            found |= set(one.model_fields)
            waiting += [field.annotation for field in one.model_fields.values()]
        else:
            waiting += get_args(one)
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_can_be_asked_is_compared_by_a_name_of_the_page(lang: str) -> None:
    fields = request_fields()
    assert len(fields) > 80
    unnamed = {name for name in fields if label(name, lang) == name} - INTERNAL - WRAPPERS
    assert unnamed == set()


@pytest.mark.parametrize(("lang", "line"), [("en", "Heading: Why · Length: 40"), ("zh", "小标题: Why · 篇幅: 40")])
def test_what_is_compared_has_no_notation_and_no_inner_names(studio: Studio, door: Door, lang: str, line: str) -> None:
    jobs = []
    for polish in (False, True):
        asked = {"topic": "Tea", "outline": [{"heading": "Why", "words": 40}], "polish": polish, "kind": "article"}
        jobs.append(studio.jobs.wait(studio.jobs.submit("writing", asked, LOCAL).id, "local", 20).id)
    compared = door.ask("GET", f"history/{jobs[0]}/compare/{jobs[1]}", lang=lang)
    shown = [(one["label"], one["left"] or "", one["right"] or "") for one in compared["shown"]]
    assert line in [left for _, left, _ in shown]
    words = " ".join(part for line in shown for part in line)
    assert not re.search(r'[{}\[\]"_]|\b(true|false|null|polish|outline)\b', words), words
    assert len({name for name, _, _ in shown}) == len(shown)


def test_the_words_of_a_person_are_compared_as_they_are() -> None:
    """A variable's name and a list in a text are theirs, not ours; a field of a kind of text has its title."""
    text = '["a", {"b": true}]'
    assert (label("values.seed", "en"), said(text, "en", "values.seed")) == ("seed", text)
    assert (said("continue", "en", "message"), said("article", "en", "values.kind")) == ("continue", "article")
    kind, name = next((kind, name) for kind in kinds().values() for name in kind.fields)
    assert label(f"fields.{name}", "zh") == kind.fields[name].title["zh"]
