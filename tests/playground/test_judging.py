"""Checks by a model: likeness, a judge that is asked in both orders, and one that answers nonsense."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from assistants.studio import Studio
from tests.knowledge.stand_ins import stand_in_for_embedder
from tests.playground.runs import cells, rows, run
from tests.playground.stand_ins import MODEL, scripted, verdict

Answers = Callable[[list[BaseMessage]], str]


def judged(studio: Studio, patch: pytest.MonkeyPatch, answer: Answers, kind: str, **row: str) -> dict[str, Any]:
    scripted(patch, studio.models, answer)
    evaluator = {"type": kind, "value": "Is it polite to {{text}}?", "model": MODEL}
    ((check,),) = cells(run(studio, rows=rows("Ann", **row), evaluators=[evaluator]), "checks")
    return check


@pytest.mark.parametrize(("word", "passed"), [("pass", True), ("fail", False)])
def test_a_judge_that_says_the_same_in_both_orders(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, word: str, passed: bool
) -> None:
    heard: list[str] = []

    def answer(messages: list[BaseMessage]) -> str:
        heard.append(messages[-1].text)
        return verdict(word, "It greets.")

    check = judged(studio, monkeypatch, answer, "judge")
    assert (check["passed"], check["score"], check["values"]) == (passed, float(passed), {"reason": "It greets"})
    assert ["pass or fail" in text for text in heard] == [True, False]
    assert "Is it polite to Ann?" in heard[0]


def test_a_judge_that_takes_what_stands_first_has_not_decided(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    first = judged(studio, monkeypatch, lambda heard: verdict(heard[-1].text.split()[-3]), "judge")
    assert (first["passed"], first["score"]) == (None, 0.5)
    second = judged(studio, monkeypatch, lambda _: verdict("A"), "preferred", expected="Hello")
    assert (second["passed"], second["score"]) == (True, 0.5)


def test_nonsense_is_no_verdict_and_the_rest_goes_on(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, studio.models, lambda _: "Bananas!")
    evaluators = [{"type": "judge", "value": "Is it polite?", "model": MODEL}, {"type": "equals", "value": "Ann"}]
    job = run(studio, rows=rows("Ann"), evaluators=evaluators)
    ((judge, equals),) = cells(job, "checks")
    assert judge["passed"] is None and "it is no JSON" in judge["values"]["cause"]
    assert equals["passed"] is True and cells(job, "error", "passed") == [(None, None)]


@pytest.mark.parametrize(("better", "score"), [("Ann", 1), ("Hello", 0), (None, 0.5)])
def test_an_answer_is_held_against_the_expected_one(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, better: str | None, score: float
) -> None:
    def answer(messages: list[BaseMessage]) -> str:
        if better is None:
            return verdict("tie")
        return verdict("A" if messages[-1].text.partition("Answer B")[0].find(f"\n{better}\n") >= 0 else "B")

    check = judged(studio, monkeypatch, answer, "preferred", expected="Hello")
    assert check["score"] == score and check["passed"] is (score > 0)


def test_likeness_is_measured_by_the_embedder(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_embedder(monkeypatch, studio.models)
    close, far = {"text": "the red car", "expected": "a red car"}, {"text": "the red car", "expected": "blue sky"}
    job = run(studio, rows=[close, far, {"text": "红色的车", "expected": "车"}], evaluators=[{"type": "similar"}])
    assert cells(job, "passed") == [True, False, None]
    lenient = run(studio, rows=[far], evaluators=[{"type": "similar", "threshold": 0}])
    assert cells(lenient, "passed") == [True]
