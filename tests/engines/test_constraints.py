"""Schemas and patterns of strangers: what is refused at the door, what leads nowhere, what is ended."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistants.engines import constraints, matching, validation
from assistants.engines.controls import Controls, check, check_schema
from assistants.engines.counts import excess
from assistants.errors import InvalidInput

DRAFT4 = "http://json-schema.org/draft-04/schema#"
DRAFT7 = "http://json-schema.org/draft-07/schema#"
LATEST = "https://json-schema.org/draft/2020-12/schema"
REMOTE = "http://127.0.0.1:9/a.json"


def leading(to: str) -> dict[str, dict[str, Any]]:
    """Return schemas that lead to an address or a file, by how they do it."""
    return {
        "below an unknown keyword": {"x": {"allOf": [{"$id": to, "$ref": "#"}]}, "$ref": "#/x"},
        "a part of it": {"x": {"allOf": [{"$id": to, "$ref": "#/q"}]}, "$ref": "#/x"},
        "relative to it": {"x": {"allOf": [{"$id": to, "$ref": "b.json"}]}, "$ref": "#/x"},
        "in a value": {"enum": [5, {"allOf": [{"$id": to, "$ref": "#"}]}], "$ref": "#/enum/1"},
        "by an anchor": {"x": {"allOf": [{"$id": to, "$dynamicRef": "#a"}]}, "$ref": "#/x"},
        "as draft 4 has it": {"$schema": DRAFT4, "x": {"allOf": [{"id": to, "$ref": "#"}]}, "allOf": [{"$ref": "#/x"}]},
        "in another draft": {"x": {"allOf": [{"$schema": DRAFT4, "id": to, "$ref": "#"}]}, "$ref": "#/x"},
        "at the root": {"$id": to, "type": "integer"},
        "at once": {"$ref": to},
        "for what is dynamic": {"$dynamicRef": to},
        "for what is recursive": {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveRef": to},
        "in a definition": {"$defs": {"a": {"$id": to}}, "type": "integer"},
        "to a draft": {"$schema": to},
        "to a draft in it": {"properties": {"a": {"$schema": to}}},
    }


@contextmanager
def watched() -> Iterator[list[str]]:
    """Note what this thread opens and whom it asks meanwhile."""
    seen: list[str] = []
    watching = threading.get_ident()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if threading.get_ident() == watching and (event == "open" or event.startswith(("socket.", "urllib."))):
            seen.append(f"{event} {arguments}")

    sys.addaudithook(hook)  # there is no taking it away again
    try:
        yield seen
    finally:
        watching = 0


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server that has a schema everywhere, and what it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "string"}')

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as answering:
        threading.Thread(target=answering.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{answering.server_port}/a.json", asked
        answering.shutdown()


@pytest.mark.parametrize("way", leading(""))
@pytest.mark.parametrize("target", [REMOTE, "file:///etc/hostname", "/etc/hostname", "other.json", "urn:x:y"])
def test_a_schema_that_leads_elsewhere_is_refused(way: str, target: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_schema(leading(target)[way], "evaluators.0.value")
    assert caught.value.field == "evaluators.0.value"
    assert target in str(caught.value) or DRAFT4 in str(caught.value)


def test_nothing_is_opened_and_nobody_asked_whatever_gets_past_the_door(
    server: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = server
    file = tmp_path / "a.json"
    file.write_text('{"type": "string"}', encoding="utf-8")
    # What the libraries load when they are first used is theirs.
    for draft in (DRAFT4, DRAFT7, LATEST, "https://json-schema.org/draft/2019-09/schema"):
        constraints.schema_fault({"$schema": draft, "type": "integer", "format": "date"})
        matching.wrong({"$schema": draft, "format": "date"}, "5")
    for target in (address, file.as_uri(), str(file)):
        for way, schema in leading(target).items():
            with watched() as seen:
                constraints.schema_fault(schema)
                found = matching.problem("json_schema", schema, "5")
                matching.contains(schema, '{"a": 1}')
            assert seen == [], way
            # In a child, the same is found.
            assert validation.problem("json_schema", schema, "5") == found
            assert "not of type" not in (found or ""), "what lies there is not told"
    assert asked == []


def chain(length: int, how: str) -> dict[str, Any]:
    """Return a schema that doubles at each step."""
    steps = {f"a{n}": {how: [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(length)}
    return {"$defs": steps | {f"a{length}": {"type": "integer"}}, "$ref": "#/$defs/a0"}


def long_chain(length: int) -> dict[str, Any]:
    steps = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(length)}
    return {"$defs": steps | {f"a{length}": {}}, "$ref": "#/$defs/a0"}


HANGING = {
    "all of two": (chain(40, "allOf"), "come to more than"),
    "any of two": (chain(40, "anyOf"), "come to more than"),
    "one of two": (chain(40, "oneOf"), "come to more than"),
    "of itself": ({"$ref": "#"}, "go round in a circle"),
    "of itself twice": ({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}, "go round in a circle"),
    "of each other": (
        {"$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"if": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        "go round in a circle",
    ),
    "of itself by an anchor": ({"$anchor": "x", "anyOf": [{"$ref": "#x"}]}, "go round in a circle"),
    "of itself by one of two anchors of a name": (
        {"$defs": {"a": {"$anchor": "x", "anyOf": [{"$ref": "#x"}]}, "b": {"$anchor": "x"}}, "$ref": "#x"},
        "go round in a circle",
    ),
    "of itself by what is dynamic": ({"$dynamicAnchor": "x", "$dynamicRef": "#x"}, "go round in a circle"),
    "for an absent name": (
        {"dependentSchemas": {"a": {"$ref": "#"}}, "type": "object"},
        "go round in a circle",
    ),
    "a long chain": (long_chain(1500), "nested too deep"),
    "nested counts": ({"properties": {"a": {"pattern": "(?:a{1500}){1500}"}}}, "its counts come to more"),
    "nested counts in names": ({"patternProperties": {"((a{99}){99}){99}": {}}}, "its counts come to more"),
    "to nowhere": ({"$ref": "#/$defs/a"}, "which is not in it"),
    "to no anchor": ({"$ref": "#a"}, "which is not in it"),
}


@pytest.mark.parametrize("kind", HANGING)
def test_a_schema_that_makes_endless_work_is_refused_in_one_sentence(kind: str) -> None:
    schema, words = HANGING[kind]
    with pytest.raises(InvalidInput, match=words):
        check_schema(schema)
    with pytest.raises(InvalidInput):
        check(Controls(json_schema=schema))


def test_many_parts_that_are_no_endless_work_are_not(request: pytest.FixtureRequest) -> None:
    tree = {
        "$schema": LATEST,
        "$defs": {"node": {"type": "object", "properties": {side: {"$ref": "#/$defs/node"} for side in "lr"}}},
        "anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}],
    }
    dynamic = {"$dynamicAnchor": "node", "properties": {"children": {"items": {"$dynamicRef": "#node"}}}}
    named = {"properties": {"$id": {"type": "string"}, "$ref": {"type": "string"}, "id": {"const": "x"}}}
    old = {"$schema": DRAFT7, "definitions": {"a": {"$id": "#a", "type": "integer"}}, "$ref": "#a"}
    wide = {"properties": {f"field{n}": {"allOf": [{"type": "string"}, {"maxLength": n}]} for n in range(500)}}
    for schema in (tree, dynamic, named, old, wide, {"pattern": r"^(?:\w{1,40}, ){1,20}\w+$"}):
        check_schema(schema)
    assert validation.problem("json_schema", old, '"x"') and not validation.problem("json_schema", old, "5")
    deep = {"l": {"l": {"l": {"r": 5}}}}
    assert validation.problem("json_schema", tree, json.dumps(deep)) and not validation.problem(
        "json_schema", tree, '{"l": {"r": {}}}'
    )


def test_a_check_that_takes_for_ever_on_an_answer_says_so() -> None:
    # Each level of the answer is looked at twice as often as the one before: the door cannot know how deep it will be.
    part = {"properties": {"x": {"$ref": "#"}}}
    schema = {"allOf": [part, part]}
    check_schema(schema)
    deep: Any = 0
    for _ in range(60):
        deep = {"x": deep}
    with pytest.raises(InvalidInput, match="seconds"):
        validation.problem("json_schema", schema, json.dumps(deep))


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:a{1500}){1500}",
        "((a{100}){100}){100}",
        "(?:a{1,1500}){1,1500}",
        "(?:x(?:a{0,1500}|b)y){,1500}",
        "(?i:a{1500}){1500}",
        "a{99999}",
        "(?:ab){30000}",
        "a{" + "9" * 1000 + "}",
        "(?:" * 40 + "a" + "{2})" * 40,
        # What is no part of a pattern does not hide a count, nor the group that it is for.
        "(?:a{1500})(?#x){1500}",
        "(?:a{1500}(?#)){1500}",
        "(?x)(?:a{15 00}) {1500}",
        "(?x)(?:a{1500} # )\n){15#\n00}",
        "(?:a{1500} # )\n)\t{1500}(?x)",
        "#(?x:(?:a{1500} # ))\n){1500})",
        "(?V1)(?x:x)#(?:a{1500}){1500}",
        "(?x)(? - x:#(?:a{1500}){1500})",
    ],
)
def test_counts_that_come_to_too_much_are_refused_before_they_are_compiled(pattern: str) -> None:
    with pytest.raises(InvalidInput, match="its counts come to more than"):
        check(Controls(regex=pattern))
    assert "its counts come to more" in validation.search(pattern, "aaa", False)["cause"]
    assert validation.problem("regex", pattern, "aaa") == "it does not match"
    assert validation.problem("json_schema", {"pattern": pattern}, '"aaa"')


def test_counts_as_people_write_them_are_not() -> None:
    for pattern in (r"^.{1,20000}$", r"(?:.{1,300}\n){1,100}", r"\(a{1500}\){1500}", "[(a{1500})]{1500}", "]{5}",
                    "a{1500}|b{1500}", "{", "a{,}", r"(?x)(?: a{1500} # ){1500}", r"(?x)[#](?:\#{2}){3}",
                    "(?#(?:a{1500}){1500}", "#(?:a{15 00}){15 00}", r"\d{3}-\d{4}", ")(", "[]a]{3}"):  # fmt: skip
        assert excess(pattern) is None, pattern


def test_numbers_that_are_too_large_to_reckon_with_do_not_keep_to_a_schema() -> None:
    for number in ("1" + "0" * 400, "-" + "9" * 4000):
        assert validation.problem("json_schema", {"multipleOf": 0.5}, number) == "a number in it is too large"
        assert validation.problem("json_schema", {"type": "integer"}, number) is None


def test_patterns_that_take_for_ever_are_given_up() -> None:
    assert validation.search("(?:(?:a|aa)+c?)+d", "a" * 60, False) == {"slow": True}
    assert validation.problem("regex", "(a|aa)+", "a" * 60 + "b") == "it does not match"
    # What was not looked at does not keep to a schema, whatever the schema says of it.
    name = "a" * 60 + "c"
    for schema in ({"patternProperties": {"(a|aa)+b": False}}, {"propertyNames": {"not": {"pattern": "(a|aa)+b"}}}):
        check_schema(schema)
        assert "needs more than 0.5 seconds" in validation.problem("json_schema", schema, json.dumps({name: 1}))
    # By the library's own check of formats, which goes by another module.
    with pytest.raises(InvalidInput):
        check_schema({"pattern": "(" * 200})
