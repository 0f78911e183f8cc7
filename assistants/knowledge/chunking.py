"""A text, cut into chunks of a few sentences each that say where in the text they stand.

Cuts at headings first, then between paragraphs, then between sentences; knows nothing about files or searching.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistants.knowledge.cleaning import clean
from assistants.knowledge.headings import headings
from assistants.sentences import Span, sentences
from assistants.words import CJK

# About 180 tokens of an embedder, most of which read 256: a Chinese character is one, and three Latin letters or more.
LIMIT = 720
CHINESE = re.compile(f"[{CJK}]")
PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
MAX_HEADING = 200


@dataclass(frozen=True)
class Part:
    """A piece of a document as it was read: a page, a sheet, or an entry that answers ``question``."""

    text: str
    heading: str = ""
    question: str = ""


@dataclass(frozen=True)
class Chunk:
    """A piece of the text from ``start`` on, below ``heading``; an entry of a list of questions has a ``question``."""

    start: int
    text: str
    heading: str
    question: str = ""

    @property
    def indexed(self) -> str:
        """What it is found by."""
        return "\n".join(filter(None, (self.heading, self.question, self.text)))


def compose(parts: Iterable[Part]) -> tuple[str, list[Chunk]]:
    """Return the whole text that ``parts`` make, and its chunks."""
    texts: list[str] = []
    chunks: list[Chunk] = []
    length = 0
    for part in parts:
        heading, question, text = clean(part.heading)[:MAX_HEADING], clean(part.question), clean(part.text)
        if not text:
            continue
        before = f"{question}\n" if question else ""
        start = length + len(before)
        chunks += [
            Chunk(start + begin, text[begin:end], " > ".join(filter(None, (heading, found))), question)
            for begin, end, found in _cut(text, whole=bool(question))
        ]
        texts.append(before + text)
        length += len(texts[-1]) + 2
    return "\n\n".join(texts), chunks


def _cut(text: str, *, whole: bool) -> Iterator[tuple[int, int, str]]:
    """Yield where the chunks of ``text`` begin and end, and the headings above each."""
    if whole:
        yield from ((start, end, "") for start, end in _packed(text, _pieces(text, 0, len(text))))
        return
    for start, end, heading in _sections(text):
        paragraphs = [(start + match.start(), start + match.end()) for match in PARAGRAPH.finditer(text[start:end])]
        pieces = [piece for paragraph in paragraphs for piece in _pieces(text, *paragraph)]
        yield from ((begin, stop, heading) for begin, stop in _packed(text, pieces))


def _sections(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what stands between the headings, and the path of headings above it.

    A heading with nothing below it is yielded itself, and so is one that is too long for the path.
    """
    found = list(headings(text))
    yield 0, found[0].start if found else len(text), ""
    path: dict[int, str] = {}
    for place, heading in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        end = after.start if after else len(text)
        is_empty = not text[heading.end : end].strip()
        # Of the first rank like those below it, a first heading with nothing below is the title of all.
        is_title = is_empty and place == 0 and heading.level == 1 and after is not None
        level = 0 if is_title else heading.level
        above = {rank: title for rank, title in path.items() if rank < level}
        path = above | {level: heading.title[:MAX_HEADING]}
        is_leaf = is_empty and not (after and after.level > level)
        if is_leaf or len(heading.title) > MAX_HEADING:
            yield heading.place, heading.place + len(heading.title), " > ".join(above.values())
        yield heading.end, end, " > ".join(path.values())


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield a paragraph whole where it is short, else its sentences, the longest of them cut."""
    if _size(text[start:end]) <= LIMIT:
        yield start, end
        return
    for begin, stop in sentences(text[start:end], in_document=True):
        yield from _lengths(text, start + begin, start + stop)


def _lengths(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut what has no end of a sentence, at a space where there is one."""
    # What is longer than this is too long, however much longer.
    while _size(text[start : min(end, start + LIMIT + 1)]) > LIMIT:
        reach = start + LIMIT // 3 if CHINESE.search(text[start : start + LIMIT]) else start + LIMIT
        cut = text.rfind(" ", start + 1, reach)
        cut = reach if cut < 0 else cut
        yield start, cut
        start = cut
    yield start, end


def _packed(text: str, pieces: Iterable[Span]) -> Iterator[Span]:
    """Join neighbours as long as they are short together."""
    start = end = 0
    for begin, stop in pieces:
        if end and _size(text[start:stop]) > LIMIT:
            yield start, end
            end = 0
        start, end = (start if end else begin), stop
    if text[start:end].strip():
        yield start, end


def _size(text: str) -> int:
    return len(text) + 2 * len(CHINESE.findall(text))
