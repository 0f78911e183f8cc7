"""JSON schemas as expressions of a grammar: compact JSON, as ``json.dumps`` writes it.

What has no grammar here (``not``, ``if``, ``contains``, ``dependentRequired``, ...) is left to the validation.
"""

import json
from decimal import Decimal
from typing import Any

from assistants.engines.grammar import numbers
from assistants.engines.grammar.patterns import Pattern
from assistants.engines.grammar.rules import Rules, Unservable, literal

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
# What tells the type where it is not said.
HINTS = {
    "object": {"properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems"},
    "string": {"pattern", "minLength", "maxLength", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
CHARACTER = r'[^"\\\x00-\x1f] | "\\" ["\\nt/]'
DATE, TIME = r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])", r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
FORMATS = {
    "date": DATE,
    "time": rf"{TIME}Z",
    "date-time": rf"{DATE}T{TIME}Z",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "email": r"[a-z][a-z0-9]{0,20}([._-][a-z0-9]{1,20}){0,2}@[a-z][a-z0-9]{0,20}\.(com|org|net|edu|cn|de|io)",
    "ipv4": r"(((1?[1-9])?\d|1\d\d|2[0-4]\d|25[0-5])\.){3}((1?[1-9])?\d|1\d\d|2[0-4]\d|25[0-5])",
    "hostname": r"[a-z][a-z0-9]{0,30}(\.[a-z][a-z0-9]{0,30}){1,2}",
    "uri": r"https?://[a-z][a-z0-9]{0,30}(\.[a-z][a-z0-9]{0,30}){1,2}(/[a-z0-9_-]{1,30}){0,4}",
}
# What says nothing of the value itself.
ASIDE = frozenset({"$defs", "definitions", "$schema", "$comment", "title", "description", "default", "examples"})
MOST_ALTERNATIVES = 1000
MERGES = 64


class Schema:
    """A schema and the rules of what it lets through."""

    def __init__(self, rules: Rules, schema: dict[str, Any]) -> None:
        self._rules = rules
        self._document = schema
        self._references: dict[str, str] = {}
        # Those that are being looked up at this very place of the text: a rule must not begin with itself.
        self._open: frozenset[str] = frozenset()
        self._any: str | None = None

    def root(self) -> str:
        """Return the expression for the whole; raises ``Unservable``."""
        return self._value(self._document)

    def _value(self, schema: Any) -> str:
        if schema is False:
            raise Unservable("a part of it lets nothing through")
        if schema is True or not schema:
            return self._anything()
        if "$ref" in schema and ASIDE.issuperset(schema.keys() - {"$ref"}):
            return self._reference(schema["$ref"])
        schema = self._flat(schema)
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else schema["enum"]
            texts = [json.dumps(value, ensure_ascii=False) for value in values if _has_type(value, schema.get("type"))]
            if not texts:
                raise Unservable("a part of it lets nothing through")
            return self._rules.rule(self._rules.one_of(texts))
        for key in ("anyOf", "oneOf"):
            if key in schema:
                rest = {name: value for name, value in schema.items() if name != key and name not in ASIDE}
                options = [option for option in schema[key] if option is not False]
                # One that is named stays so where nothing is to be added: it may be part of itself.
                return self._one_of([merged(rest, self._resolved(one)) for one in options] if rest else options)
        types = schema.get("type") or [name for name, hints in HINTS.items() if hints & schema.keys()]
        if isinstance(types, list):
            return self._one_of([schema | {"type": name} for name in types]) if types else self._anything()
        return self._rules.rule(getattr(self, f"_{types}")(schema))

    def _one_of(self, schemas: list[dict[str, Any]]) -> str:
        ways, cause = [], Unservable("a part of it lets nothing through")
        for schema in schemas:
            try:
                ways.append(self._value(schema))
            except Unservable as error:
                cause = error
        if not ways:
            raise cause
        return self._rules.rule(" | ".join(ways))

    def _inner(self, schema: Any) -> str:
        """Return the expression for a value that is inside an object or a list."""
        outside, self._open = self._open, frozenset()
        try:
            return self._value(schema)
        finally:
            self._open = outside

    def _reference(self, reference: str) -> str:
        if reference in self._open:
            raise Unservable("its references go round in a circle")
        if reference not in self._references:
            # Known before its body is, for it may be part of itself.
            self._references[reference] = name = self._rules.name()
            outside, self._open = self._open, self._open | {reference}
            try:
                self._rules.define(name, self._value(self._find(reference)))
            except Unservable:
                # Nothing leads there, but a rule without a body would break the whole grammar.
                self._rules.define(self._references.pop(reference), '""')
                raise
            finally:
                self._open = outside
        return self._references[reference]

    def _find(self, reference: str) -> Any:
        place = self._document
        for step in reference.removeprefix("#").split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            try:
                place = place[int(step)] if isinstance(place, list) else place[step]
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise Unservable(f"there is no {reference} in it") from error
        return place

    def _resolved(self, schema: Any) -> dict[str, Any]:
        schema = {} if schema is True else schema
        for _ in range(MERGES):
            if "$ref" not in schema:
                return schema
            rest = {name: value for name, value in schema.items() if name != "$ref"}
            schema = merged(rest, self._find(schema["$ref"]))
        raise Unservable("its references go round in a circle")

    def _flat(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema without references and ``allOf`` at its top."""
        for _ in range(MERGES):
            schema = self._resolved(schema)
            if "allOf" not in schema:
                return schema
            parts, schema = schema["allOf"], {name: value for name, value in schema.items() if name != "allOf"}
            for part in parts:
                schema = merged(schema, self._resolved(part))
        raise Unservable("its references go round in a circle")

    # The types

    def _anything(self) -> str:
        if self._any is None:
            self._any = self._rules.name()
            ways = (
                self._object({}),
                self._array({}),
                self._string({}),
                self._number({}),
                self._boolean({}),
                self._null({}),
            )
            self._rules.define(self._any, " | ".join(map(self._rules.rule, ways)))
        return self._any

    def _object(self, schema: dict[str, Any]) -> str:
        known, needed = schema.get("properties", {}), schema.get("required", [])
        others = schema.get("additionalProperties", True)
        low, high = schema.get("minProperties", 0), schema.get("maxProperties")
        if not known and not needed:
            return self._map(schema.get("patternProperties", {}), others, low, high)
        parts = []
        for name, value in (known | {name: others for name in needed if name not in known}).items():
            if value is not False or name in needed:
                parts.append((
                    f"{literal(json.dumps(name, ensure_ascii=False) + ': ')} {self._inner(value)}",
                    name in needed,
                ))
        return f'"{{" {self._rules.pick(parts, min(low, len(parts)), high, ", ")} "}}"'

    def _map(self, patterns: dict[str, Any], others: Any, low: int, high: int | None) -> str:
        key, value = self._rules.rule(self._string({"minLength": 1, "maxLength": 40})), others
        if patterns:
            (pattern, value), *_ = patterns.items()
            key = self._rules.rule(self._string({"pattern": pattern}))
        if value is False:
            return '"{}"'
        return self._list(f'{key} ": " {self._inner(value)}', low, high, "{}")

    def _array(self, schema: dict[str, Any]) -> str:
        items, first = schema.get("items", True), schema.get("prefixItems", [])
        if isinstance(items, list):
            first, items = items, schema.get("additionalItems", True)
        low, high = schema.get("minItems", 0), schema.get("maxItems")
        if not first:
            return '"[]"' if items is False or high == 0 else self._list(self._inner(items), low, high, "[]")
        if high is not None:
            first = first[:high]
        parts = [self._inner(part) for part in first]
        more = max(low - len(first), 0), None if high is None else high - len(first)
        rest = ""
        if items is not False and ("items" in schema or more[0]) and more[1] != 0:
            rest = self._rules.repeat(f'", " {self._inner(items)}', *more)
        joined = ' ", " '.join(parts)
        return f'"[" {joined} {rest} "]"'

    def _list(self, entry: str, low: int, high: int | None, brackets: str) -> str:
        more = self._rules.repeat(f'", " {entry}', max(low - 1, 0), None if high is None else max(high - 1, 0))
        entries = self._rules.rule(f"{entry} {more}")
        return f'"{brackets[0]}" {entries}{"" if low else "?"} "{brackets[1]}"'

    def _string(self, schema: dict[str, Any]) -> str:
        low, high = schema.get("minLength", 0), schema.get("maxLength")
        pattern = schema.get("pattern") or FORMATS.get(schema.get("format", ""))
        if pattern:
            try:
                return rf'"\"" {Pattern(self._rules, pattern, json=True, longest=high).expression()} "\""'
            except Unservable:
                # The validation knows more of patterns than grammars do.
                pass
        if high is not None and high < low:
            raise Unservable("a text in it must be longer than it may be")
        return rf'"\"" {self._rules.repeat(CHARACTER, low, high)} "\""'

    def _number(self, schema: dict[str, Any]) -> str:
        low, above = _bound(schema, "minimum", "exclusiveMinimum", max)
        high, below = _bound(schema, "maximum", "exclusiveMaximum", min)
        return numbers.decimal(low, high, above, below)

    def _integer(self, schema: dict[str, Any]) -> str:
        low, above = _bound(schema, "minimum", "exclusiveMinimum", max)
        high, below = _bound(schema, "maximum", "exclusiveMaximum", min)
        if low is not None and above and low == low.to_integral_value():
            low += 1
        if high is not None and below and high == high.to_integral_value():
            high -= 1
        if "multipleOf" in schema:
            values = numbers.multiples(low, high, Decimal(str(schema["multipleOf"])), MOST_ALTERNATIVES)
            if values:
                return self._rules.one_of(map(str, values))
        return numbers.whole(low, high)

    def _boolean(self, schema: dict[str, Any]) -> str:
        return '"true" | "false"'

    def _null(self, schema: dict[str, Any]) -> str:
        return '"null"'


def _bound(schema: dict[str, Any], name: str, exclusive: str, tighter: Any) -> tuple[Decimal | None, bool]:
    """Return a bound and whether it is itself out of bounds; draft 4 says the latter by true or false."""
    outer, inner = schema.get(exclusive), schema.get(name)
    if isinstance(outer, bool):
        return (None if inner is None else Decimal(str(inner))), outer
    if outer is None or (inner is not None and tighter(inner, outer) == inner != outer):
        return (None if inner is None else Decimal(str(inner))), False
    return Decimal(str(outer)), True


def _has_type(value: Any, types: str | list[str] | None) -> bool:
    names = {bool: {"boolean"}, int: {"integer", "number"}, float: {"number"}, str: {"string"}, type(None): {"null"},
             list: {"array"}, dict: {"object"}}  # fmt: skip
    wanted = {types} if isinstance(types, str) else set(types or TYPES)
    return bool(names[type(value)] & wanted)


def merged(one: dict[str, Any], other: Any) -> dict[str, Any]:
    """Return a schema of what both schemas let through, as far as it can be said; raises ``Unservable``."""
    if other is True or not isinstance(other, dict):
        return one
    result = dict(one)
    for name, value in other.items():
        mine = result.get(name)
        if mine is None or mine == value:
            result[name] = value
        elif name in ("properties", "patternProperties", "$defs"):
            result[name] = mine | {
                key: {"allOf": [mine[key], inner]} if key in mine else inner for key, inner in value.items()
            }
        elif name == "required":
            result[name] = [*mine, *(key for key in value if key not in mine)]
        elif name == "enum":
            result[name] = [entry for entry in mine if entry in value]
        elif name in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
            result[name] = max(mine, value)
        elif name in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
            result[name] = min(mine, value)
        elif name == "type":
            result[name] = _common_types(mine, value)
        elif name in ("anyOf", "oneOf", "allOf"):
            result["allOf"] = [*result.get("allOf", []), {name: value}]
    return result


def _common_types(one: str | list[str], other: str | list[str]) -> list[str]:
    first, second = ([types] if isinstance(types, str) else types for types in (one, other))
    common = [name for name in first if name in second]
    if not common and {"integer", "number"} <= {*first, *second}:
        common = ["integer"]
    if not common:
        raise Unservable("a part of it lets nothing through")
    return common
