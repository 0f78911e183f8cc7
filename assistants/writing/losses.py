"""Losses: the facts and keywords of a brief that a text said before it was rewritten, and no longer says.

Each comes with the words that said it, to be put back. Knows nothing about who rewrote the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistants.sentences import is_complete, sentences
from assistants.words import IS_CJK
from assistants.writing.brief import Brief
from assistants.writing.checks import keyword_pattern
from assistants.writing.facts import Said, parts
from assistants.writing.kinds import kinds

PUT_BACK = "Put back because the new text had lost it: {what}."
LOST = "The new text no longer says: {what}."
UNSAID = "Numbers that the new text no longer has: {what}."


@dataclass(frozen=True)
class Loss:
    """A fact or keyword, the ``term``, and the ``text`` that said it."""

    what: Literal["fact", "keyword"]
    term: str
    text: str


def lost(brief: Brief, before: Sequence[str], after: Iterable[str]) -> list[Loss]:
    """Return what the texts ``before`` said and those ``after`` do not."""
    after = list(after)
    had, has = Said(before), Said(after)
    found: list[Loss] = []
    for fact in brief.facts:
        place = had.look(fact)
        if place.state == "said" and has.look(fact).state != "said":
            found.append(Loss("fact", fact, before[place.text][place.start : place.end]))
    for keyword in dict.fromkeys(brief.keywords):
        pattern = keyword_pattern(keyword)
        if any(map(pattern.search, after)) or any(pattern.search(loss.text) for loss in found):
            continue
        said = (text[slice(*span)] for text in before for span in sentences(text) if pattern.search(text[slice(*span)]))
        if sentence := next(said, None):
            found.append(Loss("keyword", keyword, sentence))
    return found


def numbers(old: str, new: str) -> list[str]:
    """Return the numbers of a text, with their units, that a new one lacks."""
    left = parts(new).numbers
    return [written for number, written in parts(old).numbers.items() if number not in left]


def takes_sentence(brief: Brief, heading: str, text: str) -> bool:
    """Say whether a sentence may come after a text: not in verse, on a line, or after what is no sentence."""
    return brief.kind != "poem" and not kinds()[brief.kind].is_line(heading) and is_complete(text)


def joined(text: str, found: Iterable[Loss]) -> str:
    """Return a text with what was lost of it at its end; one sentence may say several things."""
    for sentence in dict.fromkeys(loss.text for loss in found):
        text += joint(text, sentence) + sentence
    return text


def joint(text: str, sentence: str) -> str:
    """Return what comes between a text and a sentence after it."""
    return "" if not text or text.endswith(("\n", " ")) or IS_CJK.search(sentence) else " "
