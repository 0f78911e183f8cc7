"""Pieces of a prompt that can be left out: messages, pairs of an example, paragraphs and sentences.

Knows how a prompt is cut and put together again without a piece; knows nothing about models.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from assistants.jobs.exchange import Said
from assistants.sentences import ends

Unit = Literal["auto", "message", "paragraph", "sentence"]
PARAGRAPH = "\n\n"


@dataclass(frozen=True)
class Piece:
    """A part of a prompt: of which messages, in what role, its text, and where in the one message it stands."""

    first: int
    last: int
    role: str
    kind: Literal["message", "example", "paragraph", "sentence"]
    text: str
    start: int = 0
    end: int = 0

    def without(self, messages: Said) -> Said:
        """Return the prompt without this piece; a message that has nothing left goes, too."""
        if self.kind in ("message", "example"):
            return [*messages[: self.first], *messages[self.last + 1 :]]
        role, text = messages[self.first]
        rest = (text[: self.start] + text[self.end :]).strip()
        return [*messages[: self.first], *([(role, rest)] if rest else []), *messages[self.last + 1 :]]


def pieces(messages: Said, unit: Unit) -> list[Piece]:
    """Return the pieces of a prompt in its order, none if nothing of it can be left out.

    By itself: earlier messages as pairs of a question and its answer, and of what else there is its paragraphs, or of
    a single one its sentences.
    """
    found: list[Piece] = []
    last, number = len(messages) - 1, 0
    while number <= last:
        role, text = messages[number]
        is_pair = role == "user" and number < last and messages[number + 1][0] == "assistant"
        if unit == "auto" and is_pair:
            found.append(Piece(number, number + 1, role, "example", f"{text}\n→ {messages[number + 1][1]}"))
            number += 1
        elif unit == "message":
            found.append(Piece(number, number, role, "message", text))
        else:
            found += cut(number, role, text, unit)
        number += 1
    return [one for one in found if one.without(messages)]


def cut(number: int, role: str, text: str, unit: Unit) -> list[Piece]:
    """Return the paragraphs of a message, or its sentences where it has one paragraph only."""
    places = [*spans(text, paragraph_ends(text))]
    kind: Literal["paragraph", "sentence"] = "paragraph"
    if unit == "sentence" or (unit == "auto" and len(places) == 1):
        places, kind = [*spans(text, ends(text))], "sentence"
    return [Piece(number, number, role, kind, text[start:end].strip(), start, end) for start, end in places]


def paragraph_ends(text: str) -> Iterator[int]:
    """Yield where each paragraph ends."""
    place = 0
    while (place := text.find(PARAGRAPH, place)) >= 0:
        place += len(PARAGRAPH)
        yield place


def spans(text: str, places: Iterator[int]) -> Iterator[tuple[int, int]]:
    """Yield the stretches between places that hold more than space."""
    start = 0
    for end in [*places, len(text)]:
        if text[start:end].strip():
            yield start, end
            start = end
