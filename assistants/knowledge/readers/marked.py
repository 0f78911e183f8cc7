"""Markdown and plain text as parts: what a page made of it would hide is left out, its front matter is a part.

Knows nothing about headings, which are found where the text is cut.
"""

import re
from collections.abc import Iterator

from assistants.knowledge.chunking import Part
from assistants.knowledge.readers.notes import Notes
from assistants.markdown.fences import lines

# As Jekyll and Hugo begin a page: YAML between ---, or TOML between +++, with a key in its first lines.
FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\r?\n((?:[^\n]*\n)*?)(?:\1|\.\.\.)[ \t\r]*(?:\n|\Z)")
KEY = re.compile(r"^[\w.-]+[ \t]*[:=]", re.MULTILINE)
MOST_FRONT = 20_000

COMMENTS = "Comments that a page does not show (<!-- … -->) are left out ({count})."


def read(text: str, notes: Notes) -> Iterator[Part]:
    """Yield the front matter, without its marks, and all the rest of a file of Markdown."""
    front = front_matter(text)
    if front:
        yield Part(front[2])
        text = text[front.end() :]
    yield Part(_without_comments(text, notes))


def front_matter(text: str) -> re.Match[str] | None:
    """Return what stands before a text about it, as the second group of a match, or None."""
    front = FRONT_MATTER.match(text[:MOST_FRONT])
    return front if front and KEY.search(front[2]) else None


def _without_comments(text: str, notes: Notes) -> str:
    if "<!--" not in text:
        return text
    kept: list[str] = []
    place = 0
    for start, line, is_code in lines(text):
        begin = line.find("<!--")
        # What a comment holds is no line of its own; in code it is no comment.
        if is_code or begin < 0 or start + begin < place or line.count("`", 0, begin) % 2:
            continue
        while begin >= 0 and (end := text.find("-->", start + begin)) >= 0:
            kept.append(text[place : start + begin])
            place = end + 3
            notes.count(COMMENTS)
            begin = line.find("<!--", place - start) if place < start + len(line) else -1
    return "".join([*kept, text[place:]])
