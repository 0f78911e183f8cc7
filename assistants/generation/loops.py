"""Repetition: notices that a text which comes in pieces has begun to go round in circles, as small models' texts do.

Only what is said word for word, several times in a row, is a circle. Code, tables and data are none however often they
say the same, and verses and lists only where they say it very often. Knows words and lines, no model; what is to be
done about a circle, the one who asked decides.
"""

import re
from collections import deque

# A word, or a character of a language without spaces.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
BETWEEN = re.compile(rf"(?:(?!{WORD.pattern})[\s\S])*")
# A circle has at most so many words.
LONGEST = 120
# How often, and in how many words altogether, it is said: in running text, and in short lines or in a list.
PROSE, LINES = (4, 60), (12, 200)
SHORT_LINE = 16
LINE_LENGTH = 200
FENCE = re.compile(r"\s*(```|~~~)")
LIST = re.compile(r"\s*(?:[-*+•·]|\d+[.)、])\s")
# The beginning of a line of a table, of code, of data or of a matrix.
DATA = re.compile(
    r".*\||\s*[{}\[\]<\\$]| {4}|\t|.*[{};=]|.*\w\(|\s*\"[^\"]*\"\s*:|.*(?!\d,\d{3}\b)\w,\w|(?:\S+ & ){2}"
    r"|[^\w]*\d[\d.]*[^\w]+\d[^a-zA-Z\u3400-\u9fff]*$"
)
# And how one may end.
DATA_END = re.compile(r".*[;,{}\[\]<>\\]\s*$")


class Unwatched:
    """A text that comes in pieces and is shown as it comes."""

    found = False

    def push(self, text: str) -> str:
        """Take more of the text and return it."""
        return text

    def rest(self) -> str:
        """Return nothing, for nothing is held back."""
        return ""


class LoopDetector(Unwatched):
    """A text that comes in pieces: what of it may be shown already, and whether it is ``found`` to go round.

    What only says again what was said is held back until it goes on otherwise. So nothing is cut but repetition.
    """

    def __init__(self) -> None:
        self.found = False
        # Text that was not shown or not looked at yet, and up to where each was done.
        self._text = ""
        self._shown = self._seen = 0
        self._held: int | None = None
        self._line, self._number, self._fenced, self._listed = "", 0, False, 0
        self._count = 0
        # The last words, each with the number of its line; and how many of them say what stood so many words before.
        self._words: deque[tuple[str | None, int]] = deque(maxlen=LONGEST)
        self._runs = [0] * (LONGEST + 1)
        self._lines: deque[int] = deque(maxlen=LONGEST * 2 + max(PROSE[1], LINES[1]))

    def push(self, text: str) -> str:
        """Take more of the text and return what may be shown."""
        self._text += text
        progress = 0.0
        for match in WORD.finditer(self._text, self._seen):
            # The last word may go on in the next piece.
            if match.end() == len(self._text):
                break
            self._take(match)
            progress = self._progress()
            if progress < 0.5:
                self._held = None
            elif self._held is None:
                self._held = match.end()
        self.found = progress >= 1
        return self._show()

    def rest(self) -> str:
        """Return what was held back, and hold it no longer: a text that goes round no more or was found to do so."""
        text, self._shown = self._text[self._shown :], len(self._text)
        return text

    def _show(self) -> str:
        end = len(self._text)
        if self._held is not None:
            # What ends a sentence or a line is no word of the next round.
            between = BETWEEN.match(self._text, self._held)
            end = self._held = between.end() if between else self._held
        shown = self._text[self._shown : end]
        done = min(end, self._seen)
        self._text, self._shown, self._seen = self._text[done:], end - done, self._seen - done
        if self._held is not None:
            self._held -= done
        return shown

    def _take(self, match: re.Match[str]) -> None:
        """Read a word, after what stands before it."""
        *ended, begun = (self._line + self._text[self._seen : match.start()]).split("\n")
        for line in ended:
            self._fenced ^= bool(FENCE.match(line))
            if DATA_END.match(line):
                self._runs = [0] * len(self._runs)
        self._number += len(ended)
        self._line = f"{begun}{match[0]}"[:LINE_LENGTH]
        self._seen = match.end()
        self._count += 1
        if LIST.match(self._line):
            self._listed = self._count
        is_data = self._fenced or FENCE.match(self._line) or DATA.match(self._line)
        self._compare(None if is_data else match[0].lower())

    def _compare(self, word: str | None) -> None:
        for distance, (other, _) in enumerate(reversed(self._words), 1):
            self._runs[distance] = self._runs[distance] + 1 if word is not None and word == other else 0
        self._words.append((word, self._number))
        self._lines.append(self._number)

    def _progress(self) -> float:
        """Return how near the text is to a circle, which is 1; from a half on, it says what it has said."""
        return max((self._share(distance, run) for distance, run in enumerate(self._runs) if run >= distance > 0),
                   default=0.0)  # fmt: skip

    def _share(self, distance: int, run: int) -> float:
        rounds, words = PROSE
        said = run + distance
        began = self._lines[max(0, len(self._lines) - said)]
        lines = self._number - began + 1
        if self._listed > self._count - said or (lines > 2 and said <= SHORT_LINE * lines):
            rounds, words = LINES
        return run / max((rounds - 1) * distance, words - distance)
