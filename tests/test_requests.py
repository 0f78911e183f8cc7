"""Requests: each kind of mistake in one sentence of ours."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from assistants.errors import InvalidInput
from assistants.requests import MAX_FIELD, StudioRequest, one_line, validated


class Inner(StudioRequest):
    size: int = 1


class Example(StudioRequest):
    name: Annotated[str, Field(min_length=1, max_length=3)]
    count: Annotated[int, Field(ge=1, le=9)] = 1
    share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.5
    kind: Literal["a", "b"] = "a"
    tags: Annotated[list[str], Field(max_length=2, default_factory=list)]
    inner: Inner = Inner()
    on: bool = False


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "name is missing."),
        ({"name": ""}, "name is empty."),
        ({"name": "four"}, "name may hold at most 3 characters."),
        ({"name": None}, "name must be text."),
        ({"name": "a", "count": 0}, "count must be at least 1."),
        ({"name": "a", "count": 10}, "count may be at most 9."),
        ({"name": "a", "count": True}, "count must be a whole number."),
        ({"name": "a", "count": "1"}, "count must be a whole number."),
        ({"name": "a", "count": 10**400}, "count may be at most 9."),
        ({"name": "a", "share": 0}, "share must be more than 0."),
        ({"name": "a", "share": 1}, "share must be less than 1."),
        ({"name": "a", "share": float("inf")}, "share must be a finite number."),
        ({"name": "a", "kind": "c"}, "kind must be one of: a, b."),
        ({"name": "a", "tags": "x"}, "tags must be a list."),
        ({"name": "a", "tags": ["x"] * 3}, "tags may hold at most 2 entries."),
        ({"name": "a", "inner": 5}, "inner must be an object."),
        ({"name": "a", "inner": {"size": "x"}}, "inner.size must be a whole number."),
        ({"name": "a", "on": 1}, "on must be true or false."),
        ({"name": "a", "{odd}": 1}, "{odd} is not a known field."),
        ("text", "request must be an object."),
        (None, "request must be an object."),
    ],
)
def test_sentences(data: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        validated(Example, data)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text", ["a\0", "\ud800", "\n\udfff"])
def test_what_is_not_text_is_refused_wherever_it_is(text: str) -> None:
    for data in ({"name": text}, {"name": "a", "tags": [text]}, {text: 1}, {"name": "a", "inner": {"size": text}}):
        with pytest.raises(InvalidInput, match="not text"):
            validated(Example, data)


def test_a_field_of_any_length_is_named_in_short() -> None:
    with pytest.raises(InvalidInput) as caught:
        validated(Example, {"name": "a", "x" * 300_000: 1})
    assert caught.value.field == "x" * MAX_FIELD


def test_a_name_is_one_line_of_text() -> None:
    assert one_line("  退款\n 政策 ", 5) == "退款 政策"
    for name, sentence in (
        ("\n \t", "name is empty."),
        ("four", "at most 3"),
        ("a\0", "not text"),
        ("\ud800", "not text"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            one_line(name, 3)


def test_a_right_request_is_taken_as_it_is() -> None:
    data = {
        "name": "退款\n",
        "count": 9,
        "share": 0.25,
        "kind": "b",
        "tags": ["\t😀"],
        "inner": {"size": 2},
        "on": True,
    }
    assert validated(Example, data).model_dump() == data
