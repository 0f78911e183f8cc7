"""Regular expressions as expressions of a grammar, in a plain text or inside a string of JSON."""

import re
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from assistants.engines.grammar.rules import (
    LAST,
    SURROGATES,
    Ranges,
    Rules,
    Unservable,
    characters,
    literal,
    union,
    without,
)

# What has to be escaped in a string of JSON.
ESCAPED = [(0, 0x1F), (ord('"'), ord('"')), (ord("\\"), ord("\\"))]
EVERYTHING = without([(0, LAST)], [SURROGATES])
DIGITS = [(ord("0"), ord("9"))]
# Latin, Greek, Cyrillic, kana, Chinese and Korean.
LETTERS = [(0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x391, 0x3C9), (0x410, 0x44F)]
LETTERS += [(0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3)]
WORD = union(DIGITS, [(ord("A"), ord("Z")), (ord("a"), ord("z")), (ord("_"), ord("_"))], LETTERS)
SPACE = [(0x09, 0x0D), (0x20, 0x20)]
CATEGORIES = {
    kinds.CATEGORY_DIGIT: DIGITS,
    kinds.CATEGORY_NOT_DIGIT: without(EVERYTHING, DIGITS),
    kinds.CATEGORY_WORD: WORD,
    kinds.CATEGORY_NOT_WORD: without(EVERYTHING, WORD),
    kinds.CATEGORY_SPACE: SPACE,
    kinds.CATEGORY_NOT_SPACE: without(EVERYTHING, SPACE),
}
REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT)
NAMED_GROUP = re.compile(r"\(\?<(?![=!])")


class Pattern:
    """A regular expression, read; in ``json`` it is the inside of a string, of at most ``longest`` characters.

    Raises ``Unservable`` for what no grammar can say: assertions other than ``^`` and ``$``, references back, flags.
    """

    def __init__(self, rules: Rules, pattern: str, json: bool = False, longest: int | None = None) -> None:
        self._rules = rules
        self._json = json
        self._longest = longest
        # Set where a repetition may end at more than one place: to count it, or those around it, takes for ever.
        self._loose = False
        try:
            self._tree = parser.parse(NAMED_GROUP.sub("(?P<", pattern))
        except (re.error, OverflowError, RecursionError) as error:
            raise Unservable(f"its pattern cannot be read ({error})") from error
        if self._tree.state.flags & ~re.UNICODE:
            raise Unservable("its pattern has flags")

    def expression(self) -> str:
        """Return the expression for a text that matches from its beginning to its end."""
        return self._sequence(self._tree, [])

    def _sequence(self, items: Any, follow: Ranges) -> str:
        parts = []
        for kind, value in reversed(self._joined(items)):
            parts.append(self._item(kind, value, follow))
            first, nullable = self._first([(kind, value)])
            follow = union(first, follow) if nullable else first
        return " ".join(part for part in reversed(parts) if part) or '""'

    def _joined(self, items: Any) -> list[Any]:
        """Return a sequence in which neighbours are one repetition where nobody could tell where one ends."""
        joined: list[Any] = []
        for kind, value in items:
            before: tuple[Any, Any] = joined[-1] if joined else (None, None)
            if before[0] in REPEATS and kind in REPEATS and before[1][0] != before[1][1]:
                one, other = self._all(before[1][2]), self._all(value[2])
                if overlap(one, self._first(value[2])[0]):
                    ranges = [(kinds.RANGE, span) for span in union(one, other)]
                    low = 0 if self._first(value[2])[1] else min(before[1][0] + value[0], 1)
                    joined[-1] = (kinds.MAX_REPEAT, (low, kinds.MAXREPEAT, [(kinds.IN, ranges)]))
                    continue
            joined.append((kind, value))
        return joined

    def _item(self, kind: Any, value: Any, follow: Ranges) -> str:
        if (ranges := self._ranges(kind, value)) is not None:
            return self._character(
                ranges, wanted=kind is kinds.LITERAL or (kind is kinds.IN and value[0][0] is not kinds.NEGATE)
            )
        if kind is kinds.AT and value in (
            kinds.AT_BEGINNING,
            kinds.AT_BEGINNING_STRING,
            kinds.AT_END,
            kinds.AT_END_STRING,
        ):
            return ""
        if kind is kinds.BRANCH:
            return self._rules.rule(" | ".join(self._sequence(branch, follow) for branch in value[1]))
        if kind is kinds.SUBPATTERN and not (value[1] or value[2]):
            return self._rules.rule(self._sequence(value[3], follow))
        if kind is kinds.ATOMIC_GROUP:
            return self._rules.rule(self._sequence(value, follow))
        if kind in REPEATS:
            low, high, body = value
            return self._repeat(low, high, body, follow)
        raise Unservable(f"its pattern has what no grammar can say ({str(kind).lower()})")

    def _repeat(self, low: int, high: int, body: Any, follow: Ranges) -> str:
        first, nullable = self._first(body)
        outside, self._loose = self._loose, False
        expression = self._sequence(body, union(first, follow))
        most = None if high is kinds.MAXREPEAT else high
        if most is None and self._longest is not None:
            most = max(low, self._longest)
        if self._loose:
            # Where one round ends and the next begins is anybody's guess, so only the characters are kept to.
            expression, low, most = self._character(self._all(body), wanted=True), 0 if nullable else low, None
        elif low != most and overlap(first, follow):
            self._loose, most = True, None
        self._loose = outside or self._loose
        return self._rules.repeat(expression, low, most)

    def _all(self, items: Any) -> Ranges:
        """Return every character that may be in a sequence."""
        found: Ranges = []
        for kind, value in items:
            inside = value[1] if kind is kinds.BRANCH else [value[-1]] if isinstance(value, tuple) else [value]
            ranges = self._ranges(kind, value)
            if ranges is None and kind is not kinds.AT:
                found = union(found, *map(self._all, inside))
            found = union(found, ranges or [])
        return found

    def _first(self, items: Any) -> tuple[Ranges, bool]:
        """Return the characters that a sequence may begin with, and whether it may be empty."""
        found: Ranges = []
        for kind, value in items:
            ranges = self._ranges(kind, value)
            if ranges is not None:
                return union(found, ranges), False
            inner, nullable = self._first_inside(kind, value)
            found = union(found, inner)
            if not nullable:
                return found, False
        return found, True

    def _first_inside(self, kind: Any, value: Any) -> tuple[Ranges, bool]:
        if kind is kinds.BRANCH:
            firsts = [self._first(branch) for branch in value[1]]
            return union(*(first for first, _ in firsts)), any(nullable for _, nullable in firsts)
        if kind in REPEATS:
            first, nullable = self._first(value[2])
            return first, nullable or value[0] == 0
        if kind is kinds.SUBPATTERN:
            return self._first(value[3])
        return self._first(value) if kind is kinds.ATOMIC_GROUP else ([], True)

    @staticmethod
    def _ranges(kind: Any, value: Any) -> Ranges | None:
        """Return the characters that an item takes if it takes one."""
        if kind is kinds.LITERAL:
            return [(value, value)]
        if kind is kinds.NOT_LITERAL:
            return without(EVERYTHING, [(value, value)])
        if kind is kinds.ANY:
            return without(EVERYTHING, [(0x0A, 0x0A)])
        if kind is not kinds.IN:
            return None
        ranges = union(*(_members(inner, members) for inner, members in value if inner is not kinds.NEGATE))
        return without(EVERYTHING, ranges) if value[0][0] is kinds.NEGATE else ranges

    def _character(self, ranges: Ranges, wanted: bool) -> str:
        """Return the expression for one character; ``wanted`` are characters that somebody named."""
        ranges = without(ranges, [SURROGATES])
        if not self._json:
            return characters(ranges)
        plain = without(ranges, ESCAPED)
        ways = [characters(plain)] if plain else []
        if wanted:
            ways += [literal(f"\\{mark}") for mark in '"\\' if overlap(ranges, [(ord(mark), ord(mark))])]
            ways += [literal(f"\\{mark}") for mark, point in (("n", 10), ("t", 9)) if overlap(ranges, [(point, point)])]
        if not ways:
            raise Unservable("its pattern asks for control characters")
        return self._rules.rule(" | ".join(ways)) if len(ways) > 1 else ways[0]


def _members(kind: Any, value: Any) -> Ranges:
    if kind is kinds.CATEGORY:
        return CATEGORIES[value]
    return [value] if kind is kinds.RANGE else [(value, value)]


def overlap(one: Ranges, other: Ranges) -> bool:
    """Say whether two sets have a character in common."""
    return any(low <= last and first <= high for low, high in one for first, last in other)
