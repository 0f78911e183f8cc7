"""The outline: a title and sections, by the kind's plan or by a model under a JSON schema, with a target for each.

The schema bounds every list and text, so that the smallest model gives a valid outline; lengths are shared out here.
Knows nothing about drafts.
"""

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from assistants.engines.controls import Controls
from assistants.errors import GenerationFailed
from assistants.jobs import Event, Part, RunningJob
from assistants.storable import from_json
from assistants.store.documents import Section, new_section
from assistants.words import IS_CJK, tokens
from assistants.writing import guided, templates
from assistants.writing.brief import Brief, told
from assistants.writing.generating import Writer, changed
from assistants.writing.kinds import in_language, kinds

if TYPE_CHECKING:
    from assistants.studio import Studio

FEWEST, MOST = 3, 12
# A small model that strays from the topic is asked again; so many of the sections should speak of it.
ATTEMPTS = 3
ON_TOPIC = 2 / 3
STEM = 5
TOKENS_A_SECTION = 90
# Letters, digits and the signs of plain prose, but nothing of code, markup or addresses.
PLAIN = r"[^\x00-\x1f\"\\{}\[\]<>#|/*_=`]"
TITLE = 80
QUOTES = ("“”", "‘’", "''", '""', "「」", "『』", "《》", "«»")
# A full stop that ends a heading, and one that belongs to its last word.
STOPPED = re.compile(r"(?:[.。．…]+[\"”’」』]*)+$")
INITIAL = re.compile(r"\b[A-Z]\.$")
# Where a model keeps to no schema, a person still gets sections to name.
STAND_IN = {"en": ("Introduction", "Part {number}", "Conclusion"), "zh": ("引言", "第 {number} 部分", "结语")}


def planned(brief: Brief) -> tuple[str, list[Section]] | None:
    """Return the title and the sections of a kind that has a fixed plan or form; None where the model outlines."""
    kind = kinds()[brief.kind]
    if brief.kind == "poem":
        return _title(brief), [new_section(_title(brief))]
    if not kind.plan:
        return None
    shares = [step.share for step in kind.plan]
    targets = shared(brief.length or 0, shares)
    sections = [
        new_section(in_language(step.heading, brief.language), target or None, in_language(step.notes, brief.language))
        for step, target in zip(kind.plan, targets, strict=True)
    ]
    return _title(brief), sections


def shared(words: int, shares: list[int]) -> list[int]:
    """Share a length out, so that the parts add up to it."""
    found, left, weight = [], words, sum(shares)
    for share in shares:
        part = round(left * share / weight) if weight else 0
        found.append(part)
        left, weight = left - part, weight - share
    return found


def number_of_sections(brief: Brief) -> int:
    """Return how many sections a length makes."""
    size = kinds()[brief.kind].section_words or 150
    return min(max(round((brief.length or 0) / size), FEWEST), MOST)


def schema(number: int) -> dict[str, Any]:
    """Return the JSON schema of an outline of so many sections."""

    def text(least: int, most: int) -> dict[str, Any]:
        return {"type": "string", "pattern": rf"^[^\W_]{PLAIN}{{{least},{most}}}$"}

    section = _object(heading=text(3, 58), notes=text(15, 118))
    sections = {"type": "array", "minItems": number, "maxItems": number, "items": section}
    return _object(title=text(5, TITLE - 2), sections=sections)


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    names = list(properties)
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def by_model(
    studio: "Studio", brief: Brief, writer: Writer, job: RunningJob, asked: Any
) -> Generator[Event, None, tuple[str, list[Section]]]:
    """Ask the model for an outline; nothing of it is text of the job."""
    number = number_of_sections(brief)
    if writer.is_guided:
        return (yield from _led(studio, brief, writer, number, asked))
    template = templates.template_for(studio, f"{brief.kind}-outline", brief, job.owner, asked)
    values = {
        "topic": brief.topic,
        "brief": told(brief, "audience", "tone", "facts", "avoid", "language"),
        "number": str(number),
        "words": str(brief.length),
    }
    turns = writer.told(templates.messages(template, values))
    options = templates.options(template, writer.params) | writer.limit(60 + number * TOKENS_A_SECTION)
    targets = shared(brief.length or 0, [1] * number)
    found: list[dict[str, Any]] = []
    try:
        for attempt in range(ATTEMPTS):
            constraint = Controls(json_schema=schema(number))
            found.append(from_json((yield from writer.quietly(turns, constraint, changed(options, attempt)))))
            if closeness(brief, found[-1]) >= ON_TOPIC:
                break
    except GenerationFailed:
        pass
    if not found:
        sentence = "The model gave no valid outline, so a plain one stands in for it: name its sections as you like."
        yield Part("note", {"template": sentence, "values": {}})
        return _title(brief), stand_in(brief, targets)
    data = max(found, key=lambda one: closeness(brief, one))
    sections = [
        new_section(tidy(one["heading"]), target, tidy(one["notes"]))
        for one, target in zip(data["sections"], targets, strict=True)
    ]
    return tidy(data["title"]), _distinct(sections)


def _led(
    studio: "Studio", brief: Brief, writer: Writer, number: int, asked: Any
) -> Generator[Event, None, tuple[str, list[Section]]]:
    """Let a small model go on with a page that has the topic as its title, for so many headings."""
    template = templates.template_for(studio, templates.PAGE, brief, writer.job.owner, asked)
    named = in_language(kinds()[brief.kind].named, brief.language)
    turns = templates.messages(template, {"named": named, "topic": brief.topic, "brief": ""})
    title = _title(brief)
    options = templates.options(template, writer.params)
    headings = yield from guided.headings(writer, turns, title, brief, number, options)
    targets = shared(brief.length or 0, [1] * number)
    return title, _distinct([new_section(*one) for one in zip(headings, targets, strict=True)])


def closeness(brief: Brief, outline: dict[str, Any]) -> float:
    """Return the share of the sections that have a heading of their own and speak of the brief, by its words."""
    told_of = _stems(brief.topic, *brief.keywords, *brief.facts, *brief.fields.values())
    headings = {one["heading"].casefold(): one for one in outline["sections"]}
    close = sum(1 for one in headings.values() if told_of & _stems(one["heading"], one["notes"]))
    return close / len(outline["sections"])


def _stems(*texts: str) -> set[str]:
    return {word[:STEM] for text in texts for word in tokens(text) if len(word) > 2 or IS_CJK.match(word)}


def stand_in(brief: Brief, targets: list[int]) -> list[Section]:
    """Return sections that are only numbered."""
    first, middle, last = STAND_IN["zh" if brief.is_chinese else "en"]
    between = [middle.format(number=number) for number in range(1, len(targets) - 1)]
    return [new_section(*one) for one in zip([first, *between, last], targets, strict=True)]


def given(brief: Brief, outline: list[dict[str, Any]]) -> tuple[str, list[Section]]:
    """Return the sections that a person listed, with a target where they named none."""
    length, named = brief.length or 0, sum(one.get("words") or 0 for one in outline)
    open_ones = [one for one in outline if not one.get("words")]
    targets = iter(shared(max(length - named, 40 * len(open_ones)), [1] * len(open_ones)))
    sections = [new_section(one["heading"], one.get("words") or next(targets), one.get("notes", "")) for one in outline]
    return _title(brief), sections


def _title(brief: Brief) -> str:
    topic = " ".join(brief.topic.split())
    return topic if len(topic) <= TITLE else topic[:TITLE].rsplit(" ", 1)[0] + "…"


def tidy(text: str) -> str:
    """Return a heading on one line, without quotes around it and without a full stop; an abbreviation keeps its own."""
    text = re.sub(r"\s+", " ", text).strip(" ,;:-–—，；：")
    while len(text) > 2 and text[0] + text[-1] in QUOTES and text[-1] not in text[1:-1]:
        text = text[1:-1].strip(" ,;:-–—，；：")
    for sign in '“”"「」':
        text = text.strip(sign) if text.count(sign) == 1 and not set(text) & set("“”「」") - {sign} else text
    return text if INITIAL.search(text) else STOPPED.sub("", text)


def _distinct(sections: list[Section]) -> list[Section]:
    """Number the headings that a small model gave twice."""
    seen: dict[str, int] = {}
    for section in sections:
        key = section["heading"].casefold()
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            section["heading"] = f"{section['heading']} ({seen[key]})"
    return sections
