"""The checks that need no model: what passes, what does not, and what cannot be told."""

from typing import Any

import pytest

from assistants.errors import InvalidInput
from assistants.playground.evaluators import Answer, check, evaluate, label_in
from assistants.playground.request import TYPES, Evaluator
from assistants.requests import validated
from assistants.studio import Studio
from tests.knowledge.stand_ins import stand_in_for_embedder
from tests.playground.runs import cells, rows, run

SCHEMA = {"type": "object", "required": ["a"]}


def passes(text: str, evaluator: dict[str, Any], **row: str) -> bool | None:
    return evaluate(validated(Evaluator, evaluator), Answer(text, row, seconds=2, cost=0.5)).passed


@pytest.mark.parametrize(
    ("text", "evaluator", "expected"),
    [
        ("one", {"type": "equals", "value": "one"}, True),
        (" one", {"type": "equals", "value": "one"}, False),
        ("One", {"type": "equals", "value": "one"}, False),
        ("One", {"type": "equals", "value": "one", "ignore_case": True}, True),
        ("one", {"type": "equals", "value": "one", "not": True}, False),
        ("a b c", {"type": "contains", "value": ["a", "c"]}, True),
        ("a b c", {"type": "contains", "value": ["a", "z"]}, False),
        ("a b c", {"type": "contains_any", "value": ["z", "B"], "ignore_case": True}, True),
        ("a b c", {"type": "contains_any", "value": ["z"]}, False),
        ("tel 0123", {"type": "regex", "value": r"\d{4}"}, True),
        ("tel 012", {"type": "regex", "value": r"\d{4}"}, False),
        ("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,",
         {"type": "regex", "value": "(.*?,){25}P"}, None),
        ("Dear you", {"type": "starts_with", "value": "Dear"}, True),
        ("the end?", {"type": "ends_with", "value": "?"}, True),
        ("the end", {"type": "ends_with", "value": "?"}, False),
        ("We may concatenate", {"type": "words_absent", "value": ["cat"]}, True),
        ("A Cat!", {"type": "words_absent", "value": ["cat"]}, False),
        ("请勿退款", {"type": "words_absent", "value": ["退款"]}, False),
        ("[1]", {"type": "json"}, True),
        ("so: [1]", {"type": "json"}, False),
        ("{}", {"type": "json_schema", "value": SCHEMA}, False),
        ('{"a": 1}', {"type": "json_schema", "value": SCHEMA}, True),
        ('{} then {"a": 1}.', {"type": "contains_json", "value": SCHEMA}, True),
        ('{"a":' * 5000, {"type": "contains_json"}, False),
        ("as he said [1]", {"type": "contains_json"}, False),
        ("one two", {"type": "length", "value": 2}, True),
        ("one two", {"type": "length", "value": {"min": 3}}, False),
        ("你好", {"type": "length", "value": {"max": 3, "unit": "characters"}}, True),
        ("", {"type": "latency", "value": 1.5}, False),
        ("", {"type": "cost", "value": 0.5}, True),
    ],
)  # fmt: skip
def test_a_check_says_whether_it_passes(text: str, evaluator: dict[str, Any], expected: bool | None) -> None:
    assert passes(text, evaluator) is expected
    negated = evaluator | {"not": not evaluator.get("not", False)}
    assert passes(text, negated) is (None if expected is None else not expected)


def test_without_a_value_the_row_says_what_is_expected() -> None:
    assert passes("one", {"type": "equals"}, expected="one") is True
    assert passes("one", {"type": "equals"}) is None
    assert passes("Ann is here", {"type": "contains", "value": "{{name}}"}, name="Ann") is True
    assert evaluate(Evaluator(type="cost", value=1), Answer("", {})).passed is None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Sports.", "sports"),
        ("The topic is sports, not science", "sports"),
        ("sportswear", None),
        ("a bad example", "bad"),
        ("非常差评", "差评"),
        ("", None),
    ],
)
def test_the_label_in_a_text_is_found(text: str, label: str | None) -> None:
    assert label_in(text, ["sports", "science", "bad", "差评"]) == label


def test_the_longer_label_wins_where_both_begin() -> None:
    assert label_in("very bad", ["very", "very bad"]) == "very bad"


@pytest.mark.parametrize(
    ("evaluator", "sentence"),
    [
        ({"type": "contains", "value": []}, "list of 1 to 200 texts"),
        ({"type": "contains", "value": 5}, "must be text"),
        ({"type": "equals", "value": ["a"]}, "must be text"),
        ({"type": "words_absent", "value": "cat"}, "list of 1 to 200 texts"),
        ({"type": "json_schema", "value": {"type": "odd"}}, "cannot be served"),
        ({"type": "json_schema", "value": "x"}, "JSON schema"),
        ({"type": "length", "value": {"most": 3}}, "min, max and unit"),
        ({"type": "length", "value": True}, "min, max and unit"),
        ({"type": "latency", "value": "fast"}, "must be a number"),
        ({"type": "regex"}, "is missing"),
    ],
)
def test_a_wrong_value_is_one_sentence(evaluator: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        check([validated(Evaluator, evaluator)], [{}])


def test_every_kind_of_check_is_made(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_embedder(monkeypatch, studio.models)
    values = {
        "regex": "a", "words_absent": ["z"], "json_schema": SCHEMA, "length": 9, "latency": 9, "cost": 1,
        "judge": "Is it polite?", "preferred": "Is it polite?", "label": ["a", "b"],
    }  # fmt: skip
    evaluators = [{"type": kind, "value": values.get(kind)} for kind in TYPES]
    job = run(studio, rows=rows("a", expected="a"), evaluators=evaluators)
    (checks,) = cells(job, "checks")
    assert [check["evaluator"] for check in checks] == list(range(len(TYPES)))
    assert [entry["n"] for entry in job.result["summary"][0]["evaluators"]] == [1] * 15


def test_a_pattern_that_would_take_for_ever_fails_nobody(studio: Studio) -> None:
    text = ",".join(map(str, range(30))) + ","
    job = run(studio, rows=rows(text, "x P"), evaluators=[{"type": "regex", "value": "(.*?,){25}P"}])
    assert cells(job, "passed") == [None, False]
    assert "given up" in cells(job, "checks")[0][0]["template"]
