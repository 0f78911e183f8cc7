"""Headings in Markdown, by where they stand: lines that begin with #, and lines that are underlined; none in code.

As CommonMark has them, but for underlined headings of more than one line, which are paragraphs here: what seldom is a
heading stays text. Knows nothing about what stands between them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistants.markdown.fences import lines

ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?\S)(?:[ \t]+#+)?[ \t]*")
UNDERLINE = re.compile(r" {0,3}(?:(={2,})|-{3,})[ \t]*")
# What no underlined heading begins with: a list, a quotation, a table, code, or a heading.
MARKED = re.compile(r"(?:[-*+>|]|\d+[.)])[ \t]|[|>]|[ \t]{4,}|#{1,6}[ \t]")


@dataclass(frozen=True)
class Heading:
    """A heading from ``start`` to ``end``, its line's or underline's; its ``title`` stands at ``place``."""

    start: int
    end: int
    level: int
    title: str
    place: int


def headings(text: str) -> Iterator[Heading]:
    """Yield the headings of ``text``, in order."""
    # The line above, with where it begins, if that could be the text of an underlined heading.
    above, is_apart = None, True
    for start, line, is_code in lines(text):
        found = None if is_code else ATX.fullmatch(line)
        underline = UNDERLINE.fullmatch(line) if above and not (found or is_code) else None
        if found:
            yield Heading(start, start + len(line), len(found[1]), found[2], start + found.start(2))
        elif underline:
            place = above[0] + len(above[1]) - len(above[1].lstrip())
            yield Heading(above[0], start + len(line), 1 if underline[1] else 2, above[1].strip(), place)
        is_plain = not (found or underline or is_code or MARKED.match(line)) and line.strip()
        above = (start, line) if is_plain and is_apart else None
        is_apart = not is_plain
