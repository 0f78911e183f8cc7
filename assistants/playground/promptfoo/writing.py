"""What promptfoo's templates (Nunjucks) and numbers (JavaScript's) come to as text; nothing is computed.

Knows texts and values; knows nothing about tests.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistants.errors import InvalidInput
from assistants.playground.request import MAX_VALUE

# Of what is refused, so much is named.
SHOWN = 40
NAME = re.compile(r"[^\W\d]\w*")
OPENING = re.compile(r"\{[{%#]")
CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
ROUNDS = 5


@dataclass(frozen=True)
class Piece:
    """A part of a template between its braces; ``end`` is None where it begins and does not end."""

    text: str
    start: int
    end: int | None

    @property
    def inside(self) -> str:
        """What stands between the braces, and the hyphens that take white space away."""
        return self.text[2:-2].removeprefix("-").removesuffix("-").strip(" \t")

    @property
    def variable(self) -> str | None:
        """The name of the variable that it is."""
        is_one = self.end is not None and self.text.startswith("{{") and NAME.fullmatch(self.inside)
        return self.inside if is_one else None

    @property
    def is_comment(self) -> bool:
        """Whether it is taken out, and nothing else: promptfoo leaves one of several lines in, and hyphens do more."""
        bounded = self.text[2:3] != "-" and self.text[-3:-2] != "-"
        return self.end is not None and self.text.startswith("{#") and "\n" not in self.text and bounded


def pieces(text: str) -> Iterator[Piece]:
    """Yield what stands between braces, one after the other, and the first of each kind that does not end.

    Takes time that grows as the text does.
    """
    place, endless = 0, set()
    while opening := OPENING.search(text, place):
        place, kind = opening.end(), opening[0]
        if kind in endless:
            continue
        end = text.find(CLOSING[kind], place)
        if end < 0:
            endless.add(kind)
            yield Piece(text[opening.start() : opening.start() + SHOWN], opening.start(), None)
        else:
            place = end + 2
            yield Piece(text[opening.start() : place], opening.start(), place)


def plain(text: str) -> tuple[str, str | None]:
    """Return a template with its variables as they are written here and without comments, and what in it computes."""
    found = list(pieces(text))
    has_variables = any(piece.variable for piece in found)
    # Where one does not end, promptfoo leaves the whole text as it is.
    strange = [piece.text for piece in found if piece.end is not None and not piece.variable and not piece.is_comment]
    strange += [piece.text for piece in found if piece.end is None and has_variables]
    written = _replaced(text, lambda piece: f"{{{{{piece.variable}}}}}" if piece.variable else "")
    return written, strange[0].strip()[:SHOWN] if strange else None


def computed(text: str) -> str | None:
    """Return what in a value would be worked out, or taken out as a comment; a variable is neither."""
    return next((piece.text[:SHOWN] for piece in pieces(text) if piece.end is not None and not piece.variable), None)


def _replaced(text: str, by: Callable[[Piece], str | None]) -> str:
    """Return a text with its pieces replaced, where ``by`` says by what; hyphens take the white space beside them."""
    parts: list[str] = []
    place = 0
    for piece in pieces(text):
        wanted = by(piece) if piece.end is not None else None
        if wanted is None or piece.end is None:
            continue
        before = text[place : piece.start]
        parts += [before.rstrip() if piece.text[2:3] == "-" else before, wanted]
        place = piece.end
        if piece.text[-3:-2] == "-":
            place += len(text) - place - len(text[place:].lstrip())
    return "".join([*parts, text[place:]])


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
    found = [piece.variable for piece in pieces(text)]
    if len(text) + sum(len(values.get(name or "", "")) for name in found) > MAX_VALUE * 2:
        raise InvalidInput("vars", "{field} may hold at most {max_length} characters.", max_length=MAX_VALUE)
    return _replaced(text, lambda piece: values.get(piece.variable or ""))


def resolved(values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return values with each other's values in them, and the names of those that name each other in a circle."""
    known = dict(values)
    for _ in range(ROUNDS):
        before = known
        known = {name: put_in(text, known) if "{{" in text else text for name, text in known.items()}
        if known == before:
            return known, []
    return known, [name for name, text in known.items() if any(one.variable in values for one in pieces(text))]
