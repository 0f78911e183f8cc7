"""Leading: how a model is kept to the text that is too small to be told.

Asked for a text, it gives lists, advice and talk about writing. So it goes on with a page instead, which has a title, a
heading and the first word of a paragraph; each paragraph is led in anew, at best with a keyword. The first sentence
that does not pass ends an attempt, and the next one goes on from what there is. Knows nothing about drafts.
"""

import re
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from assistants.generation import NO_CONTROLS, conversation, generate
from assistants.jobs import Event, Text
from assistants.store.documents import PARAGRAPH, Document, Section, count
from assistants.writing.brief import Brief
from assistants.writing.checks import keyword_pattern
from assistants.writing.generating import SPARE_TOKENS, TOKENS_A_WORD, Writer, changed
from assistants.writing.kinds import kinds
from assistants.writing.sentences import SentenceFilter
from prompts.library import Messages

# In bytes: fewer hold a model of less than half a billion parameters.
SMALL = 400_000_000
# Of what the model is asked to penalise, the topic's own words are the first: more leads it away from the topic.
PENALTY, GUARDED, STEP = 1.05, 1.1, 0.01
TEMPERATURE = 0.3
# What would lead into a list, a heading or a table.
STOPS = ["\n", "**", "#", "|"]
# So many attempts in a row may bring nothing, and so many are made in all for each sentence that is wanted.
FAILURES = 8
# Where it is stuck, it may choose its words more freely.
WARMER, WARMEST = 0.08, 0.9
WORDS_A_SENTENCE = 12
# A paragraph that the model ends before goes on.
PARAGRAPH_WORDS = 45


# A word that has come to its end.
GIVEN = re.compile(r"\S*\w\S*?(?=[\s.!?;:])")
# How a heading begins that no keyword begins, and what stands in for one.
ASKING = ["Why", "How", "What", "Where", "When", "Who"]
PLAIN = "Part {number}"
HEADING_TOKENS, HEADING_ATTEMPTS = 12, 3
HEADING = re.compile(r"[A-Z][a-z]+(?:[ '’-][A-Za-z]{1,14}){0,7}\??")


@dataclass(frozen=True)
class Page:
    """What a section is begun with: the page above it, how its paragraphs may begin, and the keywords it is to use.

    ``place`` is the section's: each begins with another opening.
    """

    head: str
    openings: tuple[str, ...]
    keywords: tuple[str, ...]
    place: int

    def opening(self, turn: int, text: str) -> str:
        """Return how the attempt of number ``turn`` begins; a keyword that was used begins none."""
        missing = next((one for one in self.keywords if not keyword_pattern(one).search(text)), None)
        forms = [form for form in self.openings if missing or "{keyword}" not in form]
        return forms[(turn + 2 * self.place) % len(forms)].format(keyword=missing)


def is_guided(brief: Brief, size: int | None) -> bool:
    """Say whether a model of so many bytes is led where it writes what a brief asks for."""
    return size is not None and size < SMALL and brief.language in kinds()[brief.kind].openings


def page(brief: Brief, document: Document, section: Section, keywords: list[str]) -> Page:
    """Return the page that the model goes on with."""
    kind = kinds()[brief.kind]
    head = f"# {document['title'] or brief.topic}{PARAGRAPH}"
    if kind.headings and section["heading"]:
        head += f"## {section['heading']}{PARAGRAPH}"
    place = [one["id"] for one in document["sections"]].index(section["id"])
    return Page(head, kind.openings[brief.language], tuple(keywords), place)


def headings(
    writer: Writer, turns: Messages, title: str, brief: Brief, number: int, options: dict[str, Any]
) -> Generator[Event, None, list[str]]:
    """Return so many headings, the first ones of the keywords; where the model goes on with none, a plain one."""
    found: list[str] = []
    begun = [*dict.fromkeys(brief.keywords), *ASKING * number][:number]
    own = {"temperature": TEMPERATURE, "repetition_penalty": PENALTY, **options} | writer.limit(HEADING_TOKENS)
    own["stop"] = ["\n", ":", *STOPS[1:]]
    for place, word in enumerate(begun):
        word = word[0].upper() + word[1:]
        page = "".join(f"{PARAGRAPH}## {heading}" for heading in [*found, word])
        said = [*turns, ("assistant", f"# {title}{page}")]
        text = PLAIN.format(number=place + 1) if word in ASKING else word
        for attempt in range(HEADING_ATTEMPTS):
            answer = yield from writer.quietly(said, NO_CONTROLS, changed(own, place + attempt * number))
            heading = f"{word}{answer}".rstrip(" .,!-–—")
            if _is_plain(heading, word) and heading not in found:
                text = heading
                break
        found.append(text)
    return found


def _is_plain(heading: str, begun: str) -> bool:
    """Say whether a heading is a short line that goes on after the word it began with, and says no word twice."""
    words = heading.lower().split()
    goes_on = f"{heading} ".startswith(f"{begun} ") and heading not in ASKING
    return goes_on and HEADING.fullmatch(heading) is not None and len(set(words)) == len(words)


def guide(
    writer: Writer,
    turns: Messages,
    page: Page,
    filtered: SentenceFilter,
    target: int,
    options: dict[str, Any],
    *,
    guard: bool,
) -> Generator[Event, None, None]:
    """Yield paragraphs after ``filtered.text`` until there are about ``target`` words; the filter has them."""
    failures = 0
    for attempt in range(FAILURES + 2 * target // WORDS_A_SENTENCE):
        if count(filtered.text) >= target or failures > FAILURES or filtered.is_full:
            return
        own = {
            "temperature": TEMPERATURE,
            "repetition_penalty": (GUARDED if guard else PENALTY) + STEP * failures,
            **writer.limit(int((target - count(filtered.text)) * TOKENS_A_WORD) + SPARE_TOKENS),
            **options,
            "stop": [*STOPS, *options.get("stop", ())],
        }
        own["temperature"] = max(own["temperature"], min(own["temperature"] + WARMER * failures, WARMEST))
        paragraph = filtered.paragraph
        if count(paragraph) >= PARAGRAPH_WORDS and target - count(filtered.text) >= PARAGRAPH_WORDS // 2:
            yield from _pushed(filtered, "\n")
            paragraph = ""
        begun = page.opening(attempt, filtered.text)
        had = filtered.text
        said = page.head + f"{paragraph} {begun}".lstrip()
        filtered.push(begun)
        yield from _attempt(writer, [*turns, ("assistant", said)], filtered, target, changed(own, attempt))
        failures = 0 if filtered.text != had else failures + 1


def _attempt(
    writer: Writer, said: Messages, filtered: SentenceFilter, target: int, options: dict[str, Any]
) -> Generator[Event, None, None]:
    """Yield the sentences that pass, up to the first one that does not."""
    refused, word = len(filtered.left_out), said[-1][1].rpartition(" ")[2]
    with closing(generate(writer.engine, conversation(said), NO_CONTROLS, options, writer.job)) as events:
        while len(filtered.left_out) == refused and not filtered.closed and count(filtered.text) < target:
            try:
                event = next(events)
            except StopIteration:
                if passed := filtered.finish(ended=False):
                    yield Text(passed)
                break
            if not isinstance(event, Text):
                yield event
                continue
            # A word that was given as a whole may not become the beginning of another one.
            if word and (found := GIVEN.match(word + event.delta)):
                if not keyword_pattern(word.rstrip(",")).match(found[0]):
                    break
                word = ""
            word += event.delta if word else ""
            yield from _pushed(filtered, event.delta)
        filtered.drop()


def _pushed(filtered: SentenceFilter, delta: str) -> Generator[Event, None, None]:
    if passed := filtered.push(delta):
        yield Text(passed)
