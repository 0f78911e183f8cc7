"""Chat templates: a conversation becomes the text that a model reads, whatever its template insists on.

Some take turns in alternation only, some no system prompt or none but the first, some no empty message. What a template
refuses is said to it in another way, without a word lost; only where there is none, its own reason is the answer. Knows
Jinja and messages; knows nothing about tokens. Imports nothing of the studio.

As a program it says whether a template can be used at all:
In    {"model": path, "template": text, "tokens": {name: text}}     the first and only line
Out   {"ready": true} or {"broken": cause, ...}
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NoReturn

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from worker_pipe import Event, Incoming, Say, Unfit, run

Messages = list[dict[str, str]]
# What a template is told beside the messages: whether a model that can think first is to do so.
THINKS = "enable_thinking"
GAP = "\n\n"
# Where a prompt ends so, the reply begins with what the model thinks, for the template has opened that already.
REASONS = re.compile(r"<think>\s*\Z")
REASONED = "\n</think>\n\n"
# Control tokens in some models, and no end of a reply.
REASONING_TAGS = {"<think>", "</think>"}
# Tokens that may spell it.
LAST_TOKENS = 12
BROKEN = "The chat template of {file} is broken: “{reason}”."
# What a template has to take.
GREETING: Messages = [{"role": "user", "content": "Hello"}]


class Refused(Exception):
    """A template takes a conversation in no way; says why, in the template's words."""


class ChatTemplate:
    """A template of a model whose tokenizer does not render it, such as a GGUF's, by Jinja as transformers sets it up.

    ``tokens`` are the texts of special tokens, by the names that templates have for them.
    """

    def __init__(self, source: str, tokens: dict[str, str]) -> None:
        """Read it; raises ``Unfit`` if it is no template."""
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
        )
        environment.filters["tojson"] = as_json
        environment.globals |= {"raise_exception": refuse, "strftime_now": lambda form: datetime.now().strftime(form)}
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise Unfit(BROKEN, reason=str(error)) from error
        self._tokens = tokens

    def __call__(self, messages: Messages, thinks: bool = False) -> str:
        """Return the text that ends where the reply begins; raises what Jinja and the template raise."""
        return self._template.render(
            messages=messages,
            tools=None,
            documents=None,
            add_generation_prompt=True,
            **{THINKS: thinks},
            **self._tokens,
        )


class Generation(Extension):
    """Reads ``{% generation %}``, which marks for a training what the model wrote: here it marks nothing."""

    tags = {"generation"}

    def parse(self, parser: Any) -> list[nodes.Node]:
        """Return what stands between the two tags."""
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def as_json(value: Any, ensure_ascii: bool = False, **options: Any) -> str:
    """Return a value as JSON without escapes for HTML, which Jinja's own filter makes."""
    return json.dumps(value, ensure_ascii=ensure_ascii, **options)


def refuse(reason: str) -> NoReturn:
    """Break off, as a template asks."""
    raise TemplateError(reason)


def render(template: Callable[[Messages], str], messages: Messages) -> str:
    """Return the text of a conversation, said to ``template`` in the first way that it takes.

    Raises ``Refused``.
    """
    reason = "there is nothing to answer"
    for said in ways(messages):
        try:
            text = template(said)
        except Exception as error:  # noqa: BLE001 (a template is a program: it fails as it likes)
            reason = str(error) or type(error).__name__
        else:
            if all(one["content"].strip() in text for one in said if one["role"] == "system"):
                return text
            reason = "it leaves the system prompt out"
    raise Refused(reason)


def begin(text: str, reply: str | None) -> str:
    """Return a prompt with the beginning of its ``reply``, if there is one; then the reasoning lies behind it."""
    if reply is None:
        return text
    return f"{text}{REASONED if REASONS.search(text) else ''}{reply}"


def ways(messages: Messages) -> Iterator[Messages]:
    """Yield a conversation as it is with neighbours of one role joined, and in ways that more templates take.

    Without empty messages; with system prompts but the first as a person's words; with all of them as such.
    """
    whole = joined(messages)
    filled = joined([one for one in whole if one["content"].strip()])
    first_kept = joined([by_person(one) if place else one for place, one in enumerate(filled)])
    tried: list[Messages] = []
    for way in (whole, filled, first_kept, joined(map(by_person, filled))):
        if way and way not in tried:
            tried.append(way)
            yield way


def by_person(message: dict[str, str]) -> dict[str, str]:
    """Return a system prompt as a person's words, and any other message as it is."""
    return {**message, "role": "user"} if message["role"] == "system" else message


def joined(messages: Any) -> Messages:
    """Return messages with neighbours of one role made one, as a reply leaves them that ended before its first word."""
    groups = groupby(messages, key=lambda message: message["role"])
    return [{"role": role, "content": GAP.join(filter(None, (one["content"] for one in group)))}
            for role, group in groups]  # fmt: skip


def disarmed(content: str, tokens: re.Pattern[str], seam: str) -> str:
    """Put a ``seam`` into every control token that somebody wrote, so that it is read as the letters it is made of."""
    return tokens.sub(lambda match: f"{match[0][0]}{seam}{match[0][1:]}", content)


def check(template: Callable[[Messages], str]) -> None:
    """Raise ``Unfit`` if a template does not take the plainest conversation there is."""
    try:
        render(template, GREETING)
    except Refused as error:
        raise Unfit(BROKEN, reason=str(error)) from error


def work(first: Event, _: Incoming, say: Say) -> None:
    """Say whether the template of the first line can be used."""
    check(ChatTemplate(first["template"], first["tokens"]))
    say({"ready": True})


if __name__ == "__main__":
    run(work)
