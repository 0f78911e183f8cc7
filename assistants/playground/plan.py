"""The plan of a matrix: which variants there are, and the exact messages of each for a row.

Made from the request alone, so that a job that goes on after a restart has the same one. Knows nothing about models
beyond their names, nor about how examples are chosen.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from assistants.engines.controls import Controls
from assistants.errors import InvalidInput, NotFound
from assistants.generation import NO_CONTROLS, Params
from assistants.playground import studies
from assistants.playground.request import MAX_CELLS, MAX_CHECKS, Example, Prompt, Request, Shots
from prompts import library
from prompts.library import MAX_FILLED, VARIABLE, Messages
from prompts.reading import PromptError

if TYPE_CHECKING:
    from assistants.studio import Studio

EXPECTED = "expected"


@dataclass(frozen=True)
class Source:
    """A prompt as it is tested: its messages with their variables, and what its file says of parameters."""

    name: str
    messages: tuple[tuple[str, str], ...]
    params: dict[str, Any] = field(default_factory=dict)
    controls: Controls = NO_CONTROLS

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order of their first use."""
        return tuple(dict.fromkeys(name for _, content in self.messages for name in VARIABLE.findall(content)))

    @cached_property
    def subject(self) -> str | None:
        """The variable whose value an example's input stands for: ``input``, or the only one of the last message."""
        last = list(dict.fromkeys(VARIABLE.findall(self.messages[-1][1])))
        return "input" if "input" in last else last[0] if len(last) == 1 else None

    @cached_property
    def _uses(self) -> list[tuple[int, Counter[str]]]:
        return [(len(content), Counter(VARIABLE.findall(content))) for _, content in self.messages]

    def length(self, row: Mapping[str, str]) -> int:
        """Return how many characters the messages may come to with a row's values."""
        return sum(own + sum(len(row[name]) * count for name, count in uses.items()) for own, uses in self._uses)

    def input(self, row: Mapping[str, str]) -> str:
        """Return what examples are compared with in a row."""
        return row[self.subject] if self.subject else filled(self.messages[-1][1], row)

    def render(self, row: Mapping[str, str], examples: Iterable[Example] = ()) -> Messages:
        """Return the messages for a row, with the examples as pairs before the last one."""
        last = self.messages[-1][1]
        messages = [(role, filled(content, row)) for role, content in self.messages]
        pairs = [
            pair
            for example in examples
            for pair in (("user", self._asked(last, example, row)), ("assistant", example.output))
        ]
        return [*messages[:-1], *pairs, messages[-1]]

    def _asked(self, last: str, example: Example, row: Mapping[str, str]) -> str:
        return filled(last, {**row, self.subject: example.input}) if self.subject else example.input


@dataclass(frozen=True)
class Variant:
    """A column of the matrix; ``point`` is what a study varies in it."""

    id: int
    source: Source
    model: str | None
    params: Params
    how: str
    shots: Shots
    examples: tuple[Example, ...]
    point: Any = None
    # Parameters that other variants have otherwise.
    told: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """What it is called in a line of text: what tells it apart from the others."""
        k = "" if not self.examples else f"{len(self.examples) if self.shots.k is None else self.shots.k}-shot"
        point = "" if self.point is None else f"#{self.point}"
        params = said_params(self.params.model_dump(exclude_none=True), self.told)
        shown = [self.source.name, self.model or "", *params, self.how if self.how != "generate" else "", k, point]
        return "  ".join(filter(None, shown))

    def as_dict(self) -> dict[str, Any]:
        """What a reader is shown of it."""
        return {
            "id": self.id,
            "prompt": self.source.name,
            "model": self.model,
            "params": self.params.model_dump(exclude_none=True),
            "how": self.how,
            "shots": self.shots.model_dump() if self.examples else None,
            "point": self.point,
        }


def differing_params(sets: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the names of the parameters that are not the same in all of these."""
    kept = list(sets)
    names = {name for one in kept for name in one}
    return frozenset(name for name in names if any(one.get(name) != kept[0].get(name) for one in kept))


def said_params(params: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Return these parameters as they are told to people."""
    return [f"{name}={params[name]}" for name in sorted(names) if name in params]


@dataclass(frozen=True)
class Plan:
    """All that is to be run: every variant with every row, so many times."""

    variants: tuple[Variant, ...]
    rows: tuple[dict[str, str], ...]
    repeats: int
    # All of them, as the request numbers them.
    examples: tuple[Example, ...]

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.variants) * len(self.rows) * self.repeats


def filled(content: str, values: Mapping[str, str]) -> str:
    """Return a text with each variable replaced by its value, which is not read again; see ``prompts.library``."""
    try:
        return library.filled(content, values)
    except PromptError as error:
        raise InvalidInput("rows", error.template, **error.values) from error


def plan(studio: "Studio", request: Request, owner: str) -> Plan:
    """Return the plan of a request; raises ``InvalidInput`` that names row, prompt and variables."""
    prompts = _prompts(request)
    name = request.name if len(prompts) == 1 else ""
    sources = [_source(studio, prompt, number, owner, name) for number, prompt in enumerate(prompts)]
    rows = tuple(request.rows) or ({},)
    for source in sources:
        _check_messages(source)
        _check_rows(source, rows)
    variants = list(_variants(request, sources))
    told = differing_params(one.params.model_dump(exclude_none=True) for one in variants if one.model is not None)
    found = Plan(tuple(replace(one, told=told) for one in variants), rows, request.repeats, tuple(request.examples))
    if found.size > MAX_CELLS:
        template = "This makes {count} cells; at most {limit} may be run at once. Take fewer rows or variants."
        raise InvalidInput("rows", template, count=found.size, limit=MAX_CELLS)
    rows_checked = sum(len(rows) if one.rows is None else len(one.rows) for one in request.evaluators)
    checks = rows_checked * len(found.variants) * request.repeats
    if checks > MAX_CHECKS:
        template = "This makes {count} checks; at most {limit} may be made at once. Take fewer evaluators or rows."
        raise InvalidInput("evaluators", template, count=checks, limit=MAX_CHECKS)
    return found


def _prompts(request: Request) -> Sequence[Prompt]:
    if (request.messages is None) == (request.prompts is None):
        raise InvalidInput("messages", "Give either messages or prompts, and not both.")
    if request.json_schema is not None and request.messages is None:
        raise InvalidInput("json_schema", "{field} goes with messages only.")
    return request.prompts or [Prompt(messages=request.messages, json_schema=request.json_schema)]


def _source(studio: "Studio", prompt: Prompt, number: int, owner: str, name: str) -> Source:
    """Return a prompt as it is tested; ``name`` is for one that has none."""
    if (prompt.messages is None) == (prompt.template is None):
        raise InvalidInput(f"prompts.{number}", "{field} has either messages or a template, and not both.")
    if prompt.json_schema is not None and prompt.messages is None:
        raise InvalidInput(f"prompts.{number}.json_schema", "{field} goes with messages only.")
    if prompt.messages is not None:
        messages = tuple((message.role, message.content) for message in prompt.messages)
        return Source(prompt.name or name or str(number + 1), messages, controls=_held(prompt.json_schema))
    try:
        template = studio.prompts.get(prompt.template or "", owner, prompt.version)
    except NotFound as error:
        raise InvalidInput(f"prompts.{number}", error.template, **error.values) from error
    messages = tuple((message.role, message.content) for message in template.messages)
    params = template.model_parameters.model_dump(exclude_none=True)
    return Source(prompt.name or template.name, messages, params, _held(template.answer_schema))


def _held(schema: dict[str, Any] | None) -> Controls:
    return NO_CONTROLS if schema is None else Controls(json_schema=schema)


def _check_messages(source: Source) -> None:
    if source.messages[-1][0] != "user":
        raise InvalidInput("messages", "The last message of prompt {name} must be the user's.", name=source.name)
    for _, content in source.messages:
        start = content.find("{{")
        while start >= 0 and (end := content.find("}}", start)) >= 0:
            text = content[start : end + 2]
            if not VARIABLE.fullmatch(text):
                shown, sentence = " ".join(text.split())[:60], "{text} is not a variable; those look like {example}."
                raise InvalidInput("messages", sentence, text=shown, example="{{name}}")
            start = content.find("{{", end + 2)


def _check_rows(source: Source, rows: Sequence[Mapping[str, str]]) -> None:
    for number, row in enumerate(rows):
        if missing := [name for name in source.variables if name not in row]:
            template = "Row {row} has no value for {names}, which prompt {name} needs."
            values = {"row": number + 1, "names": ", ".join(missing), "name": source.name}
            raise InvalidInput("rows", template, **values)
        if source.length(row) > MAX_FILLED:
            template = "Row {row} makes prompt {name} longer than {limit} characters."
            raise InvalidInput("rows", template, row=number + 1, name=source.name, limit=MAX_FILLED)


def _variants(request: Request, sources: Sequence[Source]) -> Iterator[Variant]:
    examples = tuple(example for example in request.examples if example.use)
    models = request.models or (None,)
    if request.study:
        studies.check(request, examples, len(sources) * len(models) * len(request.params))
        ways = studies.ways(request, examples)
    else:
        ways = [studies.Way(request.shots, examples)]
    hows = ("generate", "score") if request.labels else ("generate",)
    number = 0
    for source, model, params, how, way in product(sources, models, request.params, hows, ways):
        yield Variant(
            number, source, model, _settled(params, source, model, request), how, way.shots, way.examples, way.point
        )
        number += 1
    if request.labels and examples and not request.study:
        yield Variant(number, sources[0], None, Params(), "classifier", Shots(), examples)


def _settled(params: Params, source: Source, model: str | None, request: Request) -> Params:
    """Return the parameters of a variant: what is said, else what the prompt's file says, else what can be repeated.

    Without a temperature and a seed there is nothing to chance, so that a second run shows the same and costs nothing;
    repeats of one thing would be all alike, so each has a seed of its own (``running``).
    """
    said = {**source.params, **params.model_dump(exclude_none=True)}
    if (model or "").startswith("local:"):
        # Engines here hold words of the prompt against the answer, which then avoids the very labels it was shown.
        said.setdefault("repetition_penalty", 1.0)
    if "temperature" not in said and "seed" not in said:
        said |= {"temperature": 0.0} if request.repeats == 1 else {"seed": 0}
    return Params(**said)
