"""Drafting: the text of a section, from a prompt with the brief, the outline and a summary, never the whole text.

The summary is made of the first sentences of the sections before, so it costs nothing. What does not fit into the
model's context is shortened, and what was sent and trimmed is told. Knows nothing about where the text is kept.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants.engines.controls import Controls
from assistants.errors import GenerationFailed, InvalidInput
from assistants.generation import NO_CONTROLS
from assistants.jobs import Event, Part, Text
from assistants.sentences import sentences
from assistants.store.documents import Document, Section
from assistants.words import tokens
from assistants.writing import guided, poems, telling, templates
from assistants.writing.brief import Brief, labelled, told
from assistants.writing.generating import Writer, changed
from assistants.writing.kinds import in_language, kinds
from assistants.writing.sentences import SentenceFilter
from prompts.library import Messages, Template

if TYPE_CHECKING:
    from assistants.studio import Studio

# Of each section before, at most so much of its first sentence.
SUMMARY = 160
SAMPLE = 1200
KEYWORDS = 4
# What is given up first where a prompt does not fit.
TRIMMED = ("sample", "summary", "outline", "brief")
LINE_TITLE = 60
# So often a model is asked for a poem in its form.
POEMS = 3
NOTHING = "The model wrote no whole sentence. Ask again, or another model."
FORMLESS = "The model did not keep to the form of the poem. Try again, or another model."
UNKEPT = "After {times} tries the poem still doesn't keep to its form; the checks say where."
EMPTY = "A section stayed empty, for the model wrote no whole sentence. Write it again, or choose another model."
SHORT = "A section is short, for the model repeated itself. Write it again with the guard against that."
NOTHING_MORE = "The part “{heading}” stayed empty: the model had no more to say from the brief. Add facts or notes."
SENTENCE = r"[^\W\d_a-z][^\W\d_]{0,9}( [^\W\d_]{1,9},?){4,10} [^\W\d_]{3,9}[.]"
LINE = r"[^\n\r\"#*_{}\[\]]"


@dataclass(frozen=True)
class Prompt:
    """What a model is told for a section, and what had to be trimmed, each with the characters kept and had.

    ``tokens`` is None for a provider that does not say how much it reads: that one judges for itself.
    """

    turns: Messages
    tokens: int | None
    trimmed: list[dict[str, Any]]


def prompt(brief: Brief, document: Document, section: Section, writer: Writer, template: Template, room: int) -> Prompt:
    """Return the prompt for a section, shortened until it leaves ``room`` tokens for the text."""
    values = said_of(brief, document, section)
    whole = dict(values)
    limit = None if writer.context is None else writer.context - room
    while True:
        turns = writer.told(templates.messages(template, values))
        size = None if limit is None else writer.tokens(turns)
        if limit is None or size is None or size <= limit:
            break
        name = next((name for name in TRIMMED if values[name] and name in template.variables), None)
        if name is None:
            sentence = "{field} is too long for {model}, which takes {context} tokens with the text to be written."
            raise InvalidInput("topic", sentence, context=writer.context, model=writer.job.row.model)
        half = values[name][: len(values[name]) // 2]
        values[name] = half.rpartition("\n" if "\n" in half else " ")[0]
    trimmed = [
        {"what": name, "kept": len(values[name]), "of": len(whole[name])}
        for name in TRIMMED
        if values[name] != whole[name]
    ]
    return Prompt(turns, size, trimmed)


def said_of(brief: Brief, document: Document, section: Section) -> dict[str, str]:
    """Return what a template may say of a section, as the values of its variables."""
    sections = document["sections"]
    place = next(number for number, one in enumerate(sections) if one["id"] == section["id"])
    comma = "、" if brief.is_chinese else ", "
    return {
        "topic": brief.topic,
        "named": in_language(kinds()[brief.kind].named or kinds()[brief.kind].title, brief.language),
        "title": document["title"],
        "heading": section["heading"],
        "notes": section["notes"],
        "words": str(section["words"] or brief.length or ""),
        "brief": told(brief, "audience", "tone", "facts", "avoid", "language"),
        "outline": labelled(brief, "outline", "; ".join(one["heading"] for one in sections)),
        "summary": labelled(brief, "summary", summary(sections[:place])),
        "keywords": labelled(brief, "keywords", comma.join(keywords_of(brief, sections)[section["id"]])),
        "sample": labelled(brief, "sample", brief.sample[:SAMPLE]),
        "form": poems.described(brief) if brief.kind == "poem" else "",
    }


def summary(sections: Iterable[Section]) -> str:
    """Return the first sentence of each section, the latest section first: that one is trimmed last."""
    firsts = [(one["text"], sentences(one["text"])) for one in sections if one["text"]]
    return "\n".join(text[slice(*places[0])][:SUMMARY] for text, places in reversed(firsts))


def keywords_of(brief: Brief, sections: list[Section]) -> dict[str, list[str]]:
    """Return which keywords each section is to use: those its heading speaks of, else the ones with the fewest."""
    shares: dict[str, list[str]] = {section["id"]: [] for section in sections}
    about = {one["id"]: set(tokens(f"{one['heading']} {one['notes']}")) for one in sections}
    for keyword in dict.fromkeys(brief.keywords):
        words = set(tokens(keyword))
        best = max(sections, key=lambda one: (bool(words & about[one["id"]]), -len(shares[one["id"]])), default=None)
        if best:
            shares[best["id"]].append(keyword)
    return {section: found[:KEYWORDS] for section, found in shares.items()}


def write(
    studio: "Studio",
    brief: Brief,
    document: Document,
    section: Section,
    writer: Writer,
    filtered: SentenceFilter,
    asked: Any,
) -> Generator[Event, None, None]:
    """Yield the section's text after what is in ``filtered`` already; all of it is then in the filter.

    ``asked`` is the request: it may name a template and ask for the guard against repetitions.
    """
    target = section["words"] or brief.length or 150
    task = templates.PAGE if writer.is_guided else brief.kind
    template = templates.template_for(studio, task, brief, writer.job.owner, asked)
    room = min(int(target * 1.6) + 200, (writer.context or 4096) // 2)
    made = prompt(brief, document, section, writer, template, room)
    yield Part(
        "sent",
        {
            "section": section["id"],
            "messages": [{"role": role, "content": text} for role, text in made.turns],
            "tokens": made.tokens,
            "context": writer.context,
            "trimmed": made.trimmed,
        },
    )
    options = templates.options(template, writer.params)
    if pattern := _pattern(brief, section):
        if not filtered.text:
            in_form = _poem if brief.kind == "poem" else _in_form
            yield from in_form(brief, writer, made.turns, pattern, options, filtered)
        return
    before = filtered.text
    begins, ends = _around(brief, section)
    if begins and not before:
        filtered.text = begins
        yield Text(begins)
    if writer.is_guided:
        page = guided.page(brief, document, section, keywords_of(brief, document["sections"])[section["id"]])
        yield from guided.guide(writer, made.turns, page, filtered, target, options, guard=asked.guard)
    elif asked.guard:
        # Whoever asks for the guard wants what is said again to be left out.
        yield from writer.prose(made.turns, filtered, target, options, guard=True)
    else:
        said = telling.before(brief, document, section)
        yield from _told(writer, made.turns, said, section, filtered, target, options)
    if not filtered.text[len(begins) :].strip() and (settled := filtered.settle()):
        yield Text(settled)
        yield Part("note", {"template": SHORT, "values": {}})
    if not filtered.text[len(begins) :].strip() and writer.is_guided:
        yield from _one_sentence(writer, made.turns, options, filtered)
    if ends and not filtered.text.endswith(ends):
        filtered.text += ends
        yield Text(ends)


def _told(
    writer: Writer,
    turns: Messages,
    said: str,
    section: Section,
    filtered: SentenceFilter,
    target: int,
    options: dict[str, Any],
) -> Generator[Event, None, None]:
    """Let the model go on with what it has ``said`` before a section, and tell how that ended."""
    ending = yield from telling.told(writer, turns, said, filtered, target, options)
    if ending and ending.finish_reason == "circle":
        yield Part("note", {"template": SHORT, "values": {}, "cut": ending.cut})
    if not filtered.text.strip():
        yield Part("note", {"template": NOTHING_MORE, "values": {"heading": section["heading"]}})


def _one_sentence(
    writer: Writer, turns: Messages, options: dict[str, Any], filtered: SentenceFilter
) -> Generator[Event, None, None]:
    """Hold a model that ends no sentence by itself to one; where even that fails, the section stays empty."""
    try:
        if not writer.can("regex"):
            raise GenerationFailed(NOTHING)
        text = yield from writer.quietly(turns, Controls(regex=SENTENCE), options | writer.limit(200))
    except GenerationFailed:
        yield Part("note", {"template": EMPTY, "values": {}})
        return
    filtered.text += text
    yield Text(text)
    yield Part("note", {"template": SHORT, "values": {}})


def _pattern(brief: Brief, section: Section) -> str | None:
    """Return the form that a section is held to while it is written, if there is one."""
    if brief.kind == "poem":
        return poems.pattern(brief)
    step = kinds()[brief.kind].step(section["heading"])
    return rf"[^\W_]{LINE}{{8,{step.line - 2}}}" if step and step.line else None


def _in_form(
    brief: Brief, writer: Writer, turns: Messages, pattern: str, options: dict[str, Any], filtered: SentenceFilter
) -> Generator[Event, None, None]:
    topic = " ".join(brief.topic.split())[:LINE_TITLE]
    try:
        # A model that is led has nothing better to say in a line than what the person said.
        if writer.is_guided:
            text = topic
        else:
            text = yield from writer.quietly(turns, Controls(regex=pattern), writer.limit(300) | options)
    except GenerationFailed:
        # A line that the person can mend is better than none.
        text = topic
    filtered.text = text.strip()
    yield Text(filtered.text)


def _poem(
    brief: Brief, writer: Writer, turns: Messages, pattern: str, options: dict[str, Any], filtered: SentenceFilter
) -> Generator[Event, None, None]:
    """Ask until what can be counted of the form is kept; else the last poem stands, with a word about it."""
    controls = Controls(regex=pattern) if writer.can("regex") else NO_CONTROLS
    text = ""
    for attempt in range(POEMS):
        try:
            answer = yield from writer.quietly(turns, controls, changed(writer.limit(300) | options, attempt))
        except GenerationFailed as error:
            if text:
                break
            raise GenerationFailed(FORMLESS) from error
        text = answer.strip() or text
        if text and poems.is_kept(brief, text):
            break
    if not text:
        raise GenerationFailed(NOTHING)
    filtered.text = text
    yield Text(text)
    if not poems.is_kept(brief, text):
        yield Part("note", {"template": UNKEPT, "values": {"times": attempt + 1}})


def _around(brief: Brief, section: Section) -> tuple[str, str]:
    """Return what the plan puts before and after a section's text, where the person gave what it names."""
    if brief.tags:
        return "", brief.tags
    step = kinds()[brief.kind].step(section["heading"])
    if step is None:
        return "", ""
    known = {name: value for name, value in brief.fields.items() if value.strip()}

    def filled(texts: dict[str, str]) -> str:
        try:
            return in_language(texts, brief.language).format_map(known) if texts else ""
        except KeyError:
            return ""

    return filled(step.begins), filled(step.ends)
