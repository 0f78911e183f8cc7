"""Sentences: where those of a text begin and end, English and Chinese.

Knows quotes, abbreviations, numbers, ellipses, lists and lines; knows nothing about what a text is for.
"""

import re
from collections.abc import Iterator

from assistants.words import CJK

Span = tuple[int, int]

# What closes a sentence after its signs, Markdown's emphasis too; in Chinese a straight quote may open the next one.
CLOSING, CLOSING_CHINESE = "\"'”’)\\]」』）*_", "”’」』）)"
# A sentence goes on where small letters follow, but for a plain question or exclamation. It is looked for from the
# first of several signs only: to try from each of them takes time by the square.
END = re.compile(
    rf"(?<![.!?…])(?:[.!?…]+[{CLOSING}]*(?=\s+[^\sa-z]|\s*\Z)|[!?]+(?=\s)"
    rf"|(?<=[{CJK}])[.!?…]+[{CLOSING_CHINESE}]*(?=[{CJK}]))"
    rf"|(?:[。！？]|(?<=[{CJK}])…)[。！？…]*[{CLOSING_CHINESE}]*|\n+"
)
COMPLETE = re.compile(rf"[.!?…。！？][{CLOSING}]*$")
# Full stops that end no sentence: of abbreviations, initials and the numbers of a list.
ABBREVIATED = re.compile(
    r"(?:\b(?:(?i:Mr|Mrs|Dr|Prof|vs|etc|e\.g|i\.e|approx|incl)|Ms|St|[A-Z])|^\s*\d{1,2})\.\Z", re.MULTILINE
)
# Of these only before a number.
NUMBERED = re.compile(r"\b(?i:Nos?|Figs?|Vol|pp?|Sec|Ch)\.\Z")
NUMBER = re.compile(r"\s*\d")
# So far back an abbreviation may begin.
BEFORE = 12

# A line of a document that breaks off earlier was meant to; so was one before a line that begins with a sign.
LEAST_LINE = 50
MARKED = re.compile(r"\s*(?:[-*•·>#|]|\d{1,2}[.)、])")
# What a line of a list begins with.
BULLET = re.compile(r"\s*(?:(?:[-*•·>]|\d{1,2}[.)、])\s+)?")


def sentences(text: str, *, in_document: bool = False) -> list[Span]:
    """Return where the sentences of a text stand, without the space around them.

    Lines of a document may go on where they were full, and the signs of its lists belong to no sentence.
    """
    found, start = [], 0
    for end in [*ends(text, in_document=in_document), len(text)]:
        piece = text[start:end]
        sign = BULLET.match(piece) if in_document else None
        begin = start + (sign.end() if sign else len(piece) - len(piece.lstrip()))
        stop = start + len(piece.rstrip())
        if begin < stop:
            found.append((begin, stop))
        start = end
    return found


def ends(text: str, *, in_document: bool = False) -> Iterator[int]:
    """Yield where the sentences and lines of a text end; one at the very end may go on with what comes next."""
    for match in END.finditer(text):
        if not (_is_abbreviation(text, match.end()) or (in_document and _is_wrap(text, match))):
            yield match.end()


def is_complete(text: str) -> bool:
    """Say whether a text ends at the end of a sentence."""
    return COMPLETE.search(text.rstrip()) is not None


def _is_abbreviation(text: str, end: int) -> bool:
    begin = max(0, end - BEFORE)
    if ABBREVIATED.search(text, begin, end):
        return True
    return NUMBERED.search(text, begin, end) is not None and NUMBER.match(text, end) is not None


def _is_wrap(text: str, end: re.Match[str]) -> bool:
    """Say whether a single newline only wraps a long line of a paragraph."""
    if end[0] != "\n":
        return False
    before = text[text.rfind("\n", 0, end.start()) + 1 : end.start()].rstrip()
    after = text[end.end() : end.end() + 10]
    width = len(before) + len(re.findall(f"[{CJK}]", before))
    return width >= LEAST_LINE and before[-1] not in ".!?:。！？：；|" and not MARKED.match(after)
