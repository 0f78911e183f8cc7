"""The History tab, asked as its script asks it."""

import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from assistants import ASSISTANTS
from assistants.errors import InvalidInput, NotFound
from assistants.principals import LOCAL, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from assistants.writing import kinds
from webapp.i18n import LANGUAGES
from webapp.tabs.history import INTERNAL, WRAPPERS, Asked, act, label, said


def ask(studio: Studio, do: str, owner: str = "local", **details: Any) -> dict[str, Any]:
    return act(studio, of_owner(owner), validated(Asked, {"do": do, **details}), "en")


def say(studio: Studio, message: str, owner: str = "local", **request: Any) -> str:
    job = studio.jobs.submit("chat", {"message": message, **request}, of_owner(owner))
    return studio.jobs.wait(job.id, owner, 10).id


def test_a_search_brings_marks_and_choices_once(studio: Studio) -> None:
    say(studio, "green tea", template="chat/tutor")
    found = ask(studio, "search", q="tea")
    assert (found["items"][0]["title_marks"], found["items"][0]["snippet_marks"]) == ([(6, 9)], [(6, 9)])
    assert (found["models"], found["templates"], found["is_operator"]) == (["echo:"], ["chat/tutor"], True)
    assert ask(studio, "search", "visitor")["is_operator"] is False
    assert set(ask(studio, "search", before=found["items"][0]["number"])) == {"items", "more"}


def test_filters_of_the_page_narrow(studio: Studio) -> None:
    job = say(studio, "green tea")
    ask(studio, "star", ids=[job], starred=True)
    for filters, count in (
        ({"starred": True}, 1),
        ({"model": "echo:"}, 1),
        ({"template": "none"}, 0),
        ({"since": "2020-01-01T00:00:00.000Z"}, 1),
        ({"until": "2020-01-01T00:00:00.000Z"}, 0),
    ):
        assert len(ask(studio, "search", **filters)["items"]) == count, filters
    ask(studio, "star", ids=[job], starred=False)
    assert ask(studio, "search", starred=True)["items"] == []
    with pytest.raises(InvalidInput, match="until"):
        ask(studio, "search", until="yesterday")


def test_an_item_runs_again(studio: Studio) -> None:
    job = say(studio, "green tea", params={"seed": 7})
    again = studio.jobs.wait(ask(studio, "again", ids=[job])["job"], "local", 10)
    assert again.request["params"] == {"seed": 7} and again.output == "green tea"


def test_two_items_lie_side_by_side(studio: Studio) -> None:
    jobs = [say(studio, "green tea", params={"seed": seed}) for seed in (7, 8)]
    compared = ask(studio, "compare", ids=jobs)
    assert {one["label"]: one["same"] for one in compared["inputs"]} == {
        "Model": True,
        "Message": True,
        "Seed": False,
    }
    assert compared["output"] == [["same", "green tea"]] and [item["id"] for item in compared["items"]] == jobs
    for ids in (jobs[:1], [*jobs, jobs[0]]):
        with pytest.raises(InvalidInput, match="ids"):
            ask(studio, "compare", ids=ids)


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
def test_what_is_compared_has_no_notation_and_no_inner_names(studio: Studio, lang: str, line: str) -> None:
    jobs = []
    for polish in (False, True):
        asked = {"topic": "Tea", "outline": [{"heading": "Why", "words": 40}], "polish": polish, "kind": "article"}
        jobs.append(studio.jobs.wait(studio.jobs.submit("writing", asked, LOCAL).id, "local", 20).id)
    compared = act(studio, LOCAL, validated(Asked, {"do": "compare", "ids": jobs}), lang)
    shown = [(one["label"], one["left"] or "", one["right"] or "") for one in compared["inputs"]]
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


def test_deleted_restored_emptied_counted(studio: Studio) -> None:
    job = say(studio, "green tea")
    assert ask(studio, "stats")["counts"][0]["items"] == 1
    trashed = ask(studio, "delete", ids=[job])["trashed"]
    assert [line["id"] for line in ask(studio, "trash")["trash"]] == trashed
    assert ask(studio, "trash", "visitor")["trash"] == []
    assert ask(studio, "restore", ids=trashed)["trash"] == []
    ask(studio, "delete", ids=[job])
    assert ask(studio, "empty")["trash"] == []
    with pytest.raises(NotFound):
        ask(studio, "open", ids=[job])
    assert ask(studio, "stats", days=7)["counts"] == []
