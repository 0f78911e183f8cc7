"""Sentences of a model: a filter that lets each through once it is complete and no repetition.

What a small model writes runs into loops and stops in mid-sentence; what has gone through the filter does neither.
Knows nothing about models or drafts.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from assistants.sentences import ends, is_complete, sentences
from assistants.store.documents import PARAGRAPH, count
from assistants.words import IS_CJK, WORDS

# Of lines without a full stop only a list's are part of a text; others are headings of the model's own.
LISTED = re.compile(r"[-*+•]\s|\d{1,2}[.)]\s")
# What a model says about its text instead of writing it.
TALK = re.compile(
    r"\W*(?:title|section|article|topic|keywords?|note|word count|https?|about|facts|标题|小节|关键词)\s*[:：]"
    r"|(?:sure|certainly|here(?: is|['’]s| are))\b.*:$"
    # Small models were taught to edit, and fall into talk of it, and into advice on style.
    r"|(?:\d{1,2}[.)]\s*)?(?:use|avoid|emphasi[sz]e|include|incorporate|create)\b"
    r".*\b(?:sensory|imagery|clich\w+|metaphors?|rhetorical|anecdotes?|descriptive language)\b"
    r"|.*\b(?:active voice|passive voice|rewritten|rephras\w+|reword\w+|revised|grammatical\w*|suggest editing"
    r"|(?:this|original|above|following) (?:sentence|phrase|text|paragraph|blog post)s?|these sentences|sentence \d"
    r"|(?:the|your|this) (?:sentence|paragraph|blog post|essay|article|story|post|list)s?"
    r" (?:is|describes?|discuss\w*|explores?|contains?|features?|will|would be|could be|can be|has been edited)"
    r"|(?:add(?:ed|ing|s)?|use) (?:synonyms|adverbs|adjectives|commas|apostrophes|shorter|active)|unnecessary commas"
    r"|(?:this|our|the following) (?:article|guide|tutorial|essay|blog)|in this (?:section|chapter|passage)"
    r"|(?:the|this) (?:news(?: report| item| story)?|report|scene|tale|speech|e-?mail|press release)"
    r" (?:begins|starts|opens|concludes|ends|describes|mentions|highlights|details|discusses|adds|reads|is about|tells)"
    r"|(?:we|I)(?:['’]ll| will| would like to) (?:discuss|explore|look at|cover|delve|dive|examine|provide|guide|share)"
    r"|let['’]s (?:dive|explore|take a|look at|delve|discuss|start with)"
    r"|here(?:['’]s| is| are) (?:how|why|what|some|a|an|the|your)|follow these|(?:simple|following) steps"
    r"|(?:send|copy|paste|personali[sz]e|customi[sz]e) this|(?:include|use) (?:\w+ )?keywords"
    r"|e-?mail (?:template|marketing|strateg\w+)|spelled (?:as|with)|your (?:sentence|blog|draft)"
    r"|is an? (?:adjective|adverb|noun|verb|pronoun|preposition|synonym)|for readers to read"
    r"|I (?:changed|replaced|added)|write an? (?:sentence|summary|one-sentence|short|paragraph)"
    r"|(?:made some|minor) (?:edits|changes|tweaks)|(?:happy|glad) to (?:help|assist)|language model)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
# Of a sentence this long, more than half in capitals is no prose.
SHOUTED = 20
NO_PROSE = ("#", "[", "{", "<", "```")
GRAM = 4
MOST = 3
# A sentence that does not come to its end.
RUN_ON = 500
# So many sentences in a row may be repetitions before the model is taken to be in a loop.
PATIENCE = 2
PARAGRAPH_WORDS = 90
# Two sentences that share so many of their words say the same.
ECHO = 0.5


def units(text: str) -> list[str]:
    """Return the words of a text and, of scripts without spaces, the characters."""
    return [unit for run in WORDS.findall(text.casefold()) for unit in (run if IS_CJK.match(run) else [run])]


def is_prose(sentence: str) -> bool:
    """Say whether a sentence is part of a text, and not talk about it or code."""
    letters = [one for one in sentence if one.isalpha()]
    is_shouted = len(letters) > SHOUTED and sum(map(str.isupper, letters)) * 2 > len(letters)
    return bool(letters) and not is_shouted and not TALK.match(sentence) and not sentence.startswith(NO_PROSE)


def size_of(found: list[str]) -> int:
    """Return how many units make a phrase."""
    return GRAM * 2 if sum(1 for unit in found if IS_CJK.match(unit)) * 2 > len(found) else GRAM


def grams(found: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield the runs of four words; in scripts without spaces, of twice as many characters."""
    size = size_of(found)
    for start in range(len(found) - size + 1):
        yield tuple(found[start : start + size])


def repeated(text: str, most: int = MOST) -> dict[tuple[str, ...], int]:
    """Return the runs of words that come more than ``most`` times, and how often."""
    return {gram: number for gram, number in Counter(grams(units(text))).items() if number > most}


class SentenceFilter:
    """Takes a text as it comes and gives back its whole sentences, as they are to be appended to what there is.

    ``left_out`` are the others: said before, or no prose. ``closed`` says that it takes no more, for too many of them
    came in a row, or because the text ``is_full``.
    """

    def __init__(
        self,
        before: str,
        elsewhere: Iterable[str] = (),
        most: int = MOST,
        limit: int | None = None,
        known: str | None = None,
        *,
        is_firm: bool = False,
    ) -> None:
        """Go on after ``before``; ``elsewhere`` are texts whose phrases count as well, ``limit`` is of characters.

        Where a ``known`` text is given, no other numbers than those in it pass; where it ``is_firm``, no sentence that
        says another one of this text in nearly the same words.
        """
        self.text = before
        self.closed = False
        self.left_out: list[str] = []
        self._most = most
        self._limit = limit
        self._numbers = None if known is None else set(NUMBER.findall(known))
        self._is_firm = is_firm
        self.is_full = False
        self._buffer = ""
        self._refused = 0
        self._breaks = False
        self._waiting: list[tuple[bool, str]] = []
        self._grams = Counter(gram for text in (before, *elsewhere) for gram in grams(units(text)))
        # Phrases go on from one sentence to the next.
        self._tail = _tail(units(before))
        self._said = {_folded(text[start:end]) for text in (before, *elsewhere) for start, end in sentences(text)}

    def push(self, delta: str) -> str:
        """Return what ``delta`` completes."""
        self._buffer += delta
        passed, start = "", 0
        for end in ends(self._buffer):
            if self.closed:
                break
            # What follows says whether it ends the sentence, or belongs to a number, to more signs or to a quote.
            if not self._buffer[end:].strip() and "\n" not in self._buffer[end - 1 :]:
                break
            passed += self._take(self._buffer[start:end])
            start = end
        self._buffer = self._buffer[start:]
        if len(self._buffer) > RUN_ON:
            self.closed = True
        return passed

    def settle(self) -> str:
        """Return the first whole sentence that was left out as the text, where there is no other."""
        whole = [one for one in self.left_out if is_complete(one) and is_prose(one) and self._is_within(one)]
        passed = whole[0] if whole else ""
        self.text += passed
        return passed

    def drop(self) -> None:
        """Forget what is not whole: the model is asked anew from the text that there is."""
        self._buffer = ""
        self._waiting.clear()
        self._breaks = self.closed = False
        self._refused = 0

    def finish(self, ended: bool) -> str:
        """Return what is left if it is a sentence, or is to count as one because the model ``ended`` there."""
        rest, self._buffer = self._buffer.strip(), ""
        if self.closed or not rest:
            return ""
        if is_complete(rest):
            return self._take(rest)
        if ended and (rest[-1].isalnum() or rest[-1] in "\"'”’"):
            return self._take(rest + ("。" if IS_CJK.search(rest) else "."))
        return ""

    def _take(self, piece: str) -> str:
        sentence = piece.strip()
        passed = ""
        if sentence and not is_complete(sentence) and not LISTED.match(sentence):
            self.left_out.append(sentence)
        elif sentence and not self.would_take(sentence):
            self.left_out.append(sentence)
            self._refused += not self.is_new(sentence)
            self.closed = self._refused > PATIENCE
        elif sentence:
            self._refused = 0
            self._waiting.append((self._breaks, sentence))
            self._breaks = False
            # An entry of a list stays only if a sentence follows it.
            passed = self._release() if is_complete(sentence) else ""
        self._breaks |= "\n" in piece and bool(self.text or self._waiting)
        return passed

    def _release(self) -> str:
        """Append what waits to the text and return what was appended; nothing, if that is more than there may be."""
        text = self.text
        for breaks, sentence in self._waiting:
            text += self._joint(text, breaks) + sentence
        passed = text[len(self.text) :]
        if self._limit is not None and len(text) > self._limit:
            self.closed = self.is_full = True
            return ""
        self.text = text
        for _, sentence in self._waiting:
            self.heard(sentence)
        self._waiting.clear()
        return passed

    def append(self, text: str) -> str:
        """Append text as it is and return it; nothing, if that is more than there may be."""
        if self._limit is not None and len(self.text) + len(text) > self._limit:
            self.is_full = True
            return ""
        self.text += text
        return text

    def heard(self, sentence: str) -> None:
        """Count a sentence among what was said."""
        self._grams.update(grams([*self._tail, *units(sentence)]))
        self._tail = _tail([*self._tail, *units(sentence)])
        self._said.add(_folded(sentence))

    @property
    def paragraph(self) -> str:
        """The last paragraph of the text."""
        return self.text.rpartition(PARAGRAPH)[2]

    def would_take(self, sentence: str) -> bool:
        """Say whether a sentence is prose, new, no echo and without numbers of its own where it must not have any."""
        is_fit = self._is_known(sentence) and not (self._is_firm and self._is_echo(sentence))
        return is_fit and is_prose(sentence) and self.is_new(sentence)

    def _is_echo(self, sentence: str) -> bool:
        own = set(units(sentence))
        said = (set(units(self.text[start:end])) for start, end in sentences(self.text))
        return any(len(own & other) >= ECHO * len(own | other) for other in said)

    def _is_known(self, sentence: str) -> bool:
        return self._numbers is None or self._numbers.issuperset(NUMBER.findall(sentence))

    def is_new(self, sentence: str) -> bool:
        """Say whether neither a sentence nor a phrase of it was said too often before."""
        return self._is_within(sentence) and (_folded(sentence) not in self._said or count(sentence) < GRAM)

    def _is_within(self, sentence: str) -> bool:
        own = Counter(grams([*self._tail, *units(sentence)]))
        return all(number + self._grams[gram] <= self._most for gram, number in own.items())

    @staticmethod
    def _joint(text: str, breaks: bool) -> str:
        """Return what comes between a text and its next sentence."""
        if not text or text.endswith(("\n", " ")):
            return ""
        if breaks or count(text.rpartition(PARAGRAPH)[2]) >= PARAGRAPH_WORDS:
            return PARAGRAPH
        return "" if IS_CJK.search(text[-4:]) else " "


def _tail(found: list[str]) -> list[str]:
    """Return the last units that make phrases with what follows."""
    return found[1 - size_of(found) :]


def _folded(sentence: str) -> str:
    return " ".join(WORDS.findall(sentence.casefold()))
