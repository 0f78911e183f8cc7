"""Telling: how a model writes that does as it is told.

Each section goes on with the same answer, so the model knows every word that it has said. Nothing that it writes is
left out: a section ends where a paragraph does, once it is long enough, or where the next heading begins. What a model
needs that is too small for this is in ``guided``. Knows nothing about drafts.
"""

import re
from collections.abc import Generator
from contextlib import closing
from math import inf
from typing import Any

from assistants.generation import NO_CONTROLS, Ending, conversation, generate, limited
from assistants.jobs import Event, Text
from assistants.sentences import ends
from assistants.store.documents import PARAGRAPH, Document, Section, count
from assistants.writing.brief import Brief
from assistants.writing.generating import SPARE_TOKENS, TOKENS_A_WORD, Writer
from assistants.writing.kinds import kinds
from assistants.writing.sentences import SentenceFilter
from prompts.library import Messages

TEMPERATURE, PENALTY = 0.5, 1.05
# Of the words that a section is to have: from so many on it ends with its paragraph, and at so many with its sentence.
ENOUGH, MOST = 0.6, 1.6
# With what a part begins or ends that is none of its text: a heading of the model's own, or a line.
HEADING = re.compile(r"#{1,6} .*|\*\*[^*\n]+\*\*[:：]?|-{3,}")
BEGINS_HEADING = re.compile(r"\s*(?:#|\*\*|--)")


def before(brief: Brief, document: Document, section: Section) -> str:
    """Return the text up to a section, as the model has said it, with the heading that the section stands below."""
    has_headings = kinds()[brief.kind].headings
    said = []
    for one in document["sections"]:
        is_own = one["id"] == section["id"]
        if has_headings and one["heading"] and (is_own or one["text"]):
            said.append(f"## {one['heading']}")
        if is_own:
            break
        if one["text"]:
            said.append(one["text"])
    return PARAGRAPH.join(said)


class Taken:
    """What is taken of an answer for a section of ``target`` words: sentence by sentence, as the model wrote them."""

    def __init__(self, filtered: SentenceFilter, target: float) -> None:
        self.is_over = False
        self._sieve = filtered
        self._target = target
        self._waiting = ""
        # Space is said with what comes after it, for a section ends with a word.
        self._gap = ""

    def push(self, delta: str) -> str:
        """Return what more belongs to the section."""
        self._waiting += delta
        taken = ""
        # What follows says whether a sentence ends there.
        while not self.is_over and (end := self._end()) and self._waiting[end:].strip():
            piece, self._waiting = self._waiting[:end], self._waiting[end:]
            taken += self._take(piece)
        return taken

    def _end(self) -> int | None:
        """Return where the next sentence ends, or the line, where that may be a heading; None until that has come."""
        if BEGINS_HEADING.match(self._waiting) and self._begins_line:
            return self._waiting.find("\n", len(self._waiting) - len(self._waiting.lstrip())) + 1 or None
        return next(ends(self._waiting), None)

    @property
    def _begins_line(self) -> bool:
        return not self._sieve.text or "\n" in self._gap or self._waiting.startswith("\n")

    def rest(self) -> str:
        """Return what is left when the model has ended."""
        rest, self._waiting = self._waiting, ""
        return "" if self.is_over else self._take(rest)

    def _take(self, piece: str) -> str:
        words = piece.strip()
        if words and HEADING.fullmatch(words):
            self.is_over = bool(self._sieve.text)
            return ""
        taken = ""
        if words:
            own = piece.rstrip()
            own = self._gap + own if self._sieve.text else own.lstrip()
            taken = self._sieve.append(own)
            self._gap = ""
        self._gap += piece[len(piece.rstrip()) :] if words else piece
        have = count(self._sieve.text)
        is_paragraph = "\n\n" in self._gap and have >= ENOUGH * self._target
        self.is_over = is_paragraph or have >= MOST * self._target or self._sieve.is_full
        return taken


def told(
    writer: Writer,
    turns: Messages,
    said: str,
    filtered: SentenceFilter,
    target: int,
    options: dict[str, Any],
    *,
    to_the_end: bool = False,
) -> Generator[Event, None, Ending | None]:
    """Yield a section after what was ``said`` and ``filtered.text``; what there is, is in the filter.

    Return how the model ended it, or None where it was ended here, for it was long enough: never where it goes
    ``to_the_end``.
    """
    begun = PARAGRAPH.join(filter(None, [said, filtered.text]))
    if begun and not filtered.text:
        begun += PARAGRAPH
    asked = [*turns, ("assistant", begun)] if begun else turns
    limit = limited(writer.engine, int(MOST * target * TOKENS_A_WORD) + SPARE_TOKENS)
    own = {"temperature": TEMPERATURE, "repetition_penalty": PENALTY, **limit, **options}
    taken = Taken(filtered, inf if to_the_end else target)
    events = generate(writer.engine, conversation(asked), NO_CONTROLS, own, writer.job, writer.watch())
    with closing(events):
        while not taken.is_over:
            try:
                event = next(events)
            except StopIteration as end:
                if passed := taken.rest():
                    yield Text(passed)
                return end.value
            if not isinstance(event, Text):
                yield event
            elif passed := taken.push(event.delta):
                yield Text(passed)
    return None
