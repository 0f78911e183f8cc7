"""The rules of a grammar as xgrammar reads them, and the few forms of which all others are made.

See https://github.com/mlc-ai/xgrammar for the notation, an EBNF. What is slow or wrong there is avoided here.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import takewhile

# A repetition is compiled in a time that grows with the square of its length; of pieces of this length it is not.
PIECE = 16
# Beyond so many the end is left to the model: the reply is validated anyway.
COUNTED = 4096
# Each repetition that is counted takes a good part of a second to compile, in which nobody gets a word.
MOST_COUNTED = 16
MAX_RULES = 1000

LAST = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)

# Sorted ranges of code points that do not touch.
Ranges = list[tuple[int, int]]


class Unservable(ValueError):
    """There is no grammar for this; says why."""


class Rules:
    """The rules so far, each named by a number; equal ones are one, which keeps the grammar small."""

    def __init__(self) -> None:
        self._bodies: list[str | None] = []
        self._names: dict[str, str] = {}
        self._counted: set[tuple[str, int, int | None]] = set()

    def text(self, root: str) -> str:
        """Return the grammar that begins with ``root``."""
        rules = (f"r{number} ::= {body}\n" for number, body in enumerate(self._bodies))
        return f"root ::= {root}\n{''.join(rules)}"

    def name(self) -> str:
        """Return the name of a rule whose body comes later."""
        if len(self._bodies) >= MAX_RULES:
            raise Unservable("it is too large")
        self._bodies.append(None)
        return f"r{len(self._bodies) - 1}"

    def define(self, name: str, body: str) -> str:
        """Give a rule its body and return its name."""
        self._bodies[int(name[1:])] = body
        return name

    def rule(self, body: str) -> str:
        """Return the name of the rule with this body."""
        if body not in self._names:
            self._names[body] = self.define(self.name(), body)
        return self._names[body]

    def one_of(self, texts: Iterable[str]) -> str:
        """Return an expression for one of ``texts``; a tree, for long lists of whole texts are compiled wrongly."""
        texts = sorted(set(texts))
        pairs = takewhile(lambda pair: pair[0] == pair[1], zip(texts[0], texts[-1], strict=False))
        start = "".join(character for character, _ in pairs)
        rests: dict[str, list[str]] = {}
        for text in texts:
            rests.setdefault(text[len(start) : len(start) + 1], []).append(text[len(start) :])
        ends = rests.pop("", None)
        expression = literal(start)
        if rests:
            branches = " | ".join(self.one_of(branch) for branch in rests.values())
            expression += f" {self.rule(branches)}{'?' if ends else ''}"
        return expression

    def repeat(self, expression: str, low: int, high: int | None) -> str:
        """Return an expression for ``low`` to ``high`` times another; ``None`` is any number."""
        one = self.rule(expression)
        if max(low, (high or 0) - low) > 4:
            if len(self._counted) >= MOST_COUNTED and (one, low, high) not in self._counted:
                low, high = min(low, 1), None
            self._counted.add((one, low, high))
        if high is None or high > COUNTED:
            return f"{self._times(one, min(low, COUNTED))} {one}*"
        if high - low <= 2 * PIECE:
            return f"{self._times(one, low)} {one}{{0,{high - low}}}"
        pieces, rest = divmod(high - low + 1, PIECE)
        piece = self.rule(f"{one}{{{PIECE},{PIECE}}}")
        return f"{self._times(one, low)} {piece}{{0,{pieces - 1}}} {one}{{0,{PIECE - 1 + rest}}}"

    def _times(self, one: str, count: int) -> str:
        pieces, rest = divmod(count, PIECE)
        parts = [f"{one}{{{rest},{rest}}}"] if rest else []
        if pieces:
            piece = self.rule(f"{one}{{{PIECE},{PIECE}}}")
            parts.append(f"{piece}{{{pieces},{pieces}}}")
        return " ".join(parts) or '""'

    def pick(self, parts: Sequence[tuple[str, bool]], low: int, high: int | None, separator: str) -> str:
        """Return an expression for some of ``parts`` (expression, must it be there) in their order.

        There are at least ``low`` and at most ``high`` of them; raises ``Unservable`` if there cannot be.
        """
        known: dict[tuple[int, int], str | None] = {}
        most = low if high is None else high

        def after(place: int, count: int) -> str | None:
            if (place, count) not in known:
                ways = [] if place < len(parts) or count < low else ['""']
                if place < len(parts):
                    expression, needed = parts[place]
                    if high is None or count < high:
                        rest = after(place + 1, min(count + 1, max(most, 1)))
                        before = f"{literal(separator)} " if count else ""
                        ways += [f"{before}{expression} {rest}"] if rest else []
                    rest = None if needed else after(place + 1, count)
                    ways += [rest] if rest else []
                known[place, count] = self.rule(" | ".join(ways)) if ways else None
            return known[place, count]

        if (found := after(0, 0)) is None:
            raise Unservable("an object or a list in it can hold neither more nor fewer entries than it must")
        return found


def literal(text: str) -> str:
    """Return the expression for ``text`` itself."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def characters(ranges: Ranges) -> str:
    """Return the expression for one character of ``ranges``; raises ``Unservable`` if there is none."""
    if not ranges:
        raise Unservable("it asks for a character that there is not")
    return f"[{''.join(_escape(low) + (f'-{_escape(high)}' if high > low else '') for low, high in ranges)}]"


def _escape(point: int) -> str:
    return chr(point) if chr(point).isascii() and chr(point).isalnum() else f"\\U{point:08x}"


def union(*sets: Ranges) -> Ranges:
    """Return the characters that are in any of ``sets``."""
    merged: Ranges = []
    for low, high in sorted(one for ranges in sets for one in ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def without(ranges: Ranges, others: Ranges) -> Ranges:
    """Return the characters of ``ranges`` that are not in ``others``."""
    left = []
    for low, high in ranges:
        for first, last in union(others):
            if first > low:
                left.append((low, min(high, first - 1)))
            low = max(low, last + 1)
            if low > high:
                break
        if low <= high:
            left.append((low, high))
    return [(low, high) for low, high in left if low <= high]
