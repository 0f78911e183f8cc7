"""What is wrong with a schema or a pattern, as a template of a sentence and its values, before anything is made of it.

Runs in a child (``bounded``): libraries read here what a stranger wrote. Imports what it needs when it is needed; knows
nothing about answers, nor about engines beyond what one can be held to while it writes.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from assistants.engines.counts import excess
from assistants.engines.matching import TOO_DEEP, compiled, wrong

Fault = tuple[str, dict[str, Any]]
Node = dict[str, Any]

CANNOT_SERVE = "{field} cannot be served: {cause}."
CIRCLE = "its references go round in a circle"
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# What else is said of the same value, by one schema, by some in a list, or by names.
SAME_ONE, SAME_LIST = ("not", "if", "then", "else"), ("allOf", "anyOf", "oneOf", "extends", "type", "disallow")
SAME_NAMED = ("dependentSchemas", "dependencies")
# So many schemas may be held against one value, counted as often as they come.
MOST_APPLIED = 5000
# One of each kind, to see whether the library gets to an end with them.
VALUES: tuple[Any, ...] = (None, True, 0, 0.5, "", [], [0], {}, {"a": 0})
OLD = ("draft-03", "draft-04")


def schema_fault(schema: Node) -> Fault | None:
    """Return what is wrong with a JSON schema, or nothing."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    draft = schema.get("$schema")
    if draft is not None and (not isinstance(draft, str) or validator_for(schema, default=None) is None):
        return "{field} names {name} as its $schema, which is no draft of JSON Schema that is known here.", named(draft)
    if fault := _strays(schema):
        return fault
    if cause := _too_much(schema):
        return CANNOT_SERVE, {"cause": cause}
    try:
        validator_for(schema).check_schema(schema)
    except SchemaError as error:
        return CANNOT_SERVE, {"cause": sentence(error.message)}
    except (ValueError, RecursionError, TypeError) as error:
        return CANNOT_SERVE, {"cause": sentence(str(error))}
    try:
        if any(wrong(schema, value) == TOO_DEEP for value in VALUES):
            return CANNOT_SERVE, {"cause": CIRCLE}
    except Exception as error:  # noqa: BLE001 (a library that breaks here would break on every answer)
        return CANNOT_SERVE, {"cause": sentence(str(error))}
    return None


def grammar_fault(schema: Node) -> Fault | None:
    """Return why no engine can be held to a schema while it writes, or nothing."""
    from llguidance import LLMatcher

    try:
        grammar = LLMatcher.grammar_from_json_schema(schema, defaults={"whitespace_flexible": False})
        cause = LLMatcher.validate_grammar(grammar)
    except (ValueError, RecursionError) as error:
        cause = str(error)
    return (CANNOT_SERVE, {"cause": sentence(cause)}) if cause else None


def regex_fault(pattern: str) -> Fault | None:
    """Return why no engine can be held to a pattern, or nothing."""
    from llguidance import LLMatcher

    cause = pattern_cause(pattern)
    if not cause:
        try:
            cause = LLMatcher.validate_grammar(LLMatcher.grammar_from_regex(pattern))
        except (ValueError, RecursionError) as error:
            cause = str(error)
    return (CANNOT_SERVE, {"cause": sentence(cause)}) if cause else None


def pattern_cause(pattern: str) -> str | None:
    """Return what is wrong with a regular expression, or nothing."""
    import regex

    try:
        compiled(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        return sentence(str(error))
    return None


def grammar_of(name: str, wanted: Any) -> dict[str, str]:
    """Return the ``grammar`` of a constraint for OpenVINO, or the ``cause`` why there is none."""
    from assistants.engines import grammar

    try:
        return {"grammar": grammar.GRAMMARS[name](wanted)}
    except grammar.Unservable as error:
        return {"cause": str(error)}


def sentence(cause: str) -> str:
    """Return the first line of a library's words, without the place in its own source."""
    return (cause.strip().splitlines() or ["it is not valid"])[0].rstrip(".:")[:200]


def named(name: Any) -> dict[str, str]:
    """Return the value for a sentence that names something out of a schema."""
    return {"name": str(name)[:200]}


# Where a schema leads


def _strays(schema: Node) -> Fault | None:
    """Return what in a schema leads, or could lead, out of it."""
    targets = _Targets(schema)
    is_old = any(old in str(schema.get("$schema")) for old in OLD)
    for node in nodes(schema):
        for key in ("$id", "$schema", "id") if is_old else ("$id", "$schema"):
            name = node.get(key)
            is_root = key == "$schema" and node is schema
            if isinstance(name, str) and not is_root and not _is_fragment(name):
                return "{field} has {key} {name} in it, which is not looked up here. Leave that out.", {
                    "key": key, **named(name),
                }  # fmt: skip
        for key in REFERENCES:
            if isinstance(node.get(key), str) and targets.find(node[key]) is None:
                return "{field} refers to {reference}, which is not in it.", {"reference": node[key][:200]}
    return None


def _is_fragment(name: str) -> bool:
    return name.startswith("#") and "/" not in name


def nodes(value: Any) -> Iterator[Node]:
    """Yield every object in a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


class _Targets:
    """What the references of a schema lead to."""

    def __init__(self, schema: Node) -> None:
        self._schema = schema
        self._anchors = {
            name.removeprefix("#"): node
            for node in nodes(schema)
            for key in ("$anchor", "$dynamicAnchor", "$id", "id")
            if isinstance(name := node.get(key), str)
        }

    def find(self, reference: str) -> Any:
        """Return the place in the schema, or None where there is none."""
        if not reference.startswith("#"):
            return None
        name, place = unquote(reference[1:]), self._schema
        if name and not name.startswith("/"):
            return self._anchors.get(name)
        for step in name.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            try:
                place = place[int(step)] if isinstance(place, list) else place[step]
            except (KeyError, IndexError, ValueError, TypeError):
                return None
        return place


# How much work it makes


def _too_much(schema: Node) -> str | None:
    """Return why a schema makes too much work of a small value, or nothing."""
    load = _Load(schema)
    for node in nodes(schema):
        if cause := load.cause(node):
            return cause
        names = node.get("patternProperties")
        patterns = [node.get("pattern"), *(names if isinstance(names, dict) else ())]
        if cause := next((found for one in patterns if isinstance(one, str) and (found := excess(one))), None):
            return cause
    return None


class _Load:
    """How many schemas of a document are held against one value when a schema of it is."""

    def __init__(self, schema: Node) -> None:
        self._targets = _Targets(schema)
        self._known: dict[int, int] = {}

    def cause(self, node: Node) -> str | None:
        """Return why it is too many, or nothing."""
        try:
            applied = self._of(node, frozenset())
        except _Circle:
            return CIRCLE
        except RecursionError:
            return TOO_DEEP
        return f"its references come to more than {MOST_APPLIED} parts" if applied > MOST_APPLIED else None

    def _of(self, node: Any, around: frozenset[int]) -> int:
        if not isinstance(node, dict):
            return 1
        if id(node) in around:
            raise _Circle
        if id(node) not in self._known:
            inner = around | {id(node)}
            self._known[id(node)] = 1 + sum(self._of(part, inner) for part in self._parts(node))
        return self._known[id(node)]

    def _parts(self, node: Node) -> Iterator[Any]:
        """Yield the schemas that the same value is held against."""
        for key in SAME_ONE:
            yield from filter(None, [node.get(key)])
        for key in SAME_LIST:
            yield from node[key] if isinstance(node.get(key), list) else ()
        for key in SAME_NAMED:
            yield from node[key].values() if isinstance(node.get(key), dict) else ()
        for key in REFERENCES:
            yield from [self._targets.find(node[key])] if isinstance(node.get(key), str) else ()


class _Circle(Exception):
    """A schema says of a value what it says of that value."""
