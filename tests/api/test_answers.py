"""Questions, their answers and the sources over /api: what is answered, and to whom."""

import json
from typing import Any

import pytest

from assistants.principals import LOCAL, Principal, of_owner
from assistants.studio import Studio
from tests.api.door import Door

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")
VISITOR = of_owner("v-1")


@pytest.fixture
def door(studio: Studio) -> Door:
    return Door(studio)


def asked(door: Door, who: Principal = LOCAL, **request: Any) -> str:
    return door.ask("POST", "jobs", {"assistant": "support", "request": request}, who)["id"]


def answered(studio: Studio, door: Door, who: Principal = LOCAL, **request: Any) -> dict[str, Any]:
    job = asked(door, who, **request)
    studio.jobs.wait(job, who.id, 20)
    return door.ask("GET", f"answers/{job}", who=who)


def pasted(studio: Studio, door: Door, text: str) -> None:
    request = {"knowledge": "shop", "title": "rules", "text": text}
    job = door.ask("POST", "jobs", {"assistant": "ingestion", "request": request})["id"]
    studio.jobs.wait(job, LOCAL.id, 20)


def test_a_question_comes_back_with_proof_and_its_passage(studio: Studio, door: Door) -> None:
    value = answered(studio, door, VISITOR, question="How long are gift cards valid?", knowledge="sample")
    [citation] = value["result"]["citations"]
    assert value["names"][citation["source"]] == "handbook.en.md"
    assert value["why"]["route"] == "quoted" and value["why"]["candidates"]
    passage = door.ask("GET", f"knowledge/sample/sources/{citation['source']}", who=VISITOR)
    assert passage["text"][citation["start"] : citation["end"]] == citation["quote"]
    talk = value["result"]["conversation"]
    more = answered(studio, door, VISITOR, question="And in cash?", conversation=talk)
    assert more["result"]["conversation"] == talk


def test_sources_are_pasted_listed_and_deleted(studio: Studio, door: Door) -> None:
    pasted(studio, door, "Parking costs 2 euros.")
    assert door.ask("GET", "knowledge/shop")["may"] is True
    [source] = door.ask("GET", "knowledge/shop/sources")
    assert (source["name"], source["status"]) == ("rules", "ready")
    door.ask("DELETE", f"knowledge/shop/sources/{source['id']}")
    assert door.ask("GET", "knowledge/shop/sources") == []
    door.ask("DELETE", "knowledge/shop")
    assert "shop" not in [base["name"] for base in door.ask("GET", "knowledge")]


def test_a_visitor_reads_no_more_of_a_base_than_what_is_quoted(studio: Studio, door: Door) -> None:
    words = "Parking costs 2 euros an hour.\n\n# Staff\n\nThe code of the side door is 4711. It also opens the parking."
    pasted(studio, door, f"# Parking\n\n{words}")
    value = answered(studio, door, VISITOR, question="What does parking cost?", knowledge="shop")
    [citation] = value["result"]["citations"]
    passage = f"knowledge/shop/sources/{citation['source']}"
    assert value["names"] == {citation["source"]: "rules"} and value["reads"] is False
    assert "4711" not in json.dumps(value) and "Staff" not in json.dumps(value)
    assert "Parking" in [one["heading"] for one in value["why"]["candidates"]]
    assert door.ask("GET", "knowledge/shop", who=VISITOR)["reads"] is False
    assert door.refusal("GET", "knowledge/shop/sources", who=VISITOR)[0] == 403
    assert door.refusal("GET", passage, who=VISITOR)[0] == 403
    studio.knowledge.change("shop", LOCAL, visibility="all")
    assert "4711" in door.ask("GET", passage, who=VISITOR)["text"]
    open_now = answered(studio, door, VISITOR, question="What does parking cost?", knowledge="shop")
    assert "Staff" in json.dumps(open_now["why"]) and open_now["reads"] is True


def test_a_visitor_looks_and_asks_only(studio: Studio, door: Door) -> None:
    seen = door.ask("GET", "knowledge/sample", who=VISITOR)
    assert (seen["may"], seen["waiting"]) == (False, 0)
    source = studio.knowledge.sources("sample", LOCAL)[0].id
    paste = {"assistant": "ingestion", "request": {"knowledge": "sample", "text": "x"}}
    for method, path in (
        ("POST", "jobs"),
        ("DELETE", f"knowledge/sample/sources/{source}"),
        ("DELETE", "knowledge/sample"),
    ):
        assert door.refusal(method, path, paste, VISITOR)[0] == 403
    job = asked(door, question="How long are gift cards valid?")
    for method, path in (("GET", f"answers/{job}"), ("POST", f"jobs/{job}/stop")):
        assert door.refusal(method, path, who=VISITOR)[0] == 404


@pytest.mark.parametrize("question", ["", " ", "x" * 100_000])
def test_a_wrong_question_is_refused(door: Door, question: str) -> None:
    status, sentence = door.refusal("POST", "jobs", {"assistant": "support", "request": {"question": question}})
    assert status == 422 and sentence.startswith("question")
