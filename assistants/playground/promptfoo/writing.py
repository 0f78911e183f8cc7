"""What promptfoo's templates (Nunjucks) and numbers (JavaScript's) come to as text; nothing is computed.

Knows texts and values; knows nothing about tests.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from assistants.errors import InvalidInput
from assistants.playground.request import MAX_VALUE

# {{ name }}; a hyphen takes the white space beside it away.
VARIABLE = re.compile(r"(?:\s*\{\{-|\{\{)\s*([^\W\d]\w*)\s*(?:-\}\}\s*|\}\})")
COMMENT = re.compile(r"\{#(?!-).*?(?<!-)#\}", re.DOTALL)
# Whatever else would be worked out: tags, expressions, comments that a hyphen stands in.
LOGIC = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
# What begins and does not end: promptfoo then leaves the whole text as it is.
OPEN = re.compile(r"\{%[^%]*$|\{\{[^}]*$|\{#[^#]*$", re.MULTILINE)
ROUNDS = 5


def plain(text: str) -> tuple[str, str | None]:
    """Return a template with its variables as they are written here and without comments, and what in it computes."""
    bare = COMMENT.sub("", text)
    rest = VARIABLE.sub("", bare)
    logic = LOGIC.search(rest) or (OPEN.search(rest) if VARIABLE.search(bare) else None)
    return VARIABLE.sub(r"{{\1}}", bare), logic[0].strip()[:40] if logic else None


def as_text(value: Any) -> str | None:
    """Return a value as a template prints it; None for a map, or a list of such, of which that is no text."""
    if isinstance(value, str):
        return value.removesuffix("\n")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        texts = [as_text(one) for one in value]
        return None if None in texts else ",".join(map(str, texts))
    return str(value) if isinstance(value, int) else None


def _number(value: float) -> str:
    if not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return re.sub(r"e([-+])0", r"e\1", json.dumps(value))


def put_in(text: str, values: Mapping[str, str]) -> str:
    """Return a text with those variables replaced that there are."""
    found = list(VARIABLE.finditer(text))
    if len(text) + sum(len(values.get(one[1], "")) for one in found) > MAX_VALUE * 2:
        raise InvalidInput("vars", "{field} may hold at most {max_length} characters.", max_length=MAX_VALUE)
    return VARIABLE.sub(lambda one: values.get(one[1], one[0]), text)


def resolved(values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return values with each other's values in them, and the names of those that name each other in a circle."""
    known = dict(values)
    for _ in range(ROUNDS):
        before = known
        known = {name: put_in(text, known) for name, text in known.items()}
        if known == before:
            return known, []
    return known, [name for name, text in known.items() if any(one in values for one in VARIABLE.findall(text))]
