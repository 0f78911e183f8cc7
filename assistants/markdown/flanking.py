"""Emphasis beside Chinese, Japanese and Korean: which signs may open and close it.

CommonMark asks for spaces around emphasis that ends with punctuation, and these languages have none. This is the
CJK-friendly amendment to it (https://github.com/tats-u/markdown-cjk-friendly/blob/main/specification.md); without such
characters all is as CommonMark says. Knows nothing about what is emphasised.
"""

import unicodedata
from collections.abc import Callable
from functools import partial

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

# Emoji are as wide as Chinese characters, but stand apart from words as other signs do.
EMOJI = ((0x2300, 0x2328), (0x232B, 0x2BFF), (0x1F000, 0x1FAFF))
# Old Korean letters that are not wide.
HANGUL = ((0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF))
IDEOGRAPHIC, VARIATIONS, FULL_WIDTH = (0xE0100, 0xE01EF), (0xFE00, 0xFE0E), "\ufe01"
QUOTES = "‘’“”"


def friendly(tokenize: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """Return a rule of markdown-it that reads signs of emphasis as this module does."""

    def tokenized(state: StateInline, silent: bool) -> bool:
        state.scanDelims = partial(scan, state)  # type: ignore[method-assign]  # for this one state
        return tokenize(state, silent)

    return tokenized


def scan(state: StateInline, start: int, can_split_word: bool) -> Scanned:
    """Return whether the run of signs from ``start`` on may open and close emphasis, and its length."""
    end = start
    while end < state.posMax and state.src[end] == state.src[start]:
        end += 1
    before, is_cjk_before = _before(state.src, start)
    after = state.src[end] if end < state.posMax else " "
    is_cjk_after = is_cjk(after)
    apart_before = isWhiteSpace(ord(before)) or is_cjk_before or _is_mark(before)
    apart_after = isWhiteSpace(ord(after)) or is_cjk_after or _is_mark(after)
    left = not isWhiteSpace(ord(after)) and (is_cjk_after or not _is_mark(after) or apart_before)
    right = not isWhiteSpace(ord(before)) and (is_cjk_before or not _is_mark(before) or apart_after)
    can_open = left and (can_split_word or not right or _is_mark(before))
    can_close = right and (can_split_word or not left or _is_mark(after))
    return Scanned(can_open, can_close, end - start)


def _before(text: str, place: int) -> tuple[str, bool]:
    """Return the character before a place and whether it is CJK, without what only says how it is drawn."""
    if place == 0:
        return " ", False
    last = text[place - 1]
    if _is_in(last, IDEOGRAPHIC):
        return last, True
    if _is_in(last, VARIATIONS) and place > 1:
        drawn = text[place - 2]
        return drawn, is_cjk(drawn) or (last == FULL_WIDTH and drawn in QUOTES)
    return last, is_cjk(last)


def is_cjk(character: str) -> bool:
    """Say whether a character is Chinese, Japanese or Korean, or their punctuation."""
    if any(_is_in(character, span) for span in HANGUL):
        return True
    is_wide = unicodedata.east_asian_width(character) in "WFH"
    return is_wide and not any(_is_in(character, span) for span in EMOJI)


def _is_in(character: str, span: tuple[int, int]) -> bool:
    return span[0] <= ord(character) <= span[1]


def _is_mark(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)
