"""Superscripts and subscripts in plain text, so that 10² is no 102, and log₂8 no log28.

In Unicode's characters where there are some for all of it, else as ^(…) and _(…). The index of words knows them as what
they stand for. Knows nothing about documents.
"""

import re

SUPERSCRIPTS = str.maketrans("0123456789+-=()ni−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ⁻")
SUBSCRIPTS = str.maketrans("0123456789+-=()−", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎₋")
# A mark of a footnote, and of a trade mark.
MARK = re.compile(r"\W+|\[.*\]|TM|SM")
ORDINAL = re.compile(r"[a-z]{2,4}")


def superscript(text: str, before: str = "") -> str:
    """Return raised ``text``, which stands behind ``before``; the th of 5th stays as it is."""
    is_ordinal = before[-1:].isdigit() and ORDINAL.fullmatch(text)
    return text if is_ordinal or MARK.fullmatch(text) else _written(text, SUPERSCRIPTS, "^")


def subscript(text: str) -> str:
    """Return lowered ``text``."""
    return text if MARK.fullmatch(text) else _written(text, SUBSCRIPTS, "_")


def _written(text: str, characters: dict[int, int], sign: str) -> str:
    if not text.strip():
        return text
    if all(ord(character) in characters for character in text.strip()):
        return text.translate(characters)
    return f"{sign}{text}" if len(text) == 1 else f"{sign}({text})"
