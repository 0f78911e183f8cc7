"""The Write tab's questions over HTTP: what a new draft can be, what is drawn of one, and to whom."""

from pathlib import Path
from typing import Any

import pytest

from assistants import writing
from assistants.principals import LOCAL, of_owner
from assistants.store import documents
from assistants.studio import Studio
from tests.api.door import Door
from tests.serving import opened


@pytest.fixture
def door(studio: Studio) -> Door:
    return Door(studio)


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


def sections(door: Door, draft: str) -> list[dict[str, Any]]:
    return door.ask("GET", f"drafts/{draft}")["document"]["sections"]


def write(door: Door, **request: Any) -> dict[str, Any]:
    """Return the job that was asked for, whose draft is there at once."""
    ticket = door.ask("POST", "jobs", {"assistant": "writing", "request": request})
    return door.ask("GET", f"jobs/{ticket['id']}")


def test_a_new_draft_can_be_of_every_kind_in_both_languages(door: Door) -> None:
    english, chinese = (door.ask("GET", "writing", lang=lang) for lang in ("en", "zh"))
    assert [kind["id"] for kind in english["kinds"]] == list(writing.kinds())
    assert english["kinds"][0]["title"] == "Article"
    assert all(kind["title"] and kind["description"] for kind in chinese["kinds"])
    assert len(english["examples"]) >= 3
    assert {example["language"] for example in chinese["examples"]} == {"zh"}
    assert english["models"][0] == "echo:"
    fields = {field["name"]: field for kind in english["kinds"] for field in kind["fields"]}
    assert fields["channel"]["label"] and all(one["label"] for one in fields["channel"]["choices"])


def test_the_templates_are_the_visitors_own_and_for_writing_alone(studio: Studio, door: Door) -> None:
    built_in = {one["id"] for one in door.ask("GET", "writing")["templates"]}
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
    own = {one["id"]: one["name"] for one in door.ask("GET", "writing", who=visitor)["templates"]}
    assert (own["writing/article"], own["writing/letter"]) == ("My article", "Letter")
    assert set(own) == built_in | {"writing/letter"}
    assert {one["id"] for one in door.ask("GET", "writing")["templates"]} == built_in, "and nobody else's"


def test_a_template_that_is_not_for_writing_is_refused_at_the_door(door: Door) -> None:
    request = {"topic": "Doors", "template": "chat/idea-partner"}
    status, said = door.refusal("POST", "jobs", {"assistant": "writing", "request": request})
    assert status == 422 and "chat/idea-partner is not for writing" in said


def test_examples_are_requests_that_are_taken(door: Door) -> None:
    for lang in ("en", "zh"):
        for example in door.ask("GET", "writing", lang=lang)["examples"]:
            assert write(door, **example, action="outline")["result"]["draft"]


def test_a_model_without_chinese_is_said_and_gets_english_examples(tmp_path: Path) -> None:
    with opened(tmp_path, text_model="starter") as studio:
        door = Door(studio)
        english, chinese = (door.ask("GET", "writing", lang=lang) for lang in ("en", "zh"))
    assert english["advice"] is None
    assert "英文" in chinese["advice"]
    assert (chinese["language"], chinese["examples"]) == ("en", english["examples"])


def test_saving_answers_with_the_new_revision_and_no_text(door: Door, draft: str) -> None:
    one = sections(door, draft)[0]
    path, typed = f"drafts/{draft}/sections/{one['id']}", {"heading": "Uno"}
    saved = door.ask("PUT", path, {"text": "Mine.\n\nTwo.", "based_on": one["revision"], **typed})
    section = saved["section"]
    assert (section["heading"], section["by"]) == ("Uno", [None, None]) and "text" not in section
    assert saved["version"] == door.ask("GET", f"drafts/{draft}")["version"]
    again = door.ask("PUT", path, {"text": "More.", "based_on": section["revision"], **typed})
    assert again["section"]["count"] == 1


def test_what_was_changed_meanwhile_is_kept_and_can_be_chosen(door: Door, draft: str) -> None:
    one = sections(door, draft)[0]
    path = f"drafts/{draft}/sections/{one['id']}"
    door.ask("PUT", path, {"text": "Theirs.", "based_on": one["revision"]})
    answer = door.answer("PUT", path, {"text": "Mine.", "based_on": one["revision"]}, lang="zh")
    error = answer.json()["error"]
    assert answer.status_code == 409 and error["message"].endswith("。")
    now = sections(door, draft)[0]
    assert now["text"] == "Theirs."
    chosen = door.ask("POST", f"{path}/alternates/{error['kept']}", {"based_on": now["revision"]})
    assert chosen["document"]["sections"][0]["text"] == "Mine."


def test_a_proposal_takes_the_place_of_a_stretch(door: Door, draft: str) -> None:
    one = sections(door, draft)[0]
    path = f"drafts/{draft}/sections/{one['id']}/replace"
    stretch = {"start": 0, "end": 5, "text": "Second", "based_on": one["revision"]}
    assert door.ask("POST", path, stretch)["document"]["sections"][0]["text"] == "Second."
    assert door.refusal("POST", path, stretch)[0] == 409
    outside = stretch | {"end": 99, "based_on": sections(door, draft)[0]["revision"]}
    assert door.refusal("POST", path, outside) == (422, "selection does not lie in the section's text.")
    assert door.refusal("POST", path, stretch | {"start": True})[0] == 422


def test_alternates_say_where_the_text_is_among_them(studio: Studio, door: Door, draft: str) -> None:
    two = sections(door, draft)[1]
    assert door.ask("GET", f"drafts/{draft}")["alternates"] == {}
    studio.history.drafts.write(draft, LOCAL.id, two["id"], "Again.", two["revision"], "section", "job-2", "echo:")
    found = door.ask("GET", f"drafts/{draft}")["alternates"][two["id"]]
    assert (len(found["versions"]), found["here"]) == (2, 1)
    typed = {"text": "Typed.", "based_on": sections(door, draft)[1]["revision"]}
    door.ask("PUT", f"drafts/{draft}/sections/{two['id']}", typed)
    assert door.ask("GET", f"drafts/{draft}")["alternates"][two["id"]]["here"] is None


def test_a_draft_is_rearranged_locked_branched_and_taken_back(door: Door, draft: str) -> None:
    before = door.ask("GET", f"drafts/{draft}")
    one, two = (section["id"] for section in before["document"]["sections"])
    version, path = before["version"], f"drafts/{draft}"
    wanted = {"sections": [{"id": two}, {"id": one}], "title": "New", "based_on": version}
    moved = door.ask("PUT", f"{path}/outline", wanted)["document"]
    assert ([section["id"] for section in moved["sections"]], moved["title"]) == ([two, one], "New")
    assert door.refusal("PUT", f"{path}/outline", {"sections": [], "based_on": version})[0] == 409
    locked = door.ask("PUT", f"{path}/sections/{two}/lock", {"locked": True})["document"]
    assert [section["locked"] for section in locked["sections"]] == [True, False]
    other = door.ask("POST", f"{path}/versions/{version}/branch", lang="zh")["id"]
    branch = door.ask("GET", f"drafts/{other}")
    assert (branch["document"]["title"], branch["name"]) == ("Title", "A name（分支）")
    listed = door.ask("GET", f"{path}/versions")
    assert listed[0]["current"] and (listed[-1]["cause"], listed[-1]["parent"]) == ("edit", None)
    pieces = door.ask("GET", f"{path}/compare?left={version}")
    assert {piece["kind"] for piece in pieces} == {"same", "removed", "added"}
    assert door.ask("POST", f"{path}/versions/{version}/restore")["document"]["title"] == "Title"


def test_a_brief_is_kept_as_a_request_says_it(door: Door, draft: str) -> None:
    door.ask("PUT", f"drafts/{draft}/brief", {"topic": "Cats", "keywords": ["paw"]})
    assert door.ask("GET", f"drafts/{draft}")["brief"] == {"topic": "Cats", "keywords": ["paw"]}
    for wrong in ({"topic": " "}, {"topic": "t", "owner": "local"}, {"topic": "t", "words": 0}):
        assert door.refusal("PUT", f"drafts/{draft}/brief", wrong)[0] == 422
    assert door.ask("GET", f"drafts/{draft}")["brief"]["topic"] == "Cats"


def test_checks_are_sentences_in_the_visitors_language(door: Door, draft: str) -> None:
    for lang in ("en", "zh"):
        found = door.ask("GET", f"drafts/{draft}/checks", lang=lang)
        assert {"keyword", "length"} <= {check["name"] for check in found}
        assert all(check["sentence"] and "{" not in check["sentence"] for check in found)


def test_the_rich_text_is_safe(door: Door, draft: str) -> None:
    one = sections(door, draft)[0]
    hostile = {"text": "**bold** <img src=x onerror=alert(1)>", "based_on": one["revision"]}
    door.ask("PUT", f"drafts/{draft}/sections/{one['id']}", hostile)
    html = door.ask("GET", f"drafts/{draft}/html")["html"]
    assert "<strong>bold</strong>" in html and "<img" not in html


def test_the_list_shows_where_the_words_stand(door: Door, draft: str) -> None:
    assert door.ask("GET", "drafts?q=nowhere") == []
    [line] = door.ask("GET", "drafts?q=written")
    begin, end = line["snippet_marks"][0]
    assert line["section"] == sections(door, draft)[1]["id"] and line["snippet"][begin:end] == "Written"
    [line] = door.ask("GET", "drafts?q=name")
    assert line["name_marks"] == [[2, 6]]
    [line] = door.ask("GET", "drafts")
    assert (line["name_marks"], line["snippet"], line["section"]) == ([], None, None)


def test_a_job_opens_its_draft_or_gives_back_what_it_was_asked(studio: Studio, door: Door) -> None:
    request = {"topic": "A note. It is short.", "kind": "email"}
    job = write(door, **request)
    studio.jobs.wait(job["id"], LOCAL.id, 30)
    draft = job["result"]["draft"]
    assert door.ask("GET", f"drafts/{draft}")["brief"]["topic"] == request["topic"]
    door.ask("DELETE", f"drafts/{draft}")
    assert door.refusal("GET", f"drafts/{draft}") == (404, "There is no such draft.")
    assert door.ask("GET", f"jobs/{job['id']}")["request"].items() >= request.items()
    door.ask("POST", f"trash/{draft}/restore")
    assert door.ask("GET", f"drafts/{draft}")["id"] == draft


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
def test_a_wrong_brief_gets_one_sentence_and_leaves_no_draft(door: Door, request_: dict[str, Any]) -> None:
    _, said = door.refusal("POST", "jobs", {"assistant": "writing", "request": request_})
    assert said.count(". ") == 0
    assert door.ask("GET", "drafts") == []


def test_nobody_reaches_anothers_drafts(door: Door, draft: str) -> None:
    before = door.ask("GET", f"drafts/{draft}")
    one, version, ann = before["document"]["sections"][0], before["version"], of_owner("ann")
    based, section = {"based_on": one["revision"]}, f"sections/{one['id']}"
    tries: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("PUT", "/brief", {"topic": "x"}),
        ("PUT", f"/{section}", {"text": "x", **based}),
        ("POST", f"/{section}/replace", {"text": "x", "start": 0, "end": 0, **based}),
        ("PUT", f"/{section}/lock", {"locked": True}),
        ("POST", f"/{section}/alternates/{version}", based),
        ("GET", f"/{section}/alternates", None),
        ("PUT", "/outline", {"sections": [], "based_on": version}),
        *(("POST", f"/{name}", None) for name in ("undo", "redo")),
        *(("GET", f"/{name}", None) for name in ("versions", "checks", "html", "export", f"compare?left={version}")),
        *(("POST", f"/versions/{version}/{name}", None) for name in ("restore", "branch")),
    ]
    for method, tail, body in tries:
        status, said = door.refusal(method, f"drafts/{draft}{tail}", body, who=ann)
        assert status == 404 and "First." not in said, tail
    door.refusal("POST", f"trash/{draft}/restore", who=ann)
    wanted = {"assistant": "writing", "request": {"action": "draft", "draft": draft}}
    assert door.refusal("POST", "jobs", wanted, who=ann)[0] in (404, 422)
    assert door.ask("GET", "drafts", who=ann) == []
    assert door.ask("GET", f"drafts/{draft}") == before
