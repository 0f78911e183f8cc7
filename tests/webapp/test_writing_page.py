"""The Write tab without a browser: what its handler answers, and to whom."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistants import writing
from assistants.errors import InvalidInput, NotFound, StudioError
from assistants.principals import LOCAL, Principal, of_owner
from assistants.requests import validated
from assistants.store import documents
from assistants.studio import Studio
from tests.serving import opened
from webapp.tabs.writing import view
from webapp.tabs.writing.actions import Asked, act


def ask(studio: Studio, owner: Principal = LOCAL, lang: str = "en", **data: Any) -> dict[str, Any]:
    answer = act(studio, owner, validated(Asked, data), lang)
    json.dumps(answer)
    return answer


@pytest.fixture
def draft(studio: Studio) -> str:
    """A draft of two sections, the second of which a job wrote."""
    first = documents.new_section("One", 20, text="First.")
    document = documents.new_document(title="Title", sections=(first, documents.new_section("Two")))
    brief = {"kind": "article", "topic": "t", "keywords": ["cat"]}
    made = studio.history.drafts.create(LOCAL.id, "A name", brief, document)
    second = studio.history.drafts.open(made, LOCAL.id).document["sections"][1]
    studio.history.drafts.write(made, LOCAL.id, second["id"], "Written.", second["revision"], "section", "job", "echo:")
    return made


def sections(studio: Studio, draft: str) -> list[dict[str, Any]]:
    return ask(studio, do="open", draft=draft)["sections"]


def test_a_new_draft_can_be_of_every_kind_in_both_languages(studio: Studio) -> None:
    english, chinese = (ask(studio, lang=lang, do="home") for lang in ("en", "zh"))
    assert [kind["id"] for kind in english["kinds"]] == list(writing.kinds())
    assert english["kinds"][0]["title"] == "Article"
    assert all(kind["title"] and kind["description"] for kind in chinese["kinds"])
    assert len(english["examples"]) >= 3
    assert {example["language"] for example in chinese["examples"]} == {"zh"}
    assert english["models"][0] == "echo:"
    assert english["drafts"] == {"items": [], "more": False}


def test_the_templates_are_the_visitors_own_and_for_writing_alone(studio: Studio) -> None:
    built_in = {id for id, _ in ask(studio, do="home")["templates"]}
    assert {"writing/article", "writing/poem-zh"} <= built_in and all(id.startswith("writing/") for id in built_in)
    other = {"writing/rewrite-expand", "writing/headlines", "writing/keyword", "writing/article-outline"}
    assert not built_in & other, "by these no section is written"
    visitor = of_owner("somebody")
    source = studio.prompts.get("writing/article", "somebody").source
    studio.prompts.save("writing/article", "somebody", source.replace("name: Article section", "name: My article", 1))
    studio.prompts.create("writing/letter", "somebody", source.replace("name: Article section", "name: Letter", 1))
    studio.prompts.create("chat/letter", "somebody", studio.prompts.get("chat/idea-partner", "somebody").source)
    rewrite = studio.prompts.get("writing/rewrite-expand", "somebody").source
    studio.prompts.create("writing/longer", "somebody", rewrite)
    own = dict(ask(studio, visitor, do="home")["templates"])
    assert (own["writing/article"], own["writing/letter"]) == ("My article", "Letter")
    assert set(own) == built_in | {"writing/letter"}
    assert {id for id, _ in ask(studio, do="home")["templates"]} == built_in, "and nobody else's"


def test_a_template_that_is_not_for_writing_is_refused_at_the_door(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="chat/idea-partner is not for writing"):
        ask(studio, do="write", request={"topic": "Doors", "template": "chat/idea-partner"})


def test_examples_are_requests_that_are_taken(studio: Studio) -> None:
    for lang in ("en", "zh"):
        for example in ask(studio, lang=lang, do="home")["examples"]:
            assert ask(studio, do="write", request={**example, "action": "outline"})["id"]


def test_a_model_without_chinese_is_said_and_gets_english_examples(tmp_path: Path) -> None:
    with opened(tmp_path, text_model="starter") as studio:
        english, chinese = (view.home(studio, LOCAL, lang) for lang in ("en", "zh"))
    assert english["advice"] is None
    assert "英文" in chinese["advice"]
    assert (chinese["language"], chinese["examples"]) == ("en", english["examples"])


def test_texts_that_the_page_has_are_not_sent_again(studio: Studio, draft: str) -> None:
    one, two = sections(studio, draft)
    again = ask(studio, do="refresh", draft=draft, have={one["id"]: one["revision"], two["id"]: "older"})
    assert "text" not in again["sections"][0]
    assert again["sections"][1]["text"] == "Written."


def test_saving_answers_with_the_new_revision_and_no_text(studio: Studio, draft: str) -> None:
    one = sections(studio, draft)[0]
    save = {"do": "save", "draft": draft, "section": one["id"], "heading": "Uno"}
    saved = ask(studio, text="Mine.\n\nTwo.", based_on=one["revision"], **save)["saved"]
    assert (saved["heading"], saved["by"]) == ("Uno", [None, None]) and "text" not in saved
    assert ask(studio, text="More.", based_on=saved["revision"], **save)["saved"]["count"] == 1


def test_what_was_changed_meanwhile_comes_back_with_the_draft_as_it_is(studio: Studio, draft: str) -> None:
    one = sections(studio, draft)[0]
    save = {"do": "save", "draft": draft, "section": one["id"], "based_on": one["revision"]}
    ask(studio, text="Theirs.", **save)
    answer = ask(studio, text="Mine.", lang="zh", **save)
    conflict = answer["conflict"]
    assert (conflict["section"], answer["sections"][0]["text"]) == (one["id"], "Theirs.")
    assert conflict["text"].endswith("。")
    now = answer["sections"][0]["revision"]
    chosen = ask(studio, do="choose", draft=draft, section=one["id"], version=conflict["kept"], based_on=now)
    assert chosen["sections"][0]["text"] == "Mine."


def test_alternates_say_where_the_text_is_among_them(studio: Studio, draft: str) -> None:
    two = sections(studio, draft)[1]
    assert ask(studio, do="open", draft=draft)["alternates"] == {}
    studio.history.drafts.write(draft, LOCAL.id, two["id"], "Again.", two["revision"], "section", "job-2", "echo:")
    found = ask(studio, do="refresh", draft=draft)["alternates"][two["id"]]
    assert (len(found["versions"]), found["here"]) == (2, 1)
    now = sections(studio, draft)[1]
    ask(studio, do="save", draft=draft, section=two["id"], text="Typed.", based_on=now["revision"])
    assert ask(studio, do="refresh", draft=draft)["alternates"][two["id"]]["here"] is None


def test_a_draft_is_rearranged_locked_branched_and_taken_back(studio: Studio, draft: str) -> None:
    before = ask(studio, do="open", draft=draft)
    one, two = (section["id"] for section in before["sections"])
    version = before["draft"]["version"]
    moved = ask(studio, do="arrange", draft=draft, sections=[{"id": two}, {"id": one}], title="New", based_on=version)
    assert ([section["id"] for section in moved["sections"]], moved["title"]) == ([two, one], "New")
    assert "conflict" in ask(studio, do="arrange", draft=draft, sections=[], based_on=version)
    locked = ask(studio, do="lock", draft=draft, section=two, locked=True)
    assert [section["locked"] for section in locked["sections"]] == [True, False]
    other = ask(studio, do="branch", draft=draft, version=version)["id"]
    assert ask(studio, do="open", draft=other)["title"] == "Title"
    listed = ask(studio, do="versions", draft=draft)["versions"]
    assert listed[0]["current"] and listed[-1]["cause"] == "begun"
    pieces = ask(studio, do="compare", draft=draft, version=version)["pieces"]
    assert {kind for kind, _ in pieces} == {"same", "removed", "added"}
    assert ask(studio, do="restore", draft=draft, version=version)["title"] == "Title"


def test_checks_are_sentences_in_the_visitors_language(studio: Studio, draft: str) -> None:
    for lang in ("en", "zh"):
        found = ask(studio, do="checks", draft=draft, lang=lang)["checks"]
        assert {"keyword", "length"} <= {check["name"] for check in found}
        assert all(check["text"] and "{" not in check["text"] for check in found)


def test_the_rich_text_is_safe(studio: Studio, draft: str) -> None:
    one = sections(studio, draft)[0]
    hostile = "**bold** <img src=x onerror=alert(1)>"
    ask(studio, do="save", draft=draft, section=one["id"], text=hostile, based_on=one["revision"])
    html = ask(studio, do="rich", draft=draft)["html"]
    assert "<strong>bold</strong>" in html and "<img" not in html


def test_the_list_of_drafts_searches_renames_deletes_and_brings_back(studio: Studio, draft: str) -> None:
    assert ask(studio, do="list", q="nowhere")["drafts"]["items"] == []
    renamed = ask(studio, do="rename", draft=draft, name="Another")["drafts"]["items"]
    assert [line["name"] for line in renamed] == ["Another"]
    gone = ask(studio, do="delete", draft=draft)
    assert gone["drafts"]["items"] == [] and "Another" in gone["undo"]["text"]
    back = ask(studio, do=gone["undo"]["do"], **gone["undo"]["details"])
    assert [line["id"] for line in back["drafts"]["items"]] == [draft]


def test_a_job_opens_its_draft_or_gives_back_what_it_was_asked(studio: Studio) -> None:
    request = {"topic": "A note. It is short.", "kind": "email"}
    asked = ask(studio, do="write", request=request)
    studio.jobs.wait(asked["job"]["id"], LOCAL.id, 30)
    answer = ask(studio, do="open", job=asked["job"]["id"])
    assert (answer["draft"]["id"], answer["brief"]["topic"]) == (asked["id"], request["topic"])
    ask(studio, do="delete", draft=asked["id"])
    gone = ask(studio, do="open", job=asked["job"]["id"])
    assert gone["inputs"].items() >= request.items() and gone["error"] == "There is no such draft."


def test_a_job_of_another_tab_is_none_of_ours(studio: Studio) -> None:
    job = studio.jobs.submit("chat", {"message": "hello"}, LOCAL).id
    with pytest.raises(NotFound):
        ask(studio, do="open", job=job)


@pytest.mark.parametrize(
    "request_",
    [
        {"topic": " "},
        {"topic": "t", "keywords": ["k"] * 500},
        {"topic": "t", "words": 0},
        {"topic": "t", "words": 1_000_000},
        {"topic": "t", "sample": "x" * 5_000_000},
        {"topic": "a\x07bell"},
        {"topic": "раss"},
        {"topic": "t", "kind": "novel"},
        {"topic": "t", "owner": "local"},
        {},
    ],
)
def test_a_wrong_brief_gets_one_sentence_and_leaves_no_draft(studio: Studio, request_: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as error:
        ask(studio, do="write", request=request_)
    assert str(error.value).count(". ") == 0
    assert ask(studio, do="list")["drafts"]["items"] == []


def test_nobody_reaches_anothers_drafts(studio: Studio, draft: str) -> None:
    one = sections(studio, draft)[0]
    place = {"section": one["id"], "based_on": one["revision"]}
    version = ask(studio, do="open", draft=draft)["draft"]["version"]
    tries = [
        {"do": "open"},
        {"do": "refresh"},
        {"do": "save", "text": "x", **place},
        {"do": "replace", "text": "x", **place},
        {"do": "arrange", "based_on": version},
        {"do": "lock", "section": one["id"], "locked": True},
        {"do": "choose", "version": version, **place},
        *({"do": name} for name in ("undo", "redo", "versions", "checks", "rich", "branch", "delete", "put-back")),
        {"do": "restore", "version": version},
        {"do": "compare", "version": version},
        {"do": "rename", "name": "x"},
        {"do": "brief", "request": {"topic": "x"}},
        {"do": "write", "request": {"action": "draft", "draft": draft}},
    ]
    before = ask(studio, do="open", draft=draft)
    for data in tries:
        with pytest.raises(StudioError) as error:
            ask(studio, of_owner("ann"), **{"draft": draft, **data})
        assert "First." not in str(error.value), data
    assert ask(studio, of_owner("ann"), do="list")["drafts"]["items"] == []
    assert ask(studio, do="open", draft=draft) == before


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"do": "format-disk"},
        {"do": "open", "draft": ["x"]},
        {"do": "open", "draft": "x" * 65},
        {"do": "write", "request": []},
        {"do": "save", "text": "\0"},
        {"do": "list", "shown": 0},
        {"do": "open", "owner": "local"},
    ],
)
def test_what_is_not_a_question_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        validated(Asked, data)
