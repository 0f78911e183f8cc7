"""Grammars: what they are made of, and that none is made that would break or hold up the library."""

import json
import re
from typing import Any

import pytest

from assistants.engines.grammar import Unservable, from_choice, from_regex, from_schema
from assistants.engines.grammar.numbers import decimal, whole
from assistants.engines.grammar.rules import Rules, union, without
from assistants.engines.grammar.schemas import merged


def as_pattern(expression: str) -> str:
    """Return the regular expression that says the same as the expression of a number."""
    return re.sub(r'"([^"]*)"', lambda quoted: re.escape(quoted[1]), expression).replace(" ", "")


@pytest.mark.parametrize(("low", "high"), [(0, 9), (3, 17), (-120, 35), (1995, 2030), (-7, -3), (99, 1001), (5, 5)])
def test_whole_numbers_within_bounds(low: int, high: int) -> None:
    pattern = as_pattern(whole(low, high))
    for number in range(low - 150, high + 150):
        assert bool(re.fullmatch(pattern, str(number))) == (low <= number <= high), number


@pytest.mark.parametrize(("low", "high"), [("0", "1"), ("0.5", "999.99"), ("-2.5", "-0.5"), ("0.25", "0.26")])
def test_numbers_within_bounds(low: str, high: str) -> None:
    from decimal import Decimal

    pattern = as_pattern(decimal(Decimal(low), Decimal(high)))
    for text in (
        "0",
        "1",
        "0.5000",
        "0.50",
        "0.2550",
        "0.2501",
        "-0.50",
        "-2.50",
        "-2.51",
        "999.99",
        "1000",
        "-1",
        "7",
    ):
        if re.fullmatch(pattern, text):
            assert Decimal(low) <= Decimal(text) <= Decimal(high)
    assert not re.fullmatch(pattern, "1000")
    assert re.search(r"\[", pattern) and "--" not in pattern


def test_no_number_is_no_grammar() -> None:
    with pytest.raises(Unservable, match="no number is within its bounds"):
        whole(9, 3)


def test_a_choice_is_a_tree() -> None:
    grammar = from_choice(["reset", "return", "退款"])
    assert '"re"' in grammar and '"set"' in grammar and '"turn"' in grammar and '"退款"' in grammar


def test_sets_of_characters() -> None:
    assert union([(1, 3)], [(4, 6)], [(9, 9)]) == [(1, 6), (9, 9)]
    assert without([(0, 9)], [(3, 4), (9, 9)]) == [(0, 2), (5, 8)]
    assert without([(3, 4)], [(0, 9)]) == []


def test_text_inside_json_holds_no_quote_of_its_own() -> None:
    grammar = from_schema({"type": "string", "pattern": '^.[^a]"$'})
    assert '"\\\\\\""' in grammar
    assert re.search(r"\[[^\]]*\\U00000021\\U00000023", grammar) or "U00000021" in grammar


def test_a_long_repetition_is_made_of_pieces() -> None:
    grammar = from_schema({"type": "string", "maxLength": 2000})
    assert max(int(count) for count in re.findall(r",(\d+)}", grammar)) < 200


@pytest.mark.parametrize("pattern", [r"(\w{1,20} ?){1,20}", r".{0,200}.{0,200}.{0,200}", r"(\w+\s*){1,30}"])
def test_what_could_be_read_in_countless_ways_is_not_counted(pattern: str) -> None:
    assert not re.search(r"\{\d+,\d{2,}\}", from_regex(pattern))


def test_only_so_many_repetitions_are_counted() -> None:
    many = {f"p{number}": {"type": "string", "maxLength": 50 + number} for number in range(60)}
    grammar = from_schema({"type": "object", "properties": many})
    assert len(set(re.findall(r"\{0,\d+\} r\d+\{0,(?:\d+)\}", grammar))) <= 16


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"$ref": "#/$defs/absent"},
        {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
        {"type": "array", "items": False, "minItems": 1, "prefixItems": [False]},
        {"properties": {f"p{number}": {"enum": [number]} for number in range(1000)}},
    ],
)
def test_what_has_no_grammar_says_why(schema: dict[str, Any]) -> None:
    with pytest.raises(Unservable, match=r"\w"):
        from_schema(schema)


def test_a_schema_may_hold_itself_inside_a_list() -> None:
    tree = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}, "required": ["kids"]}
    assert "kids" in from_schema(tree)


@pytest.mark.parametrize("beside", [{}, {"description": "The next one, if there is one"}])
def test_a_schema_may_hold_itself_as_one_of_several(beside: dict[str, str]) -> None:
    link = {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}], **beside}
    node = {"type": "object", "properties": {"next": link}, "required": ["next"], "additionalProperties": False}
    grammar = from_schema({"$defs": {"node": node}, "$ref": "#/$defs/node"})
    assert grammar.count("next") == 1


def test_what_is_left_out_leaves_no_rule_without_a_body() -> None:
    nothing = {"allOf": [{"type": "string"}, {"type": "integer"}]}
    inside = {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "required": ["a"]}
    assert "None" not in from_schema({"anyOf": [inside, {"type": "integer"}], "$defs": {"x": nothing}})


def test_an_optional_property_may_be_left_out() -> None:
    rules = Rules()
    root = rules.pick([('"a"', False), ('"b"', True)], 0, None, ", ")
    assert rules.text(root).count('", "') == 1
    with pytest.raises(Unservable):
        rules.pick([('"a"', True)], 0, 0, ", ")


def test_schemas_are_put_together() -> None:
    one = {"type": ["string", "integer"], "minimum": 2, "required": ["a"], "enum": [1, 2, 3]}
    both = merged(one, {"type": "integer", "minimum": 4, "required": ["b"], "enum": [2, 3, 4]})
    assert both == {"type": ["integer"], "minimum": 4, "required": ["a", "b"], "enum": [2, 3]}


def test_names_and_values_are_written_as_json_writes_them() -> None:
    grammar = from_schema({"type": "object", "properties": {'类"': {"const": {"x": [1, "退"]}}}, "required": ['类"']})
    assert json.dumps(json.dumps('类"', ensure_ascii=False) + ": ", ensure_ascii=False) in grammar


@pytest.mark.parametrize("bound", ["exclusiveMinimum", "exclusiveMaximum"])
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_bound_of_draft_4_that_bounds_nothing_is_none(kind: str, bound: str) -> None:
    assert from_schema({"type": kind, bound: True}) == from_schema({"type": kind})
