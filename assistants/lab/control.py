"""Control: the same question, model and seed, once free and once held to something, side by side.

A schema, a pattern, a choice and a form hold each token to a grammar; so do words that must be there or must not. A
negative prompt leads away from what another prompt makes likely (classifier-free guidance).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from assistants.engines.controls import MAX_CHOICES, MAX_REGEX, Choice, Controls, check
from assistants.engines.validation import problem
from assistants.errors import InvalidInput
from assistants.generation import NO_CONTROLS, SEEDS, conversation, generate, opened, silent
from assistants.jobs import Event, Exchange, Part, Result, RunningJob
from assistants.lab import subject
from assistants.lab.part import Look
from assistants.principals import Principal
from assistants.requests import Admission, StudioRequest

if TYPE_CHECKING:
    from assistants.studio import Studio

HAN = "[\\u4e00-\\u9fff]"
LINE = "[A-Z][a-z']*( [a-z']+){3,7}"
# Forms of verse as patterns: lines of a count of characters or words, which a grammar can count; rhymes it cannot.
FORMS = {
    "quatrain-5": rf"{HAN}{{5}}，{HAN}{{5}}。\n{HAN}{{5}}，{HAN}{{5}}。",
    "quatrain-7": rf"{HAN}{{7}}，{HAN}{{7}}。\n{HAN}{{7}}，{HAN}{{7}}。",
    "four-lines": rf"{LINE},\n{LINE},\n{LINE},\n{LINE}\.",
}
Form = Literal["quatrain-5", "quatrain-7", "four-lines"]
ONE = "Hold the answer to one thing: a schema, a pattern, a choice, a form, words, or a negative prompt."
RAW = "This item is a text that a model went on with, and no question. Choose an answer to a question."
HERE = "Only a model of this machine can do this. Choose one."
# A control that needs more of an engine than a constraint, which is validated where it cannot be held.
NEEDS = {"words": frozenset({"words"}), "negative": frozenset({"guidance"})}

Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=12)]


class Options(StudioRequest):
    """What to hold the answer to, and the settings that both have; ``guidance`` is how far from the negative prompt."""

    json_schema: dict[str, Any] | None = None
    regex: Annotated[str, Field(min_length=1, max_length=MAX_REGEX)] | None = None
    choice: Annotated[list[Choice], Field(min_length=1, max_length=MAX_CHOICES)] | None = None
    form: Form | None = None
    include: Words = []
    exclude: Words = []
    negative: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    guidance: Annotated[float, Field(ge=1, le=10, allow_inf_nan=False)] = 1.5
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] = 0
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.7
    max_tokens: Annotated[int, Field(ge=1, le=1024)] = 160

    @property
    def kind(self) -> str:
        """What the answer is held to; raises ``InvalidInput`` unless that is one thing."""
        named = [name for name in ("json_schema", "regex", "choice", "form", "negative") if getattr(self, name)]
        named += ["words"] if self.include or self.exclude else []
        if len(named) != 1:
            raise InvalidInput("options", ONE)
        return named[0]

    @property
    def controls(self) -> Controls:
        """The constraint, where it is one."""
        if self.kind == "form":
            return Controls(regex=FORMS[self.form or "four-lines"])
        if self.kind in ("words", "negative"):
            return NO_CONTROLS
        return Controls(**{self.kind: getattr(self, self.kind)})


def admit(studio: "Studio", look: Look[Options], who: Principal) -> Admission:
    """Check what the answer is held to, and that there is a question."""
    check(look.options.controls)
    exchange = _question(studio, look, who.id)
    model = subject.model_of(studio, look, exchange, who)
    if look.options.kind in NEEDS and not model.startswith("local:"):
        raise InvalidInput("model", HERE)
    return Admission(exchange.messages[-1][1][:1000], model, settled={"model": model})


def _question(studio: "Studio", look: Look[Options], owner: str) -> Exchange:
    exchange = subject.exchange_of(studio, look, owner)
    if look.job is None:
        return Exchange([("user", look.text or "")], "")
    if exchange.raw:
        raise InvalidInput("job", RAW)
    return exchange


def run(studio: "Studio", look: Look[Options], job: RunningJob) -> Iterator[Event]:
    """Answer twice on the same seed, first free and then held."""
    options, exchange = look.options, _question(studio, look, job.owner)
    engine = yield from opened(studio, job, NEEDS.get(options.kind, frozenset()))
    free = {"seed": options.seed, "temperature": options.temperature, "max_tokens": options.max_tokens}
    found: dict[str, Any] = {"model": job.model, "kind": options.kind}
    for name, controls, more in (("before", NO_CONTROLS, {}), ("after", options.controls, _held(options, exchange))):
        messages = conversation(exchange.messages)
        ending = yield from silent(generate(engine, messages, controls, free | more, job))
        found[name] = {
            "text": ending.text,
            "holds": holds(options, ending.text),
            "finish": ending.finish_reason,
            "attempts": ending.attempts,
        }
        yield Part(name, found[name])
    yield Result(found)


def _held(options: Options, exchange: Exchange) -> dict[str, Any]:
    """Return what an engine is told that controls have no words for."""
    if options.kind == "words":
        given = {"include": options.include, "exclude": options.exclude}
        return {name: words for name, words in given.items() if words}
    if options.kind == "negative":
        said = [("system", options.negative or ""), *(one for one in exchange.messages if one[0] != "system")]
        negative = [{"role": role, "content": text} for role, text in said]
        return {"negative": negative, "guidance": options.guidance}
    return {}


def holds(options: Options, text: str) -> bool | None:
    """Say whether a text is as it was asked for; None of a negative prompt, which only leads away."""
    if options.kind == "negative":
        return None
    if options.kind == "words":
        said = text.lower()
        return all(word.lower() in said for word in options.include) and not any(
            word.lower() in said for word in options.exclude
        )
    name, wanted = options.controls.constraint or ("", None)
    return not problem(name, wanted, text)
