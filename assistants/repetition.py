"""Repetition: notices that a text which comes in pieces has begun to go round in circles, as small models' texts do.

Knows words and characters, no model; what is to be done about it, the one who asked decides.
"""

import re
from collections import deque
from itertools import islice

# A word, or a character of a language without spaces.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
# So many words back are looked at, ...
WINDOW = 96
# ... in runs of so many. A text that moves on says nearly every run once; one that goes round says them three times.
RUN = 4
LEAST_NEW = 0.35


class Circle:
    """The last words of a text, and whether they go round in a circle of up to about 30 words."""

    def __init__(self) -> None:
        self._words: deque[str] = deque(maxlen=WINDOW)
        self._begun = ""

    def push(self, text: str) -> bool:
        """Take more of the text; say whether its end goes round."""
        text = self._begun + text
        found = list(WORD.finditer(text))
        # The last word may go on in the next piece.
        whole = found[:-1] if found and found[-1].end() == len(text) else found
        self._begun = text[whole[-1].end() :] if whole else text
        self._words.extend(match[0].lower() for match in whole)
        return bool(whole) and len(self._words) == WINDOW and self._share_of_new() < LEAST_NEW

    def _share_of_new(self) -> float:
        runs = list(zip(*(islice(self._words, start, None) for start in range(RUN)), strict=False))
        return len(set(runs)) / len(runs)
