"""The Support tab without a browser: what its handler answers, and to whom."""

import json
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotAllowed, NotFound
from assistants.principals import LOCAL, Principal, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from webapp.tabs.support import Asked, act

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")
VISITOR = of_owner("v-1")


def ask(studio: Studio, owner: Principal = LOCAL, **data: Any) -> dict[str, Any]:
    answer = act(studio, owner, validated(Asked, data), "en")
    json.dumps(answer)
    return answer


def answered(studio: Studio, owner: Principal = LOCAL, **data: Any) -> dict[str, Any]:
    job = ask(studio, owner, do="ask", **data)["job"]
    studio.jobs.wait(job, owner.id, 20)
    return ask(studio, owner, do="result", id=job)


def test_a_question_comes_back_with_proof_and_its_passage(studio: Studio) -> None:
    value = answered(studio, VISITOR, question="How long are gift cards valid?", knowledge="sample")
    [citation] = value["result"]["citations"]
    assert value["names"][citation["source"]] == "handbook.en.md"
    assert value["why"]["route"] == "quoted" and value["why"]["candidates"]
    passage = ask(studio, VISITOR, do="passage", knowledge="sample", id=citation["source"])
    assert passage["text"][citation["start"] : citation["end"]] == citation["quote"]
    more = answered(studio, VISITOR, question="And in cash?", conversation=value["result"]["conversation"])
    assert more["result"]["conversation"] == value["result"]["conversation"]


def test_sources_are_pasted_listed_and_deleted(studio: Studio) -> None:
    job = ask(studio, do="paste", knowledge="shop", title="rules", text="Parking costs 2 euros.")["job"]
    studio.jobs.wait(job, LOCAL.id, 20)
    seen = ask(studio, do="look", knowledge="shop")
    [source] = seen["sources"]
    assert (source["name"], source["status"], seen["may"]) == ("rules", "ready", True)
    assert ask(studio, do="delete", knowledge="shop", id=source["id"])["sources"] == []
    assert "shop" not in [base["name"] for base in ask(studio, do="delete-base", knowledge="shop")["bases"]]


def test_a_visitor_reads_no_more_of_a_base_than_what_is_quoted(studio: Studio) -> None:
    words = "Parking costs 2 euros an hour.\n\n# Staff\n\nThe code of the side door is 4711. It also opens the parking."
    job = ask(studio, do="paste", knowledge="shop", title="rules", text=f"# Parking\n\n{words}")["job"]
    studio.jobs.wait(job, LOCAL.id, 20)
    value = answered(studio, VISITOR, question="What does parking cost?", knowledge="shop")
    [citation] = value["result"]["citations"]
    assert value["names"] == {citation["source"]: "rules"} and value["reads"] is False
    assert "4711" not in json.dumps(value) and "Staff" not in json.dumps(value)
    assert "Parking" in [one["heading"] for one in value["why"]["candidates"]]
    seen = ask(studio, VISITOR, do="look", knowledge="shop")
    assert seen["sources"] == [] and seen["reads"] is False
    with pytest.raises(NotAllowed):
        ask(studio, VISITOR, do="passage", knowledge="shop", id=citation["source"])
    studio.knowledge.change("shop", LOCAL, visibility="all")
    assert "4711" in ask(studio, VISITOR, do="passage", knowledge="shop", id=citation["source"])["text"]
    open_now = answered(studio, VISITOR, question="What does parking cost?", knowledge="shop")
    assert "Staff" in json.dumps(open_now["why"]) and open_now["reads"] is True


def test_a_visitor_looks_and_asks_only(studio: Studio) -> None:
    assert ask(studio, VISITOR, do="look", knowledge="sample")["may"] is False
    source = studio.knowledge.sources("sample", LOCAL)[0].id
    for data in ({"do": "paste", "text": "x"}, {"do": "delete", "id": source}, {"do": "delete-base"}):
        with pytest.raises(NotAllowed):
            ask(studio, VISITOR, knowledge="sample", **data)
    job = ask(studio, do="ask", question="How long are gift cards valid?")["job"]
    for do in ("result", "stop"):
        with pytest.raises(NotFound):
            ask(studio, VISITOR, do=do, id=job)


@pytest.mark.parametrize("question", ["", " ", "x" * 100_000])
def test_a_wrong_question_is_refused(studio: Studio, question: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        ask(studio, do="ask", question=question)
    assert wrong.value.field == "question"
