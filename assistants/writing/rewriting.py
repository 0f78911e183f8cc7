"""Rewriting: what is proposed for a selection of a section, and headlines for the whole.

Knows nothing about whether the person takes the proposal.
"""

import re
from collections.abc import Collection, Generator
from typing import TYPE_CHECKING, Any, Literal, get_args

from assistants.diffs import pieces
from assistants.engines.controls import Controls
from assistants.errors import GenerationFailed, InvalidInput
from assistants.jobs import Event, Part, Text
from assistants.sentences import is_complete
from assistants.storable import from_json
from assistants.store.documents import PARAGRAPH, Document, Section, count, section_of
from assistants.writing import losses, telling, templates
from assistants.writing.brief import Brief, labels, told
from assistants.writing.checks import WRITTEN, language_of
from assistants.writing.drafting import NOTHING, SAMPLE, summary
from assistants.writing.generating import Writer, changed
from assistants.writing.kinds import in_language
from assistants.writing.outline import PLAIN, TITLE, tidy
from assistants.writing.sentences import SentenceFilter

if TYPE_CHECKING:
    from assistants.studio import Studio

Operation = Literal[
    "continue", "rewrite", "expand", "shorten", "tone", "translate", "proofread", "sample", "instruction"
]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
# Those that need words of the person's own.
INSTRUCTED = ("tone", "translate", "instruction")
# A language as the page names it; in words it may be any, and nobody knows which.
CODE = re.compile("[a-z]{2}")
UNSPOKEN = "{model} does not write this language. Choose another model in the brief."
# How long the new text may be, as a share of the old one.
SHARES = {"expand": 2.0, "shorten": 0.6, "translate": 2.0}
# From when on it counts as longer or shorter, and how often a model is asked.
LONGER, SHORTER = 1.1, 0.9
ATTEMPTS = 3
AGAIN = "This isn't the length you asked for, so the model is asked again."
UNHEARD = {
    "expand": "This is hardly longer than before, after {times} tries.",
    "shorten": "This is hardly shorter than before, after {times} tries.",
}
CONTINUED_WORDS = 80
AROUND = 600
HEADLINES = 5
NO_HEADLINE = "The model gave no headline in the language of the draft. Try again, or another model."
REFUSED = "Headlines left out because they repeated, were too long or were in another language: {count}."


def rewrite(
    studio: "Studio", brief: Brief, document: Document, writer: Writer, asked: Any
) -> Generator[Event, None, dict[str, Any]]:
    """Yield the new text and return the proposal; what has not the length that was asked for is asked for again."""
    section = section_of(document, asked.section)
    start, end = asked.selection.start, asked.selection.end
    old = section["text"][start:end]
    before, after = section["text"][:start], section["text"][end:]
    goes_on = asked.operation == "continue"
    if goes_on:
        before, start = section["text"][:end], end
    template = templates.template_for(studio, f"rewrite-{asked.operation}", brief, writer.job.owner, asked)
    values = {
        "text": old,
        "before": before[-AROUND:],
        "after": after[:AROUND],
        "instruction": asked.instruction,
        "sample": brief.sample[:SAMPLE],
        "topic": brief.topic,
        "brief": told(brief, "audience", "tone", "facts", "avoid", "language"),
    }
    turns = writer.told(templates.messages(template, values))
    target = CONTINUED_WORDS if goes_on else max(8, int(count(old) * SHARES.get(asked.operation, 1.2)))
    options = templates.options(template, writer.params)
    tried: list[str] = []
    while not tried or (len(tried) < ATTEMPTS and not _has_its_length(asked.operation, old, tried[-1])):
        if tried:
            yield Part("again", {"template": AGAIN, "values": {"operation": asked.operation}})
            yield Text(PARAGRAPH)
            turns = [*turns, ("assistant", tried[-1]), ("user", _objection(brief, asked.operation, old, tried[-1]))]
            options = changed(options, len(tried))
        filtered = SentenceFilter("", [before] if goes_on else ())
        if writer.is_guided:
            yield from writer.prose(turns, filtered, target, options, once=not goes_on)
        else:
            yield from telling.told(writer, turns, "", filtered, target, options, to_the_end=True)
        if not filtered.text.strip():
            break
        tried.append(filtered.text)
    if not tried:
        raise GenerationFailed(NOTHING)
    sizes = {"expand": max, "shorten": min}
    text = sizes[asked.operation](tried, key=count) if asked.operation in sizes else tried[-1]
    if old and not is_complete(old):
        text = text.rstrip(".。")
    if goes_on and before and not before.endswith(("\n", " ")):
        text = f"\n\n{text}" if brief.kind != "poem" else f"\n{text}"
    place = {"section": section["id"], "start": start, "end": end, "revision": section["revision"]}
    if goes_on:
        return {**place, "before": "", "text": text}
    notes = []
    if not _has_its_length(asked.operation, old, text):
        notes.append({"template": UNHEARD[asked.operation], "values": {"times": len(tried)}})
    return {**place, "before": old, **_kept(brief, document, section, (start, end), text, asked.operation, notes)}


def _has_its_length(operation: str, old: str, new: str) -> bool:
    """Say whether what was to be longer is longer, and what was to be shorter shorter."""
    have, had = count(new), count(old)
    return {"expand": have >= had * LONGER, "shorten": have <= had * SHORTER}.get(operation, True)


def _objection(brief: Brief, operation: str, old: str, new: str) -> str:
    """Return what a model is told whose text has not the length that was asked for."""
    return in_language(labels()[operation], brief.language).format(old=count(old), new=count(new))


def _kept(
    brief: Brief,
    document: Document,
    section: Section,
    span: tuple[int, int],
    text: str,
    operation: str,
    notes: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return a text with the facts it had lost put back, what it still lost, and how it differs from the old one.

    What a person asked for in words may be to leave something out, and what is shortened takes no sentence more: there
    a loss is only said.
    """
    start, end = span
    old, others = section["text"][start:end], [one["text"] for one in document["sections"] if one is not section]
    found: list[losses.Loss] = []
    if operation != "translate":
        whole = f"{section['text'][:start]}{text}{section['text'][end:]}"
        found = losses.lost(brief, [old, section["text"]], [whole, *others])
        is_fit = operation not in ("shorten", "instruction") and is_complete(old)
        if is_fit and losses.takes_sentence(brief, section["heading"], text):
            put = [loss for loss in found if loss.text in old]
            text = losses.joined(text, put)
            found = [loss for loss in found if loss not in put]
            if put:
                notes.append({"template": losses.PUT_BACK, "values": {"what": "; ".join(loss.term for loss in put)}})
        if unsaid := losses.numbers(old, losses.joined(text, found)):
            notes.append({"template": losses.UNSAID, "values": {"what": ", ".join(unsaid)}})
    return {
        "text": text,
        "notes": notes,
        "lost": [
            {
                "template": losses.LOST,
                "values": {"what": loss.term},
                "put": losses.joint(text, loss.text) + loss.text,
                "count": count(loss.text),
            }
            for loss in found
        ],
        "counts": [count(old), count(text)],
        "diff": [[piece.kind, piece.text] for piece in pieces(old, text)],
    }


def headlines(
    studio: "Studio", brief: Brief, document: Document, writer: Writer, asked: Any
) -> Generator[Event, None, list[str]]:
    """Return five titles, held as headings are; fewer where the model has no more, which is said."""
    template = templates.template_for(studio, "headlines", brief, writer.job.owner, asked)
    values = {
        "topic": brief.topic,
        "title": document["title"],
        "summary": summary(document["sections"]),
        "brief": told(brief, "audience", "tone", "language"),
        "number": str(HEADLINES),
    }
    one = {"type": "string", "pattern": rf"^[“‘「『《]?[^\W_]{PLAIN}{{3,98}}$"}
    several = {"type": "array", "minItems": HEADLINES, "maxItems": HEADLINES, "items": one}
    wanted = {
        "type": "object",
        "properties": {"headlines": several},
        "required": ["headlines"],
        "additionalProperties": False,
    }
    options = templates.options(template, writer.params) | writer.limit(60 + 40 * HEADLINES)
    turns = writer.told(templates.messages(template, values))
    found: dict[str, str] = {}
    refused = 0
    for attempt in range(ATTEMPTS):
        try:
            answer = yield from writer.quietly(turns, Controls(json_schema=wanted), changed(options, attempt))
        except GenerationFailed:
            if found:
                break
            raise
        for text in map(tidy, from_json(answer)["headlines"]):
            key = text.casefold()
            is_new = key not in found and key != tidy(document["title"]).casefold()
            if is_new and _is_headline(text, brief) and len(found) < HEADLINES:
                found[key] = text
            else:
                refused += len(found) < HEADLINES
        if len(found) >= HEADLINES:
            break
    if not found:
        raise GenerationFailed(NO_HEADLINE)
    if refused:
        yield Part("note", {"template": REFUSED, "values": {"count": refused}})
    return list(found.values())


def _is_headline(text: str, brief: Brief) -> bool:
    """Say whether a line is a headline: short, of some letters, and in the script of the draft's language."""
    script = WRITTEN.get(brief.language.partition("-")[0])
    return 1 < len(text) <= TITLE and any(map(str.isalnum, text)) and script in (None, language_of(text))


def check(operation: str, instruction: str, brief: Brief, model: str, languages: Collection[str]) -> None:
    """Raise ``InvalidInput`` where an operation does not say how, or is beyond a model of these ``languages``."""
    if operation in INSTRUCTED and not instruction.strip():
        raise InvalidInput("instruction", "{field} is empty.")
    if operation == "sample" and not brief.sample.strip():
        raise InvalidInput("sample", "The brief has no sample to go by yet. Put one in first.")
    is_code = CODE.fullmatch(instruction) is not None
    if operation == "translate" and is_code and languages and instruction not in languages:
        raise InvalidInput("model", UNSPOKEN, model=model)
