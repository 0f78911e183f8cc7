"""Rewriting: what cannot be proposed is said at the door; what is proposed is what was asked for, and loses no fact."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from assistants import writing
from assistants.errors import InvalidInput
from assistants.models import Models
from assistants.principals import LOCAL
from assistants.store.documents import count, new_document, new_section
from assistants.studio import Studio
from assistants.writing.outline import tidy
from tests.engines.misbehaving import Handler, Server


def propose(studio: Studio, operation: str, instruction: str = "") -> None:
    draft = writing.take_in(studio, LOCAL.id, "a.md", b"# Doors\n\nOne door is open.\n").id
    section = studio.history.drafts.open(draft, LOCAL.id).document["sections"][0]["id"]
    place = {"draft": draft, "section": section, "selection": {"start": 0, "end": 8}}
    request = {"action": "rewrite", "operation": operation, "instruction": instruction, "model": "echo:", **place}
    studio.jobs.submit("writing", request, LOCAL)


def test_a_model_is_not_asked_for_a_language_that_it_does_not_know(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(studio, "translate", "zh")  # nobody knows what this model knows
    monkeypatch.setattr(Models, "languages", lambda _, name: ("en",))
    propose(studio, "translate", "en")
    propose(studio, "translate", "Plain English, please")
    with pytest.raises(InvalidInput, match="echo: does not write this language"):
        propose(studio, "translate", "zh")


def test_nothing_is_written_like_a_sample_that_is_not_there(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="no sample to go by"):
        propose(studio, "sample")


# What is longer, what is shorter, and what must not get lost

OLD = "The hall opens in May. It costs 5 euros. Ada runs it."
FACTS = ["The hall opens in May", "It costs 5 euros"]
LONG = f"{OLD} Many people have waited for this day, and now it comes at last, with music and cake for all."


def proposal(
    studio: Studio, server: Server, operation: str, *said: str, text: str = OLD, instruction: str = "", **brief: Any
) -> dict[str, Any]:
    """What is proposed for all of a section by a model that says one text after the other."""
    server.script = [saying(one) for one in said]
    document = new_document(sections=(new_section("One", text=text),))
    draft = studio.history.drafts.create(LOCAL.id, "Hall", {"topic": "Hall", **brief}, document)
    section = document["sections"][0]["id"]
    place = {"draft": draft, "section": section, "selection": {"start": 0, "end": len(text)}}
    request = {"action": "rewrite", "operation": operation, "instruction": instruction, "model": "cluster:m", **place}
    job = studio.jobs.wait(studio.jobs.submit("writing", request, LOCAL).id, LOCAL.id, 60)
    assert (job.status, job.failure) == ("done", None)
    return (job.result or {})["proposal"]


def saying(text: str) -> Callable[[Handler], None]:
    def behave(one: Handler) -> None:
        one.say(*text)
        one.conclude()

    return behave


@pytest.mark.parametrize(
    ("operation", "first", "second", "text", "language"),
    [
        ("expand", "The hall opens.", LONG, OLD, "en"),
        ("expand", OLD, LONG, OLD, "en"),
        ("shorten", LONG, "The hall opens in May.", OLD, "en"),
        ("shorten", OLD, "The hall opens in May.", OLD, "en"),
        ("expand", "大厅开放。", "大厅将于五月正式开放，欢迎大家前来参观。", "大厅五月开放。", "zh"),
        ("shorten", "大厅将于五月正式开放，欢迎参观。", "大厅五月开。", "大厅将在五月开放。", "zh"),
    ],
)
def test_a_text_without_the_length_that_was_asked_for_is_asked_for_again(
    studio: Studio, cluster: Server, operation: str, first: str, second: str, text: str, language: str
) -> None:
    made = proposal(studio, cluster, operation, first, second, text=text, language=language)
    assert made["text"] == second and made["counts"] == [count(text), count(second)]
    assert not [note for note in made["notes"] if "hardly" in note["template"]]
    asked = cluster.asked[-1].body["messages"]
    assert asked[-2]["content"] == first and str(count(first)) in asked[-1]["content"]


@pytest.mark.parametrize("operation", ["expand", "shorten"])
def test_what_never_gets_the_length_is_proposed_with_a_word_about_it(
    studio: Studio, cluster: Server, operation: str
) -> None:
    made = proposal(studio, cluster, operation, *[OLD] * 3)
    assert made["text"] == OLD and "hardly" in made["notes"][0]["template"] and len(cluster.asked) == 3


def test_a_text_of_the_right_length_is_asked_for_once(studio: Studio, cluster: Server) -> None:
    made = proposal(studio, cluster, "expand", LONG)
    assert len(cluster.asked) == 1 and made["text"] == LONG and made["notes"] == []


def test_a_proposal_shows_what_it_changes(studio: Studio, cluster: Server) -> None:
    made = proposal(studio, cluster, "rewrite", "The hall opens in June.", text="The hall opens in May.")
    assert [piece for piece in made["diff"] if piece[0] != "same"] == [["removed", "May"], ["added", "June"]]


@pytest.mark.parametrize("operation", ["rewrite", "expand", "proofread", "tone"])
def test_facts_and_keywords_that_a_text_had_are_put_back(studio: Studio, cluster: Server, operation: str) -> None:
    said = "The hall opens its doors to all of us in May, and everybody will be very welcome there then."
    how = "Kindly" if operation == "tone" else ""
    made = proposal(studio, cluster, operation, said, instruction=how, facts=FACTS, keywords=["Ada"])
    assert made["text"] == f"{said} It costs 5 euros. Ada runs it." and made["lost"] == []
    assert made["notes"][0]["values"]["what"] == "It costs 5 euros; Ada"


@pytest.mark.parametrize("operation", ["shorten", "instruction"])
def test_where_a_fact_does_not_fit_its_loss_is_said(studio: Studio, cluster: Server, operation: str) -> None:
    made = proposal(studio, cluster, operation, "The hall opens in May.", instruction="No prices", facts=FACTS)
    [lost] = made["lost"]
    assert made["text"] == "The hall opens in May."
    assert lost["values"]["what"] == FACTS[1] and lost["put"] == " It costs 5 euros."


def test_a_number_that_no_fact_names_is_said_when_it_is_lost(studio: Studio, cluster: Server) -> None:
    made = proposal(studio, cluster, "rewrite", "The hall opens in May. It costs little.")
    assert [note["values"]["what"] for note in made["notes"]] == ["5 euros"]


def test_a_section_that_is_written_again_keeps_the_facts_it_had(studio: Studio, cluster: Server) -> None:
    document = new_document(sections=(new_section("One", text=OLD), new_section("Two", text="Ada runs it.")))
    brief = {"topic": "Hall", "facts": FACTS, "keywords": ["Ada"]}
    draft = studio.history.drafts.create(LOCAL.id, "Hall", brief, document)
    cluster.script = [saying("The hall opens in May.")]
    request = {"action": "section", "draft": draft, "section": document["sections"][0]["id"], "model": "cluster:m"}
    job = studio.jobs.wait(studio.jobs.submit("writing", request, LOCAL).id, LOCAL.id, 60)
    now = studio.history.drafts.open(draft, LOCAL.id).document["sections"][0]["text"]
    assert now == "The hall opens in May. It costs 5 euros." and job.output.endswith(now)
    notes = [data["data"] for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]
    assert "It costs 5 euros" in [note["values"]["what"] for note in notes if "template" in note]


def headlines(studio: Studio, server: Server, *said: list[str], language: str = "en") -> tuple[list[str], list[int]]:
    """What comes of what a model says, one list after the other, and how many were left out."""
    server.script = [saying(json.dumps({"headlines": lines}, ensure_ascii=False)) for lines in said]
    document = new_document(title="The hall opens", sections=(new_section("One", text=OLD),))
    draft = studio.history.drafts.create(LOCAL.id, "Hall", {"topic": "Hall", "language": language}, document)
    request = {"action": "headlines", "draft": draft, "model": "cluster:m"}
    job = studio.jobs.wait(studio.jobs.submit("writing", request, LOCAL).id, LOCAL.id, 60)
    assert (job.status, job.failure) == ("done", None)
    parts = [data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]
    return (job.result or {})["headlines"], [one["data"]["values"]["count"] for one in parts if one["name"] == "note"]


FIVE = [
    "A hall for all of us",
    "Doors open in May",
    "What it costs",
    "Ada and the hall",
    "Why we built it",
]


def test_headlines_have_no_full_stop_and_no_quotes(studio: Studio, cluster: Server) -> None:
    said = ["“A hall for all of us.”", "Doors open in May.", "‘What it costs’", *FIVE[3:]]
    assert headlines(studio, cluster, said) == (FIVE, [])


def test_headlines_that_come_twice_or_are_the_title_are_asked_for_again(studio: Studio, cluster: Server) -> None:
    first = [FIVE[0], FIVE[0].upper(), "The hall opens.", FIVE[1], FIVE[2]]
    assert headlines(studio, cluster, first, [*FIVE[1:3], *FIVE[3:], "One more of them"]) == (FIVE, [4])


def test_headlines_are_in_the_language_of_the_draft(studio: Studio, cluster: Server) -> None:
    own = [f"五月开放的新大厅之{sign}" for sign in "一二三四五"]
    mixed = [*own[:3], "The new hall opens", "Doors open in May"]
    assert headlines(studio, cluster, mixed, [*own[3:], *own[:3]], language="zh") == (own, [2])


def test_fewer_headlines_than_asked_for_are_shown_with_a_word(studio: Studio, cluster: Server) -> None:
    found, left_out = headlines(studio, cluster, *[[FIVE[0]] * 5] * 3)
    assert found == FIVE[:1] and left_out == [14]


@pytest.mark.parametrize(
    ("said", "heading"),
    [
        ("“Why trees.”", "Why trees"),
        ("Trees in the U.S.", "Trees in the U.S."),
        ("What is “home”", "What is “home”"),
        ("读《红楼梦》", "读《红楼梦》"),
        ("「树荫。」", "树荫"),
        ("Why trees?", "Why trees?"),
    ],
)
def test_a_heading_is_held_as_a_headline_is(said: str, heading: str) -> None:
    assert tidy(said) == heading
