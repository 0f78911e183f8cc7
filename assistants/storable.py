"""Text from outside, made storable where it comes in: what UTF-8 and SQLite cannot hold becomes a visible mark.

Programs cut characters in two (half a surrogate pair in an escape of JSON), Python reads that, and no file, database
or answer can hold it; NUL ends a text for many who read it. Both become U+FFFD, as in browsers. All other characters,
odd ones, too (controls, noncharacters), are text and stay as they are; numbers that JSON does not have become null.
What people ask is refused instead, with the field named (``requests.check_characters``). Knows nothing about who sent
it.
"""

import json
import math
import re
from typing import Any, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")

MARK = "\ufffd"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
FIRST_HALVES = ("\ud800", "\udbff")


@overload
def storable(value: str) -> str: ...
@overload
def storable(value: dict[K, V]) -> dict[K, V]: ...
@overload
def storable(value: list[V]) -> list[V]: ...
@overload
def storable(value: Any) -> Any: ...


def storable(value: Any) -> Any:
    """Return ``value``, data as JSON has it, with all text in it storable: pairs joined, lone halves and NUL marked."""
    if isinstance(value, str):
        return _text(value) if UNSTORABLE.search(value) else value
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(storable, value))
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(text: str) -> str:
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", MARK)


def for_xml(text: str) -> str:
    """Return ``text`` with what XML 1.0 cannot hold marked, for files that are made of it: EPUB, Word, reports."""
    return NO_XML.sub(MARK, text)


def from_json(text: str | bytes) -> Any:
    """Return what JSON from outside says, all text in it storable: its escapes may spell what the text itself is not.

    Raises ``ValueError``.
    """
    return storable(json.loads(text))


class Deltas:
    """A text that comes in pieces, each made storable; a pair that was split over two of them is joined."""

    def __init__(self) -> None:
        self._half = ""

    def push(self, delta: str) -> str:
        """Return what may be shown after ``delta``: half a pair at its end waits for the other half."""
        text = self._half + delta
        is_half = bool(text) and FIRST_HALVES[0] <= text[-1] <= FIRST_HALVES[1]
        text, self._half = (text[:-1], text[-1]) if is_half else (text, "")
        return storable(text)

    def flush(self) -> str:
        """Return what still waited, at the end of the text."""
        text, self._half = self._half, ""
        return storable(text)
