"""Checks: what can be computed of a draft and its brief, each finding with its place, so that a page can mark it.

No model is asked. Runs in a child (``bounded``), for a draft may be very long. Knows nothing about who mends what was
found: that is ``repair``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import combinations, islice
from typing import Any

from assistants.errors import worded
from assistants.history.snippets import shorten
from assistants.sentences import is_complete, sentences
from assistants.store.documents import PICTURE, Document, count, text_of
from assistants.words import CJK, IS_CJK, WORDS
from assistants.writing import poems
from assistants.writing.brief import Brief
from assistants.writing.facts import Found, Said
from assistants.writing.kinds import kinds
from assistants.writing.sentences import GRAM, MOST, NUMBER, repeated

# Shorter or longer than the target by more than this share is worth saying.
TOLERANCE = 0.25
# Endings that a word may take and still be the word.
ENDINGS = r"(?:['’]s|s|es|ed|d|ing|ly|er|ers)?"
NAME = re.compile(r"\b[A-Z][\w'’-]+(?: (?:of |de |van )?[A-Z][\w'’-]+)*")
# Pictures after the last words.
ILLUSTRATED = re.compile(rf"(?<!\s)(?:\s*{PICTURE.pattern})+\s*$")
QUOTE = re.compile(r"[\"“][^\"“”]{3,}[\"”]|「[^」]{2,}」")
# Names of one word that differ so little are one name, spelt twice.
SIMILAR, LONG_NAME = 0.8, 5
# A wish is shown so far; what is to be in the text in these words; how a list of features is parted.
WISH = 120
QUOTED = ("dateline", "product", "recipient", "sender")
SEVERAL = re.compile(r"[;；\n]")
UNJUDGED = {
    "audience": "Not checked, for no rule can judge it: whether it suits the readers “{wish}”.",
    "tone": "Not checked, for no rule can judge it: whether its tone is “{wish}”.",
    "sample": "Not checked, for no rule can judge it: whether it is written like the sample “{wish}”.",
}
# The script of a language, told from so many words on.
WRITTEN = {"en": "latin", "zh": "han"}
LEAST_LANGUAGE = 20
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
SPEECH = re.compile(r"[\"“][^\"“”\n]*[\"”]|「[^」]*」")
FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|myself)\b|我")
# To find where a phrase stands, and to compare each name with each other one, takes its time.
MOST_PHRASES, MOST_NAMES = 100, 400
# By Flesch: a text of so many points or more reads like this.
LEVELS = (
    (70, "Reading ease {score} of 100: easy to read."),
    (50, "Reading ease {score} of 100: fairly easy to read."),
    (30, "Reading ease {score} of 100: hard to read."),
    (float("-inf"), "Reading ease {score} of 100: very hard to read."),
)


@dataclass(frozen=True)
class Check:
    """One finding; ``section``, ``start`` and ``end`` are None where it is about the whole text.

    ``ok`` is None of what was asked for and cannot be judged by a rule.
    """

    name: str
    ok: bool | None
    template: str
    values: dict[str, Any] = field(default_factory=dict)
    section: str | None = None
    start: int | None = None
    end: int | None = None

    @property
    def sentence(self) -> str:
        """The finding in English."""
        return worded(self.template, self.values)


def check(brief: Brief, document: Document) -> list[Check]:
    """Return every finding, in the order in which a person would mend them."""
    finders: tuple[Callable[[Brief, Document], Iterator[Check]], ...] = (
        keywords,
        facts,
        wishes,
        avoided,
        length,
        repetitions,
        endings,
        form,
        to_verify,
        names,
        readability,
    )
    return [found for finder in finders for found in finder(brief, document)]


def keywords(brief: Brief, document: Document) -> Iterator[Check]:
    """Say of each keyword whether it is used, and where first."""
    for keyword in dict.fromkeys(brief.keywords):
        pattern = keyword_pattern(keyword)
        where = _first(document, pattern)
        template = "The keyword “{term}” is used." if where else "The keyword “{term}” is missing."
        yield Check("keyword", bool(where), template, {"term": keyword}, *(where or ()))


def keyword_pattern(keyword: str) -> re.Pattern[str]:
    """Return what finds a keyword: in any case, and of a word in a script with spaces, with the usual endings."""
    words = [_inflected(word) for word in keyword.split()]
    inner = r"[\s-]+".join(words)
    return re.compile(inner if IS_CJK.search(keyword) else rf"(?<![^\W_]){inner}(?![^\W_])", re.IGNORECASE)


def _inflected(word: str) -> str:
    if IS_CJK.search(word) or len(word) < 3 or not word.isalpha():
        return re.escape(word)
    if word[-1] in "ey":  # bake, baking; berry, berries
        return rf"{re.escape(word[:-1])}(?:{word[-1]}{ENDINGS}|ing|ies|ied)"
    # plan, planned
    return rf"{re.escape(word)}{re.escape(word[-1])}?{ENDINGS}"


def facts(brief: Brief, document: Document) -> Iterator[Check]:
    """Say of each fact whether a sentence says it, and where, or which place looks like it."""
    said = Said(section["text"] for section in document["sections"])
    for fact in brief.facts:
        yield _said("fact", said.look(fact), {"fact": fact}, document)


def _said(name: str, found: Found, values: dict[str, str], document: Document) -> Check:
    """Return what was found of a fact as a finding."""
    if found.state == "missing":
        lacks = {"missing": ", ".join(found.missing)}
        return Check(name, False, "The fact “{fact}” is missing: {missing}.", values | lacks)
    where = document["sections"][found.text]["id"], found.start, found.end
    if found.state == "said":
        return Check(name, True, "The fact “{fact}” is there.", values, *where)
    if not found.missing:
        return Check(name, False, "A sentence has the words of the fact “{fact}” but may not say it.", values, *where)
    values |= {"missing": ", ".join(found.missing)}
    return Check(name, False, "A sentence may say the fact “{fact}”, or something else: {missing}.", values, *where)


def wishes(brief: Brief, document: Document) -> Iterator[Check]:
    """Say of what else the brief asks whether it is there, and of what no rule can judge that it was not looked at."""
    text, said = text_of(document), Said(section["text"] for section in document["sections"])
    if count(text) >= LEAST_LANGUAGE and (own := language_of(text)) and (asked := WRITTEN.get(brief.language[:2])):
        template = "The text is in the script of its language." if own == asked else "The text is in another language."
        yield Check("wish", own == asked, template)
    for name in ("audience", "tone", "sample"):
        if getattr(brief, name).strip():
            yield Check("wish", None, UNJUDGED[name], {"wish": shorten(getattr(brief, name), WISH)})
    for name, value in brief.fields.items():
        wish = kinds()[brief.kind].fields[name]
        if not value.strip() or wish.choices:
            continue
        for one in [one.strip() for one in SEVERAL.split(value) if one.strip()] if name == "features" else [value]:
            if name == "features":
                yield _said("wish", said.look(one), {"fact": one}, document)
            elif name in QUOTED:
                where = _first(document, keyword_pattern(one.strip()))
                template = "The text names “{term}”." if where else "The text does not name “{term}”."
                yield Check("wish", bool(where), template, {"term": one.strip()}, *(where or ()))
            else:
                values = {"wish": shorten(one, WISH)}
                yield Check("wish", None, "Not checked, for no rule can judge it: “{wish}”.", values)
    if brief.kind == "story":
        yield from _view(brief, document)


def _view(brief: Brief, document: Document) -> Iterator[Check]:
    """Say whether a story is told by an I as it was to be, or not; what is quoted does not count."""
    if not brief.fields.get("view") or not text_of(document).strip():
        return
    told = [(one["id"], SPEECH.sub(lambda found: " " * len(found[0]), one["text"])) for one in document["sections"]]
    where = next(((id, *found.span()) for id, text in told if (found := FIRST_PERSON.search(text))), None)
    is_kept = (where is not None) == (brief.fields["view"] == "first")
    template = "The point of view is kept." if is_kept else "The point of view is not the one that was chosen."
    yield Check("wish", is_kept, template, {}, *(where or ()))


def language_of(text: str) -> str | None:
    """Return in which script most of a text is, ``han`` or ``latin``; None of any other."""
    han, latin = len(re.findall(f"[{CJK}]", text)), len(LATIN.findall(text))
    return "han" if han > latin else "latin" if latin > han else None


def avoided(brief: Brief, document: Document) -> Iterator[Check]:
    """Mark what was to be avoided."""
    for term in brief.avoid:
        found = list(_all(document, keyword_pattern(term)))
        for where in found:
            yield Check("avoid", False, "The text has “{term}”, which was to be avoided.", {"term": term}, *where)
        if not found:
            yield Check("avoid", True, "The text does not mention “{term}”.", {"term": term})


def length(brief: Brief, document: Document) -> Iterator[Check]:
    """Say how long the text is, against its target or its limit."""
    text = text_of(document)
    have, target, limit = count(text), brief.length, brief.limit
    if limit is not None:
        values = {"have": len(text), "limit": limit}
        yield Check("length", len(text) <= limit, "{have} characters; the platform takes {limit}.", values)
    elif target:
        is_near = abs(have - target) <= TOLERANCE * target
        yield Check("length", is_near, "{have} words; the target is {target}.", {"have": have, "target": target})
    for section in document["sections"]:
        if not section["text"]:
            template = "The section “{heading}” is empty."
            yield Check("length", False, template, {"heading": section["heading"]}, section["id"], 0, 0)


def repetitions(_: Brief, document: Document) -> Iterator[Check]:
    """Mark the sentences that come again, and phrases that come too often."""
    seen: dict[str, str] = {}
    found = False
    for section in document["sections"]:
        for start, end in sentences(section["text"]):
            sentence = section["text"][start:end]
            key = " ".join(WORDS.findall(sentence.casefold()))
            if count(sentence) >= GRAM and key in seen:
                found = True
                yield Check("repeat", False, "This sentence stands in the text before.", {}, section["id"], start, end)
            seen[key] = section["id"]
    phrases = repeated(text_of(document))
    for gram, number in islice(phrases.items(), MOST_PHRASES):
        found = True
        phrase = ("" if IS_CJK.match(gram[0]) else " ").join(gram)
        where = _last(document, re.compile(r"\W+".join(map(re.escape, gram)), re.IGNORECASE))
        values = {"phrase": phrase, "number": number}
        yield Check("repeat", False, "The phrase “{phrase}” comes {number} times.", values, *(where or ()))
    if len(phrases) > MOST_PHRASES:
        values = {"count": len(phrases) - MOST_PHRASES}
        yield Check("repeat", False, "More phrases come too often ({count}).", values)
    if not found:
        template = "No phrase of {words} words comes more than {most} times."
        yield Check("repeat", True, template, {"words": GRAM, "most": MOST})


def endings(brief: Brief, document: Document) -> Iterator[Check]:
    """Mark sections that break off in mid-sentence; a poem, a subject line and a greeting have no full stop."""
    if brief.kind in ("poem", "email", "social"):
        return
    for section in document["sections"]:
        text = ILLUSTRATED.sub("", section["text"]).rstrip()
        if text and not is_complete(text):
            start = sentences(text)[-1][0]
            yield Check("ending", False, "This section breaks off.", {}, section["id"], start, len(text))


def form(brief: Brief, document: Document) -> Iterator[Check]:
    """Say whether a poem keeps to its form."""
    if brief.kind == "poem":
        for section in document["sections"]:
            for found in poems.judge(brief, section["text"]):
                yield Check("form", found.ok, found.template, found.values, section["id"], 0, len(section["text"]))


def to_verify(brief: Brief, document: Document) -> Iterator[Check]:
    """Mark the sentences of news that say numbers, names or quotes which are not in the brief."""
    if brief.kind != "news":
        return
    known = brief.said
    for section in document["sections"]:
        for start, end in sentences(section["text"]):
            sentence = section["text"][start:end]
            # A sentence begins with a capital, which makes no name.
            hard = [*NUMBER.findall(sentence), *QUOTE.findall(sentence), *_names(sentence)]
            if unknown := [one for one in hard if one.strip('"“”') not in known]:
                template = "To verify, for no fact says it: {what}."
                yield Check("verify", False, template, {"what": ", ".join(unknown)}, section["id"], start, end)


def names(brief: Brief, document: Document) -> Iterator[Check]:
    """Mark names that are spelt in two ways."""
    said: dict[str, tuple[str, int, int]] = {}
    number: dict[str, int] = {}
    for section in document["sections"]:
        for start, end in sentences(section["text"]):
            for found in _names(section["text"][start:end]):
                for word in found.split():
                    place = section["text"].index(word, start)
                    said.setdefault(word, (section["id"], place, place + len(word)))
                    number[word] = number.get(word, 0) + 1
    if len(said) > MOST_NAMES:
        template = "There are too many names to compare how they are spelt ({count})."
        yield Check("names", True, template, {"count": len(said)})
        return
    known = brief.said
    for one, other in combinations(said, 2):
        if _is_one_name(one, other):
            # The spelling of the brief is right, else the more frequent one.
            right, wrong = sorted((one, other), key=lambda name: (name not in known, -number[name]))
            template = "The name “{wrong}” is elsewhere spelt “{right}”."
            yield Check("names", False, template, {"wrong": wrong, "right": right}, *said[wrong])


def _is_one_name(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) < LONG_NAME or one[0] != other[0] or long.rstrip("s’'") == short.rstrip("s’'"):
        return False
    return SequenceMatcher(None, one, other).ratio() >= SIMILAR


def _names(text: str) -> list[str]:
    """Return the names of a sentence: runs of capitalised words, but not its first word by itself."""
    found = []
    for match in NAME.finditer(text):
        name = match[0]
        if match.start() == 0 and " " not in name and not name.isupper():
            continue
        found.append(name)
    return found


def readability(_: Brief, document: Document) -> Iterator[Check]:
    """Say how well the text reads: by Flesch in a script with spaces, by the length of its sentences in another."""
    text = text_of(document)
    if count(text) < 30:
        return
    if len(re.findall(f"[{CJK}]", text)) * 2 > count(text):
        mean = round(count(text) / len(sentences(text)))
        yield Check("readability", mean <= 45, "A sentence has {mean} characters on average.", {"mean": mean})
        return
    import textstat

    score = round(textstat.flesch_reading_ease(text))
    template = next(words for least, words in LEVELS if score >= least)
    yield Check("readability", score >= 30, template, {"score": score})


# Places


def _all(document: Document, pattern: re.Pattern[str]) -> Iterator[tuple[str, int, int]]:
    for section in document["sections"]:
        for match in pattern.finditer(section["text"]):
            yield section["id"], *match.span()


def _first(document: Document, pattern: re.Pattern[str]) -> tuple[str, int, int] | None:
    return next(_all(document, pattern), None)


def _last(document: Document, pattern: re.Pattern[str]) -> tuple[str, int, int] | None:
    found = list(_all(document, pattern))
    return found[-1] if found else None
