"""Drafts: what a model writes for support, such as its answer from the passages; nobody reads it before it is verified.

What documents say stands between random marks, and sentences that speak to a model are left out of it. Knows nothing
about what becomes of the draft.
"""

import re
import secrets
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable
from assistants.generation import NO_CONTROLS, conversation, generate, limited, opened, watch
from assistants.jobs import Event, Progress, RunningJob, Text
from assistants.prompts import render
from assistants.safety.personal import Redactor
from assistants.support.evidence import Evidence, above
from prompts.library import Messages

if TYPE_CHECKING:
    from assistants.studio import Studio

# What may end a sentence.
ENDS = re.compile(r"[.!?。！？\n]")
TEMPLATES = {"en": "support/answer", "zh": "support/answer-zh"}
OPTIONS = {"temperature": 0.0}
MOST_TOKENS = 120
# Characters; a model elsewhere is told no limit of tokens, for it may have to think first.
LONGEST = 1500
# Providers whose models read on this machine.
HERE = ("local:", "echo:")
# What a small model can still tell apart; the passages come in the order of how well they fit.
PASSAGES = 3


def prompt(studio: "Studio", owner: str, language: str, evidence: Evidence) -> Messages:
    """Return the messages that ask a model for an answer; raises ``InvalidInput`` if the template asks for more."""
    chunks = {sentence.chunk.number: sentence.chunk for sentence in evidence.sentences}
    lines: list[str] = []
    for number, chunk in list(chunks.items())[:PASSAGES]:
        title = above(chunk).replace("\n", " > ")
        text = " ".join(sentence.text for sentence in evidence.sentences if sentence.chunk.number == number)
        lines.append(f"[{len(lines) + 1}] {title + ': ' if title else ''}{' '.join(text.split())}")
    return rendered(studio, owner, TEMPLATES[language], passages="\n\n".join(lines), question=evidence.question)


def rendered(studio: "Studio", owner: str, id: str, /, **texts: str) -> Messages:
    """Return the messages of a template, with a new mark for where texts from outside begin and end.

    Raises ``InvalidInput`` if the owner's own version asks for more.
    """
    template = studio.prompts.get(id, owner)
    values = {"mark": secrets.token_hex(4), **texts}
    return render(template, {name: values[name] for name in template.variables if name in values})


def as_talk(turns: Iterable[tuple[str, str]], most: int) -> str:
    """Return a conversation, of questions and answers, as a model reads it: of each answer ``most`` characters."""
    return "\n".join(f"- {question}\n  {' '.join(answer.split())[:most]}" for question, answer in turns)


@dataclass(frozen=True)
class Draft:
    """What a model was told and what it wrote, None where it could not; it was told marks for what is personal."""

    prompt: Messages
    text: str | None


def write(
    studio: "Studio",
    job: RunningJob,
    messages: Messages,
    is_hopeless: Callable[[str], bool],
    doing: str = "Writing the answer",
) -> Generator[Event, None, Draft]:
    """Let the job's model write until its text ``is_hopeless``; what is personal goes to none that is elsewhere."""
    hidden = Redactor(active=is_elsewhere(job.model))
    told, said = [(role, hidden.redact(text)) for role, text in messages], ""
    try:
        engine = yield from opened(studio, job)
        yield Progress(0, None, doing)
        options = OPTIONS | limited(engine, MOST_TOKENS)
        with closing(generate(engine, conversation(told), NO_CONTROLS, options, job, watch(studio, job))) as steps:
            for event in steps:
                if not isinstance(event, Text):
                    yield event
                    continue
                said += event.delta
                if (ENDS.search(event.delta) and is_hopeless(hidden.restore(said))) or len(said) > LONGEST:
                    break
        return Draft(told, hidden.restore(said))
    except (GenerationFailed, InvalidInput, ModelUnavailable):
        return Draft(told, None)


def is_elsewhere(model: str) -> bool:
    """Say whether a model may run on another machine: what is personal does not go there."""
    return not model.startswith(HERE)
