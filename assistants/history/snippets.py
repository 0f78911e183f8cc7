"""Where the words of a question stand in a text: the piece worth showing, and what to mark in it.

Marks are pairs of places (begin, end), counted in characters; whoever draws them escapes the text. Knows nothing about
the index that found the text.
"""

import re

from assistants.words import IS_CJK, tokens

Marks = list[tuple[int, int]]

# So much of a text is looked at.
REACH = 20_000
# So much of a snippet stands before the first word found.
LEAD = 40


def pattern(q: str) -> re.Pattern[str] | None:
    """Return what finds the words of ``q``, overlapping pairs of characters each by themselves; None without words."""
    words = dict.fromkeys(tokens(q))
    if not words:
        return None
    found = [re.escape(word) if IS_CJK.match(word) else rf"(?<![^\W_]){re.escape(word)}" for word in words]
    return re.compile(f"(?=({'|'.join(found)}))", re.IGNORECASE)


def marks(text: str, words: re.Pattern[str] | None) -> Marks:
    """Return where ``words`` stand in ``text``, in order, touching ones as one."""
    found: Marks = []
    for match in words.finditer(text) if words else ():
        begin, end = match.span(1)
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def excerpt(text: str, length: int, words: re.Pattern[str] | None) -> str:
    """Return up to ``length`` characters of ``text`` on one line, from shortly before the first of ``words``."""
    first = words.search(text) if words else None
    if first is None or first.start() < length // 2:
        return shorten(text, length)
    begin = first.start() - min(LEAD, length // 4)
    # Room is left for the whitespace that a line does not need.
    piece = text[begin : begin + 2 * length]
    cut = piece.find(" ", 0, first.start() - begin)
    return "…" + shorten(piece[cut + 1 :], length - 1)


def shorten(text: str, length: int) -> str:
    """Return ``text`` on one line, cut at a word where there is one, with an ellipsis if it was cut."""
    line = " ".join(text[: 4 * length].split())
    if len(line) <= length and len(text) <= 4 * length:
        return line
    cut = line[: length - 1]
    word = cut.rfind(" ")
    return (cut[:word] if word > length // 2 else cut).rstrip() + "…"
