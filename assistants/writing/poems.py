"""Poems: the forms, as regular expressions that a model is held to while it writes.

A form that can be counted in characters is exact; of an English line only the length can be bounded, not its
syllables, and rhymes are held by letting lines end in words that rhyme. Knows nothing about models.
"""

from assistants.writing.brief import Brief
from assistants.writing.kinds import in_language, kinds

HAN = "[\u4e00-\u9fff]"
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


def is_kept(brief: Brief, text: str) -> bool:
    """Say whether a text is in the form."""
    import regex

    return regex.fullmatch(pattern(brief), text.strip()) is not None
