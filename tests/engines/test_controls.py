"""Constraints: what is refused at the door, what is asked for again, and that the starter keeps to them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, SystemMessage

from assistants.engines import open_chat
from assistants.engines.controls import Controls, check, stream
from assistants.engines.openvino import OpenVINOChat
from assistants.errors import GenerationFailed, InvalidInput
from assistants.requests import validated

ASK = [HumanMessage("Describe a person.")]
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "age": {"type": "integer", "minimum": 3, "maximum": 17},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}


class Scripted:
    """An engine that gives one of its answers after the other, and remembers what it was asked."""

    def __init__(self, *answers: str, able: frozenset[str] = frozenset(), reason: str = "stop") -> None:
        self.answers = list(answers)
        self.capabilities = able
        self.reason = reason
        self.asked: list[tuple[list[BaseMessage], dict[str, Any]]] = []

    def stream(self, messages: list[BaseMessage], **options: Any) -> Iterator[AIMessageChunk]:
        self.asked.append((messages, options))
        usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
        yield from map(AIMessageChunk, self.answers.pop(0))
        yield AIMessageChunk("", usage_metadata=usage, response_metadata={"finish_reason": self.reason})


def answer(engine: Any, options: dict[str, Any] | None = None, **controls: Any) -> tuple[str, dict[str, Any]]:
    chunks = list(stream(engine, ASK, Controls(**controls), options or {}))
    assert chunks[-1].usage_metadata
    return "".join(chunk.text for chunk in chunks), chunks[-1].response_metadata


def test_an_engine_that_can_is_given_the_constraint() -> None:
    engine = Scripted('{"name": "Ann", "age": 4}', able=frozenset({"json_schema"}))
    said, metadata = answer(engine, json_schema=PERSON)
    assert json.loads(said) == {"name": "Ann", "age": 4}
    assert (metadata["attempts"], metadata["finish_reason"]) == (1, "stop")
    assert engine.asked == [(ASK, {"json_schema": PERSON})]


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({"json_schema": PERSON}, '{"name": "A", "age": 4}'),
        ({"regex": "a+"}, "aa"),
        ({"choice": ["退款", "b"]}, "退款"),
    ],
)
def test_any_other_is_told_in_the_prompt_and_its_fence_is_taken_off(controls: dict[str, Any], said: str) -> None:
    engine = Scripted(f"```json\n{said}\n```")
    assert answer(engine, **controls)[0] == said
    ((messages, options),) = engine.asked
    (wanted,) = controls.values()
    assert (wanted if isinstance(wanted, str) else json.dumps(wanted, ensure_ascii=False)) in messages[0].text
    assert (messages[0].type, options) == ("system", {})


def test_the_system_prompt_stays() -> None:
    engine = Scripted("a")
    list(stream(engine, [SystemMessage("Be kind."), *ASK], Controls(regex="a"), {}))
    assert engine.asked[0][0][0].text.startswith("Be kind.\n\nAnswer with text")


def test_an_answer_that_is_wrong_is_asked_for_again_with_another_seed() -> None:
    engine = Scripted('{"name": "A"}', "no", '{"name": "A", "age": 5}', able=frozenset({"json_schema"}))
    said, metadata = answer(engine, {"seed": 7, "temperature": 0}, json_schema=PERSON | {"title": "x"})
    assert json.loads(said)["age"] == 5
    assert metadata["attempts"] == 3
    assert [options["seed"] for _, options in engine.asked] == [7, 8, 9]
    assert engine.asked[0][1]["temperature"] == 0 < engine.asked[1][1]["temperature"]


def test_a_second_attempt_is_brought_to_an_end() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}, "list": {"type": "array"}}}
    engine = Scripted('{"text": "', '{"text": "a"}', able=frozenset({"json_schema"}), reason="length")
    answer(engine, json_schema=schema)
    first, second = (options["json_schema"]["properties"] for _, options in engine.asked)
    assert "maxLength" not in first["text"]
    assert second["text"]["maxLength"] and second["list"]["maxItems"]


def test_three_wrong_answers_are_a_sentence() -> None:
    with pytest.raises(GenerationFailed, match=r"did not keep to choice in 3 attempts: it is none of the choices\."):
        answer(Scripted("x", "y", "z"), choice=["a"])
    with pytest.raises(GenerationFailed, match="does not end within its limit of tokens"):
        answer(Scripted('{"a', '{"a', '{"a', reason="length"), json_schema=PERSON)


def test_while_an_answer_is_being_checked_there_are_empty_chunks() -> None:
    chunks = list(stream(Scripted("bbb", "aaa"), ASK, Controls(regex="a+"), {}))
    assert [chunk.text for chunk in chunks if chunk.text] == ["aaa"]
    assert len(chunks) > 6


def test_without_a_constraint_nothing_is_held_back() -> None:
    engine = open_chat("echo:")
    texts = [chunk.text for chunk in stream(engine, [HumanMessage("one two")], Controls(), {})]
    assert texts[:2] == ["one ", "two"]


def test_what_is_said_of_tokens_comes_along() -> None:
    chunks = stream(open_chat("echo:"), [HumanMessage("one two")], Controls(logprobs=True), {})
    entries = [entry for chunk in chunks for entry in chunk.response_metadata.get("logprobs", {}).get("content", ())]
    assert [entry["token"] for entry in entries] == ["one ", "two"]


def test_only_alternatives_need_another_engine() -> None:
    assert Controls(json_schema=PERSON, logprobs=True).needs == frozenset()
    assert Controls(logprobs=True, top_logprobs=3).needs == {"top_logprobs"}


NESTED: dict[str, Any] = {"type": "integer"}
for _ in range(40):
    NESTED = {"type": "array", "items": NESTED}


@pytest.mark.parametrize(
    ("controls", "field"),
    [
        ({"json_schema": {"type": "text"}}, "json_schema"),
        ({"json_schema": {"$ref": "https://example.com/schema"}}, "json_schema"),
        ({"json_schema": {"not": {"type": "string"}}}, "json_schema"),
        ({"json_schema": {"type": "string", "minLength": 9, "maxLength": 3}}, "json_schema"),
        ({"json_schema": NESTED}, "json_schema"),
        ({"json_schema": {"description": "x" * 70_000}}, "json_schema"),
        ({"regex": "(a"}, "regex"),
        ({"regex": r"(a)\1"}, "regex"),
        ({"regex": "(" * 900 + ")" * 900}, "regex"),
        ({"regex": "a" * 3000}, "regex"),
        ({"choice": []}, "choice"),
        ({"choice": ["a", ""]}, "choice.1"),
        ({"choice": [str(number) for number in range(10_000)]}, "choice"),
        ({"regex": "a", "choice": ["a"]}, "controls"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"top_logprobs": 21, "logprobs": True}, "top_logprobs"),
    ],
)
def test_what_cannot_be_served_is_refused_at_the_door(controls: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check(validated(Controls, controls))
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pattern", ["(a+)+$", "退款|换货", r"[A-Z]{3}-\d{4}"])
def test_what_can_be_served_is_let_in(pattern: str) -> None:
    check(Controls(regex=pattern))
    check(
        Controls(
            json_schema=PERSON | {"properties": PERSON["properties"] | {"x": {"type": "string", "pattern": pattern}}}
        )
    )


def test_a_pattern_that_takes_for_ever_is_not_waited_for() -> None:
    evil = {"type": "string", "pattern": "^(a+)+$"}
    with pytest.raises(GenerationFailed, match="does not match"):
        answer(Scripted(*[json.dumps("a" * 40 + "!")] * 3), json_schema=evil)


@pytest.mark.parametrize(
    "schema",
    [
        PERSON,
        {"type": "array", "items": {"enum": ["退款", "换货"]}, "minItems": 2, "maxItems": 3},
        {"anyOf": [{"type": "null"}, {"type": "number", "minimum": 0.5, "maximum": 0.75}]},
        {"type": "string", "pattern": '^"[A-Z]{2,4}"$'},
    ],
)
def test_the_starter_keeps_to_a_schema(starter: OpenVINOChat, schema: dict[str, Any]) -> None:
    said, metadata = answer(starter, {"max_tokens": 80, "seed": 1}, json_schema=schema)
    jsonschema.validate(json.loads(said), schema)
    assert metadata["attempts"] == 1


def test_the_starter_keeps_to_a_regex_and_to_a_choice(starter: OpenVINOChat) -> None:
    for pattern in (r"[A-Z]{3}-\d{4}", "(yes|no)!?", "([a-z]{1,8} ){2,4}!", "[退换]款。"):
        assert re.fullmatch(pattern, answer(starter, {"max_tokens": 60, "seed": 1}, regex=pattern)[0])
    choices = [f"choice {number} of many" for number in range(1000)]
    assert answer(starter, {"max_tokens": 40}, choice=choices)[0] in choices


def test_what_the_starter_cannot_do_is_a_sentence_and_the_next_is_served(starter: OpenVINOChat) -> None:
    with pytest.raises(InvalidInput, match="json_schema cannot be served: its references go round in a circle"):
        answer(starter, json_schema={"$ref": "#"})
    with pytest.raises(InvalidInput, match="regex cannot be served: its pattern has flags"):
        answer(starter, regex="(?i)abc")
    with pytest.raises(GenerationFailed, match="does not end within its limit of tokens"):
        answer(starter, {"max_tokens": 4}, json_schema=PERSON)
    assert answer(starter, {"max_tokens": 20}, choice=["yes", "no"])[0] in ("yes", "no")


def test_an_engine_is_a_chat_model(starter: OpenVINOChat) -> None:
    assert isinstance(starter, BaseChatModel)
    assert {"json_schema", "regex", "choice", "logprobs", "penalties", "completion"} <= starter.capabilities
