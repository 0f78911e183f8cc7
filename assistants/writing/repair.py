"""Repair: mends what the checks find, section by section; what is locked it leaves alone.

Repeated, broken-off and unwanted sentences are taken out, missing facts are put in as the person said them, and for a
missing keyword the model writes one sentence; for a model that does not use it by itself, that sentence is begun. Knows
nothing about where the text is kept.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistants.generation import NO_CONTROLS
from assistants.jobs import Event, Progress
from assistants.sentences import is_complete, sentences
from assistants.store.documents import Document
from assistants.words import IS_CJK, tokens
from assistants.writing import templates
from assistants.writing.brief import Brief
from assistants.writing.checks import keyword_pattern
from assistants.writing.drafting import keywords_of
from assistants.writing.facts import Said
from assistants.writing.generating import Writer, changed
from assistants.writing.kinds import kinds
from assistants.writing.sentences import SentenceFilter

if TYPE_CHECKING:
    from assistants.studio import Studio

ATTEMPTS = 3
TOKENS = 80
BEFORE = 400
# How a sentence begins that is to contain a keyword, whatever part of speech that is.
BEGINNINGS = {
    "en": ("With {keyword},", "When it comes to {keyword},", "Because of {keyword},", "Without {keyword},"),
    "zh": ("说到{keyword}，", "有了{keyword}，", "因为{keyword}，"),
}


@dataclass
class Mended:
    """A section under repair: its text, and what was changed in it."""

    id: str
    about: str
    text: str
    changes: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Remember how long the text is."""
        self.length = len(self.text)

    def cut(self, start: int, end: int, what: str, term: str) -> None:
        """Take a sentence out, with the space that parted it from its neighbours."""
        before, after = self.text[:start], self.text[end:]
        if not before or before.endswith("\n"):
            after = after.lstrip(" ")
        if not after or after.startswith("\n"):
            before = before.rstrip(" ")
        if before.endswith("\n") and (not after or after.startswith("\n")):
            before, after = before.rstrip("\n"), after if before.strip() else after.lstrip("\n")
        self.text = before + after
        self._note(what, term, len(before), len(before))

    def insert(self, place: int, sentence: str, what: str, term: str) -> None:
        """Put a sentence in after the one that ends at ``place``."""
        joint = "" if not self.text[:place] or IS_CJK.search(sentence) else " "
        self.text = self.text[:place] + joint + sentence + self.text[place:]
        start = place + len(joint)
        self._note(what, term, start, start + len(sentence))

    def _note(self, what: str, term: str, start: int, end: int) -> None:
        # What was noted before has moved.
        moved = len(self.text) - self.length
        for change in self.changes:
            if change["start"] >= start:
                change["start"] += moved
                change["end"] += moved
        self.changes.append({"what": what, "term": term, "start": start, "end": end})
        self.length = len(self.text)


def repair(
    studio: "Studio", brief: Brief, document: Document, writer: Writer, only: Iterable[str]
) -> Generator[Event, None, list[Mended]]:
    """Mend the sections ``only`` and return those that changed."""
    wanted, shares = set(only), keywords_of(brief, document["sections"])
    mended = [
        Mended(one["id"], f"{one['heading']} {one['notes']} {' '.join(shares[one['id']])}", one["text"])
        for one in document["sections"]
        if one["id"] in wanted and one["text"] and not one["locked"]
    ]
    untouched = [one["text"] for one in document["sections"] if one["id"] not in {each.id for each in mended}]
    for section in mended:
        _end(section)
        _avoid(section, brief)
    _drop_repeats(mended, untouched)
    if brief.kind == "poem" or not mended:
        return [section for section in mended if section.changes]
    # A line, such as a subject, takes no sentence more.
    lines = {one["id"] for one in document["sections"] if kinds()[brief.kind].is_line(one["heading"])}
    roomy = [section for section in mended if section.id not in lines]
    untouched += [section.text for section in mended if section.id in lines]
    if roomy:
        _add_facts(roomy, untouched, brief)
        missing = [word for word in dict.fromkeys(brief.keywords) if not _is_in(word, roomy, untouched)]
        for number, keyword in enumerate(missing):
            yield Progress(number, len(missing), "Repairing the text")
            yield from _add_keyword(studio, brief, keyword, roomy, untouched, writer)
    return [section for section in mended if section.changes]


def _end(section: Mended) -> None:
    places = sentences(section.text)
    whole = [place for place in places if is_complete(section.text[slice(*place)])]
    if whole and places[-1] != whole[-1] and "\n" not in section.text[whole[-1][1] :]:
        section.cut(*places[-1], "ending", section.text[slice(*places[-1])])


def _avoid(section: Mended, brief: Brief) -> None:
    for term in brief.avoid:
        pattern = keyword_pattern(term)
        for start, end in reversed(sentences(section.text)):
            if pattern.search(section.text, start, end) and _has_others(section):
                section.cut(start, end, "avoid", term)


def _drop_repeats(mended: list[Mended], untouched: list[str]) -> None:
    """Take out what the filter would not have let through, were the whole text written now."""
    filtered = SentenceFilter("", untouched)
    for section in mended:
        doomed = []
        for start, end in sentences(section.text):
            sentence = section.text[start:end]
            if not filtered.is_new(sentence):
                doomed.append((start, end))
            else:
                filtered.heard(sentence)
        for start, end in reversed(doomed):
            if _has_others(section):
                section.cut(start, end, "repeat", section.text[start:end])


def _has_others(section: Mended) -> bool:
    return len(sentences(section.text)) > 1


def _is_in(keyword: str, mended: list[Mended], untouched: list[str]) -> bool:
    pattern = keyword_pattern(keyword)
    return any(pattern.search(text) for text in [*(section.text for section in mended), *untouched])


def _add_facts(mended: list[Mended], untouched: list[str], brief: Brief) -> None:
    said = Said([*(section.text for section in mended), *untouched])
    for fact in brief.facts:
        # What looks like a fact is for the person to judge.
        if said.look(fact).state == "missing":
            sentence = fact.strip()
            sentence = sentence[0].upper() + sentence[1:]
            if not is_complete(sentence):
                sentence += "。" if IS_CJK.search(sentence) else "."
            section, place = _best_place(mended, fact)
            section.insert(place, sentence, "fact", fact)
            said = Said([*(one.text for one in mended), *untouched])


def _best_place(mended: list[Mended], term: str) -> tuple[Mended, int]:
    """Return the section and the end of the sentence there that are nearest to a term by their words."""
    words = {word[:5] for word in tokens(term)}

    def nearness(text: str) -> int:
        return len(words & {word[:5] for word in tokens(text)})

    section = max(mended, key=lambda one: (nearness(one.about), nearness(one.text), -len(one.changes), len(one.text)))
    whole = [place for place in sentences(section.text) if is_complete(section.text[slice(*place)])]
    if not whole:
        return section, len(section.text)
    middle = len(whole) / 2
    nearest = max(
        enumerate(whole),
        key=lambda one: (nearness(section.text[slice(*one[1])]), -abs(one[0] - middle)),
    )
    return section, nearest[1][1]


def _add_keyword(
    studio: "Studio", brief: Brief, keyword: str, mended: list[Mended], untouched: list[str], writer: Writer
) -> Generator[Event, None, None]:
    section, place = _best_place(mended, keyword)
    template = templates.template_for(studio, "keyword", brief, writer.job.owner)
    values = {"keyword": keyword, "topic": brief.topic, "before": section.text[max(0, place - BEFORE) : place]}
    asked = templates.messages(template, values)
    filtered = SentenceFilter("", [*(one.text for one in mended), *untouched])
    for number, begun in enumerate(_beginnings(keyword, brief, writer, len(section.changes))):
        options = changed(templates.options(template, writer.params) | writer.limit(TOKENS), number)
        turns = [*asked, ("assistant", begun)] if begun else asked
        answer = yield from writer.quietly(turns, NO_CONTROLS, options)
        answer = f"{begun}{answer}" if begun else answer.strip()
        sentence = answer[slice(*sentences(answer)[0])] if answer.strip() else ""
        if keyword_pattern(keyword).search(sentence) and is_complete(sentence) and filtered.would_take(sentence):
            section.insert(place, sentence, "keyword", keyword)
            return


def _beginnings(keyword: str, brief: Brief, writer: Writer, turn: int) -> list[str]:
    """Return how the sentence may begin: as the model likes, then with the keyword, if the model goes on with a text.

    A model that does not is only asked again. Sentences that are put in one after the other begin differently.
    """
    if not writer.can("completion"):
        return [""] * ATTEMPTS
    forms = BEGINNINGS["zh" if brief.is_chinese or IS_CJK.search(keyword) else "en"]
    return ["", *(forms[(turn + number) % len(forms)].format(keyword=keyword) for number in range(ATTEMPTS - 1))]
