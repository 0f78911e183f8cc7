"""The lines of printed pages as text: which of them are headings, which go on, and which words were divided.

A page says where signs stand and how large they are; what belongs together is told from that. Knows nothing about PDF.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from assistants.words import CJK

# So much larger than the text is a heading, in steps of half a point; and no longer than a heading is.
LARGER = 1.15
LONGEST_HEADING = 150
LEVELS = 6
# Where most lines are large, they are what the pages say.
MOST_HEADINGS = 0.4
# A line that reaches so near to where the longest one ends goes on in the next one; in sizes of its signs.
NEAR = 2.0
# What PDFium puts in place of a hyphen at the end of a line.
DIVIDED = re.compile(r"(\w*)(?:\ufffe|[\u2010\xad]\n)\s*(\w*)")
# In an address a hyphen is one, and behind a small word within a compound (state-of-the-art).
ADDRESS, SMALL = re.compile(r"(?://|@|www\.)\S*$"), re.compile("a|and|at|by|for|in|of|on|the|to|up")
LONGEST_ADDRESS = 200
NUMBERS = re.compile(r"(\d[-–])\n(\d)")
# Signs that only say how letters are drawn: ligatures, and radicals that stand for the characters they look like.
DRAWN = re.compile("[\ufb00-\ufb06\u2e80-\u2fd5]")
WORD = re.compile(r"\w+(?:-\w+)*")
CHINESE_END, CHINESE_START = re.compile(f"[{CJK}，、：]$"), re.compile(f"^[{CJK}]")
# First parts of words that are written with a hyphen, unless the pages say otherwise, before so long a second part.
COMPOUNDS = re.compile(
    "self|well|non|long|short|high|low|full|half|cross|two|three|four|five|six|eight|ten", re.IGNORECASE
)
LONG_PART = 4


@dataclass(frozen=True)
class Line:
    """A line: the size of its first sign, 0 if unknown, and where it begins and ends, all in points."""

    text: str
    size: float
    left: float
    right: float


class Layout:
    """What the pages of a document have in common: the size of the text, the sizes of headings, the words."""

    def __init__(self, pages: list[list[Line]]) -> None:
        lines = [line for page in pages for line in page]
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[_rounded(line.size)] += len(line.text)
        body = sizes.most_common(1)[0][0] if sizes else 0.0
        large = [line for line in lines if body and line.size >= LARGER * body and _may_be_heading(line.text)]
        is_too_much = len(large) > MOST_HEADINGS * len(lines)
        found = sorted({_rounded(line.size) for line in large}, reverse=True) if not is_too_much else []
        self._levels = {size: min(level, LEVELS) for level, size in enumerate(found, 1)}
        self._words = {found.lower() for line in lines for found in WORD.findall(line.text)}

    def text(self, lines: list[Line]) -> str:
        """Return the text of a page."""
        # In each column lines end where the longest of them ends.
        ends: dict[int, float] = {}
        for line in lines:
            ends[round(line.left)] = max(ends.get(round(line.left), 0.0), line.right)
        written: list[str] = []
        level, before = 0, None
        for line in lines:
            above, level = level, self._level(line)
            goes_on = (
                before is not None and before.size and before.right >= ends[round(before.left)] - NEAR * before.size
            )
            if level and level == above:
                written[-1] += self._joint(written[-1], line.text) + line.text
            elif level:
                written += ["", f"{'#' * level} {line.text}", ""]
            elif goes_on and not above and CHINESE_END.search(written[-1]) and CHINESE_START.search(line.text):
                written[-1] += line.text
            else:
                written.append(line.text)
            before = line
        text = NUMBERS.sub(r"\1\2", DIVIDED.sub(self._whole, "\n".join(written)).strip())
        return DRAWN.sub(lambda sign: unicodedata.normalize("NFKC", sign[0]), text)

    def _level(self, line: Line) -> int:
        return self._levels.get(_rounded(line.size), 0) if _may_be_heading(line.text) else 0

    @staticmethod
    def _joint(before: str, after: str) -> str:
        return "" if CHINESE_END.search(before) and CHINESE_START.search(after) else " "

    def _whole(self, divided: re.Match[str]) -> str:
        """Return a word that was divided at the end of a line, with its hyphen where it has one."""
        first, second = divided[1], divided[2]
        together, hyphened = f"{first}{second}".lower(), f"{first}-{second}".lower()
        if together in self._words or hyphened in self._words:
            is_one = together in self._words
        else:
            is_compound = COMPOUNDS.fullmatch(first) is not None and len(second) >= LONG_PART
            before = divided.string[max(0, divided.start() - LONGEST_ADDRESS) : divided.start()]
            is_compound = is_compound or ADDRESS.search(before) is not None
            is_compound = is_compound or (before.endswith("-") and SMALL.fullmatch(first) is not None)
            is_one = first.isalpha() and second[:1].islower() and not is_compound
        return first + second if is_one else f"{first}-{second}"


def _rounded(size: float) -> float:
    return round(2 * size) / 2


def _may_be_heading(text: str) -> bool:
    """Say whether a large line may be a heading: words, not all of a paragraph, no number that is set large."""
    return len(text) <= LONGEST_HEADING and sum(character.isalpha() for character in text) > 1
