"""Facts: whether a text says one, by rules that would rather miss a fact than see one that is not there.

A fact is said where one sentence has all of it, or two neighbours of which the second refers back: its numbers with
their units and bounds, its names, its other telling words, and its noes. Where most of it stands in one place, that
place is named for a person to judge. Knows nothing about meaning: other words for the same are not found.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import yaml

from assistants.sentences import sentences
from assistants.words import CJK

# Of a fact's parts so many in one place are worth a look.
NEAR = 0.6
# Of its pairs of Chinese signs, so many stand together.
PAIRED = 0.5
WORD = re.compile(rf"[^\W\d_{CJK}]+(?:['’][^\W\d_{CJK}]+)*")
# A number with its sign; of a range the second has none.
DIGITS = re.compile(r"(?:(?<![\w)])[-−])?\d+(?:[.,:/]\d+)*")
THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
# What a sentence begins with that goes on with the one before.
BACK = re.compile(
    r"\W*(?:(?:and|but|so|then|for|from|by|with|of|at|on|in)\s+)?"
    r"(?:it|its|they|their|them|he|his|him|she|her|this|that|these|those|there|both)\b|\W*[它他她这那其该此]",
    re.IGNORECASE,
)
ENDINGS = re.compile(r"(?:['’]s|ings?|ied|ies|ed|es|s|e|y)$")
OWNER = re.compile(r"['’]s\Z")
STEM = 3


@dataclass(frozen=True)
class Found:
    """What there is of a fact: where, in characters of the text of number ``text``, and what of it is not there."""

    state: Literal["said", "near", "missing"]
    missing: tuple[str, ...] = ()
    text: int = 0
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Parts:
    """What a stretch of text says, each part by what it is compared by, with how it is written there."""

    numbers: dict[str, str]
    words: dict[str, str]
    signs: dict[str, str]
    pairs: frozenset[str]

    @cached_property
    def weights(self) -> dict[str, float]:
        """How much each part weighs: a number as much as two words, a sign half of one."""
        return dict.fromkeys(self.numbers, 2.0) | dict.fromkeys(self.words, 1.0) | dict.fromkeys(self.signs, 0.5)

    @cached_property
    def written(self) -> dict[str, str]:
        """Each part as it is written."""
        return self.numbers | self.words | self.signs


class Said:
    """Texts that were read, to look for facts in."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._windows = [
            ((number, start, end), text[start:end], parts(text[start:end]))
            for number, text in enumerate(texts)
            for start, end in _windows(text)
        ]

    def look(self, fact: str) -> Found:
        """Return where a fact is said, or nearly; of a fact of several sentences, the one that is said least."""
        found = [self._look(fact[start:end]) for start, end in sentences(fact)]
        return min(
            found, key=lambda one: ("missing", "near", "said").index(one.state), default=Found("missing", (fact,))
        )

    def _look(self, fact: str) -> Found:
        own = parts(fact, is_fact=True)
        weights = own.weights
        if not weights:
            place = next((place for place, piece, _ in self._windows if fact.strip(" .。") in piece), None)
            return Found("said", (), *place) if place else Found("missing", (fact,))
        best, most = Found("missing", (fact,)), 0.0
        for place, piece, here in self._windows:
            missing = [one for one in weights if one not in here.written]
            share = 1 - sum(weights[one] for one in missing) / sum(weights.values())
            if share <= most and best.state == "near":
                continue
            if missing or len(own.pairs & here.pairs) < PAIRED * len(own.pairs):
                is_near = share >= NEAR and not any(one in own.numbers for one in missing)
                found = Found("near" if is_near else "missing", tuple(own.written[one] for one in missing), *place)
            else:
                turned = _turned(fact, own, piece)
                found = Found("near", turned, *place) if turned is not None else Found("said", (), *place)
            if found.state == "said":
                return found
            if (found.state == "near", share) > (best.state == "near", most):
                best, most = found, share
        return best


def parts(text: str, *, is_fact: bool = False) -> Parts:
    """Return what a text says; of a fact the first word alone is no name, however it is written."""
    known = lists()
    folded = unicodedata.normalize("NFKC", text)
    numbers, rest = _numbers(folded)
    words: dict[str, str] = {}
    for number, match in enumerate(WORD.finditer(rest)):
        word, is_first = match[0], number == 0
        if word.casefold() in known["plain"] and not (word[0].isupper() and not is_first and len(word) > 1):
            continue
        is_name = word[0].isupper() and not (is_first and not word[1:].isupper())
        if is_name or not is_fact:
            words[f"={OWNER.sub('', word)}"] = word
        if not is_name or not is_fact:
            words[stem(word)] = word
    plain = known["plain_signs"].sub(
        " ", known["noes"].sub(lambda found: found[0] if found[0].isascii() else " ", rest)
    )
    runs = re.findall(rf"[{CJK}]+", plain)
    signs = {sign: sign for run in runs for sign in run}
    return Parts(
        numbers, _without_noes(words), signs, frozenset(run[at : at + 2] for run in runs for at in range(len(run) - 1))
    )


def stem(word: str) -> str:
    """Return what the forms of a word have in common, roughly."""
    word = word.casefold()
    short = ENDINGS.sub("", word)
    if len(short) < STEM:
        return word
    return short[:-1] if len(short) > STEM and short[-1] == short[-2] else short


def _without_noes(words: dict[str, str]) -> dict[str, str]:
    return {key: word for key, word in words.items() if not lists()["noes"].search(word)}


def _windows(text: str) -> list[tuple[int, int]]:
    """Return where the sentences stand, and each with the one before that it refers back to."""
    spans = sentences(text)
    pairs = pairwise(spans)
    return spans + [(one[0], two[1]) for one, two in pairs if BACK.match(text, *two)]


def _numbers(text: str) -> tuple[dict[str, str], str]:
    """Return the numbers of a text by their value, unit and bound, and the text without them."""
    known = lists()
    found, rest, at = {}, "", 0
    for match in known["number"].finditer(text):
        if match.start() < at:
            continue
        value, end = _value(match[0]), match.end()
        if power := known["power"].match(text, end):
            value, end = value * known["powers"][power[1].casefold()], power.end()
        before, unit = text[at : match.start()], ""
        if currency := known["currency"].search(before):
            unit, before = currency[1], before[: currency.start()]
        elif named := known["unit"].match(text, end):
            unit, end = named[1].casefold(), named.end()
        bound = known["bound"].search(before)
        after = known["after"].match(text, end)
        about = known["bounds"][bound[1].casefold()] if bound else known["bounds_after"][after[1]] if after else ""
        rest += before[: bound.start() if bound else None] + " "
        at = after.end() if after else end
        found[f"{value}|{known['units'].get(unit, '')}|{about}"] = text[match.start() : at]
    return found, rest + text[at:]


def _value(written: str) -> float | complex:
    """Return a number; what is none, such as a time of the day, is told apart by what it is made of."""
    numerals = lists()["numerals"]
    if written.casefold() in numerals:
        return float(numerals[written.casefold()])
    written = written.replace("−", "-")
    if THOUSANDS.fullmatch(written):
        written = written.replace(",", "")
    try:
        return float(written)
    except ValueError:
        whole, _, part = re.sub(r"[,:/]", "_", written).partition("_")
        return complex(float(whole), float(f"1{re.sub(r'[^0-9]', '', part)}"))


def _turned(fact: str, own: Parts, piece: str) -> tuple[str, ...] | None:
    """Return what makes a piece that has all parts of a fact say something else, None if nothing does."""
    known = lists()
    joints = {found[0].casefold() for found in known["joints"].finditer(fact)}
    ends = [one.span() for one in known["joints"].finditer(piece) if one[0].casefold() not in joints]
    places = zip([0, *(end for _, end in ends)], [*(start for start, _ in ends), len(piece)], strict=True)
    clauses = [piece[start:end] for start, end in places]
    whole = next((one for one in clauses if not own.weights.keys() - parts(one).written.keys()), None)
    # A sentence of two that speak of each other has no clause that says all.
    spans = sentences(piece)
    if whole is None and len(spans) < 2:
        return ()
    doubts = [found[0] for found in known["doubts"].finditer(piece)]
    if bool(doubts) != bool(known["doubts"].search(fact)):
        return tuple(doubts[:1])
    noes, own_noes = _noes(whole or piece), _noes(fact)
    if len(noes) % 2 != len(own_noes) % 2:
        return tuple(noes or own_noes)
    return None


def _noes(text: str) -> list[str]:
    known = lists()
    return [found[0] for found in known["noes"].finditer(known["no_noes"].sub(" ", text))]


@cache
def lists() -> dict[str, Any]:
    """Return the words by which texts are read, and the patterns that are made of them."""
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("facts.yaml").read_text(encoding="utf-8"))
    units = {
        form.replace("per-cent", "per cent"): name for name, forms in data["units"].items() for form in forms.split()
    }
    bounds, after = _turned_round(data["bounds"]), _turned_round(data["bounds_after"])
    powers = {form: 10**power for form, power in _turned_round(data["powers"]).items()}
    numerals = {word: value for value, word in enumerate(data["numerals"])} | data["tens"]
    words = rf"(?<![^\W\d_])(?:{_either(numerals)})"
    return {
        "units": units,
        "bounds": bounds,
        "bounds_after": after,
        "powers": powers,
        "numerals": numerals,
        "number": re.compile(rf"{DIGITS.pattern}|{words}", re.IGNORECASE),
        "unit": re.compile(rf"[ -]*({_either(units)})", re.IGNORECASE),
        "currency": re.compile(r"([$€£¥])\s*$"),
        "bound": re.compile(rf"(?<![^\W{CJK}])({_either(bounds)})\s*$", re.IGNORECASE),
        "after": re.compile(rf"\s*({_either(after)})", re.IGNORECASE),
        "power": re.compile(rf"[ -]*({_either(powers)})", re.IGNORECASE),
        "plain": frozenset(data["plain"].split()),
        "plain_signs": re.compile("|".join(map(re.escape, data["plain_signs"]))),
        "noes": re.compile(data["noes"], re.IGNORECASE),
        "no_noes": re.compile(data["no_noes"], re.IGNORECASE),
        "doubts": re.compile(data["doubts"], re.IGNORECASE),
        "joints": re.compile(data["joints"], re.IGNORECASE),
    }


def _turned_round(forms: dict[Any, list[str]]) -> dict[str, Any]:
    return {form: name for name, several in forms.items() for form in several}


def _either(forms: Iterable[str]) -> str:
    """Return the pattern of any of these, the longest first; Latin words end where they do."""
    ends = r"(?![^\W\d_])"
    longest = sorted(forms, key=len, reverse=True)
    return "|".join(re.escape(one) + (ends if one[-1].isascii() and one[-1].isalpha() else "") for one in longest)
