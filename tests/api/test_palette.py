"""What the command palette finds, and for whom."""

import re
from typing import Any

import pytest

from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from tests.api.door import Door
from webapp import STATIC
from webapp.api import palette
from webapp.api.palette import SHOWN
from webapp.server import facts
from webapp.tabs import ASSISTANT_TABS, OTHER_TABS


def find(studio: Studio, q: str, owner: str = "local") -> list[dict[str, Any]]:
    return [hit.model_dump() for hit in palette.find(studio, of_owner(owner), q).hits]


def say(studio: Studio, message: str, owner: str = "local") -> Any:
    job = studio.jobs.submit("chat", {"message": message}, of_owner(owner))
    return studio.jobs.wait(job.id, owner, 10)


def test_what_one_has_and_what_the_studio_offers_is_found(studio: Studio) -> None:
    job = say(studio, "a patient okapi")
    conversation, item = find(studio, "okapi")
    assert (conversation["kind"], conversation["id"]) == ("conversation", job.result["conversation"])
    assert (item["kind"], item["assistant"], item["id"], item["detail"]) == ("item", "chat", job.id, "a patient okapi")
    assert conversation["title_marks"] == item["title_marks"] == item["detail_marks"] == [(10, 15)]
    kinds = {hit["kind"]: hit["id"] for hit in find(studio, "patient")}
    assert (kinds["prompt"], kinds["item"]) == ("chat/tutor", job.id)


def test_a_draft_is_found_by_its_text(studio: Studio) -> None:
    document = {"title": "T", "sections": []}
    draft = studio.history.drafts.create("local", "A patient okapi", {"topic": "animals"}, document)
    (hit,) = find(studio, "okapi")
    assert (hit["kind"], hit["id"], hit["title_marks"]) == ("draft", draft, [(10, 15)])
    assert [one["id"] for one in find(studio, "")] == [draft] and find(studio, "okapi", "bob") == []


def test_a_picture_is_found_by_its_prompt(studio: Studio) -> None:
    job = studio.jobs.submit("images", {"prompt": "a patient okapi", "width": 64, "height": 64}, LOCAL)
    file = studio.jobs.wait(job.id, "local", 10).result["images"][0]["file"]
    hit = next(one for one in find(studio, "okapi") if one["kind"] == "picture")
    assert (hit["title"], hit["title_marks"]) == ("a patient okapi", [(10, 15)])
    assert file.endswith(hit["id"]) and find(studio, "okapi", "bob") == []


def test_titles_come_before_texts_however_old_they_are(studio: Studio) -> None:
    drafts = studio.history.drafts
    document = {"title": "", "sections": []}
    titled = drafts.create("local", "The okapi by night", {"topic": "animals"}, document)
    others = [
        drafts.create("local", f"Draft {number}", {"topic": "an okapi by night"}, document) for number in range(9)
    ]
    found = [one for one in find(studio, "okapi by night") if one["kind"] == "draft"]
    assert found[0]["id"] == titled and {one["id"] for one in found[1:]} <= set(others)
    assert [one["is_titled"] for one in found] == [True] + [False] * (SHOWN - 1)
    talk = say(studio, "an okapi at night")
    for number in range(SHOWN + 2):
        say(studio, f"number {number}\n\n{'x' * 200} okapi")
    for kind in ("conversation", "item"):
        first = next(one for one in find(studio, "okapi") if one["kind"] == kind)
        assert first["id"] in (talk.id, talk.result["conversation"]) and first["is_titled"]


def test_a_model_is_found_by_name_or_title_by_those_who_may_choose_it(studio: Studio) -> None:
    def models(q: str) -> list[str]:
        return [one.name for one in palette.find(studio, LOCAL, q).models]

    assert models("ECHO") == ["echo:"] and models("") == models("ech zzz") == []


def test_nobody_finds_what_is_anothers(studio: Studio) -> None:
    say(studio, "a patient okapi", "ann")
    assert find(studio, "okapi") == find(studio, "okapi", "bob") == [] != find(studio, "okapi", "ann")


def test_before_anything_is_typed_the_last_conversations_are_there(studio: Studio) -> None:
    for number in range(SHOWN + 1):
        say(studio, f"number {number}")
    for q in ("", "  "):
        assert [hit["title"] for hit in find(studio, q)] == [f"number {number}" for number in range(SHOWN, 0, -1)]


@pytest.mark.parametrize("q", ["<b>", "%", "☂ 'OR'", '"', "退", "a" * 200])
def test_any_text_may_be_looked_for(studio: Studio, q: str) -> None:
    say(studio, "nothing of this kind")
    assert find(studio, q) == []


def test_what_is_no_question_is_refused(studio: Studio) -> None:
    assert Door(studio).refusal("GET", f"palette?q={'a' * 201}")[0] == 422


def test_the_page_is_told_once_where_rows_open(studio: Studio) -> None:
    told = facts(studio)
    tabs = {tab.__name__.rpartition(".")[2] for tab in (*ASSISTANT_TABS, *OTHER_TABS)}
    icons = (STATIC / "shared" / "icons.svg").read_text(encoding="utf-8")
    findable = [kind.name for kind in studio.history.kinds if kind.find]
    assert [kind["name"] for kind in told["kinds"]] == findable != []
    for kind in told["kinds"]:
        assert kind["tab"] in tabs and f'id="{kind["icon"]}"' in icons and kind["parameters"], kind
    assert set(told["playable"]) == {"chat", "writing", "support", "completions"}


def test_no_script_that_all_tabs_share_names_a_kind(studio: Studio) -> None:
    names = "|".join(kind.name for kind in studio.history.kinds if kind.tab or kind.title)
    for path in (STATIC / "shared").glob("*.js"):
        assert re.findall(rf'"({names})"', path.read_text(encoding="utf-8")) == [], path.name
