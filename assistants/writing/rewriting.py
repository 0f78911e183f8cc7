"""Rewriting: what is proposed for a selection of a section, and headlines for the whole.

Knows nothing about whether the person takes the proposal.
"""

import re
from collections.abc import Collection, Generator
from typing import TYPE_CHECKING, Any, Literal, get_args

from assistants.engines.controls import Controls
from assistants.errors import GenerationFailed, InvalidInput
from assistants.jobs import Event
from assistants.sentences import is_complete
from assistants.storable import from_json
from assistants.store.documents import Document, count
from assistants.writing import telling, templates
from assistants.writing.brief import Brief, told
from assistants.writing.drafting import NOTHING, SAMPLE, summary
from assistants.writing.generating import Writer
from assistants.writing.outline import PLAIN
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
CONTINUED_WORDS = 80
AROUND = 600
HEADLINES = 5


def rewrite(
    studio: "Studio", brief: Brief, section: dict[str, Any], writer: Writer, asked: Any
) -> Generator[Event, None, dict[str, Any]]:
    """Yield the new text and return the proposal."""
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
    turns = templates.messages(template, values)
    target = CONTINUED_WORDS if goes_on else max(8, int(count(old) * SHARES.get(asked.operation, 1.2)))
    filtered = SentenceFilter("", [before] if goes_on else ())
    options = templates.options(template, writer.params)
    if writer.is_guided:
        yield from writer.prose(turns, filtered, target, options, once=not goes_on)
    else:
        yield from telling.told(writer, turns, "", filtered, target, options, to_the_end=True)
    text = filtered.text
    if not text:
        raise GenerationFailed(NOTHING)
    if old and not is_complete(old):
        text = text.rstrip(".。")
    if goes_on and before and not before.endswith(("\n", " ")):
        text = f"\n\n{text}" if brief.kind != "poem" else f"\n{text}"
    place = {"section": section["id"], "start": start, "end": end, "revision": section["revision"]}
    return {**place, "before": "" if goes_on else old, "text": text}


def headlines(
    studio: "Studio", brief: Brief, document: Document, writer: Writer, asked: Any
) -> Generator[Event, None, list[str]]:
    """Return five titles."""
    template = templates.template_for(studio, "headlines", brief, writer.job.owner, asked)
    values = {
        "topic": brief.topic,
        "title": document["title"],
        "summary": summary(document["sections"]),
        "brief": told(brief, "audience", "tone", "language"),
        "number": str(HEADLINES),
    }
    one = {"type": "string", "pattern": rf"^[^\W_]{PLAIN}{{8,78}}$"}
    several = {"type": "array", "minItems": HEADLINES, "maxItems": HEADLINES, "items": one}
    wanted = {
        "type": "object",
        "properties": {"headlines": several},
        "required": ["headlines"],
        "additionalProperties": False,
    }
    options = templates.options(template, writer.params) | writer.limit(60 + 40 * HEADLINES)
    turns = templates.messages(template, values)
    answer = yield from writer.quietly(turns, Controls(json_schema=wanted), options)
    return [re.sub(r"\s+", " ", text).strip() for text in from_json(answer)["headlines"]]


def check(operation: str, instruction: str, brief: Brief, model: str, languages: Collection[str]) -> None:
    """Raise ``InvalidInput`` where an operation does not say how, or is beyond a model of these ``languages``."""
    if operation in INSTRUCTED and not instruction.strip():
        raise InvalidInput("instruction", "{field} is empty.")
    if operation == "sample" and not brief.sample.strip():
        raise InvalidInput("sample", "The brief has no sample to go by yet. Put one in first.")
    is_code = CODE.fullmatch(instruction) is not None
    if operation == "translate" and is_code and languages and instruction not in languages:
        raise InvalidInput("model", UNSPOKEN, model=model)
