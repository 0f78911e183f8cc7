"""Controls: what an answer must look like, and what is to be said of its tokens, for every engine alike.

An engine that can, is held to a constraint while it writes; to any other it is said in the prompt. Either way the
answer is validated, and asked for again where it fails. Knows nothing about any one engine.
"""

import json
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

from langchain_core.messages import AIMessageChunk, BaseMessage, SystemMessage
from pydantic import Field

from assistants import bounded
from assistants.engines import constraints
from assistants.engines.validation import problem
from assistants.errors import GenerationFailed, InvalidInput
from assistants.requests import StudioRequest
from assistants.storable import Deltas, storable

if TYPE_CHECKING:
    from assistants.engines.chat_engine import ChatEngine

MAX_SCHEMA = 64_000
MAX_DEPTH = 32
MAX_REGEX = 2000
MAX_CHOICES = 1000
MAX_CHOICE = 1000
ATTEMPTS = 3
# Bounds, from the second attempt on, of a text and of a list that have none, so that the answer comes to its end.
TIGHTER = {2: (240, 8), 3: (60, 3)}
# What never chances anything would fail again in the same way.
RETRY_TEMPERATURE = 0.5
# What a chunk says beside its text: log-probabilities, notes, reasoning.
BESIDE = ("response_metadata", "additional_kwargs")
FENCED = re.compile(r"\s*```[\w-]*\n(.*?)\n?```\s*", re.DOTALL)
INSTRUCTIONS = {
    "json_schema": "Answer with one JSON value that is valid against this JSON schema, and nothing else: {wanted}",
    "regex": "Answer with text that matches this regular expression as a whole, and nothing else: {wanted}",
    "choice": "Answer with exactly one of these strings, and nothing else: {wanted}",
}
Choice = Annotated[str, Field(min_length=1, max_length=MAX_CHOICE)]


class Controls(StudioRequest):
    """At most one constraint, and whether to give log-probabilities of the tokens, with how many alternatives."""

    json_schema: dict[str, Any] | None = None
    regex: Annotated[str, Field(min_length=1, max_length=MAX_REGEX)] | None = None
    choice: Annotated[list[Choice], Field(min_length=1, max_length=MAX_CHOICES)] | None = None
    logprobs: bool = False
    top_logprobs: Annotated[int, Field(ge=0, le=20)] = 0

    @property
    def needs(self) -> frozenset[str]:
        """The capabilities without which a model cannot serve this; a constraint is none, for it can be validated."""
        return frozenset({"top_logprobs"} if self.top_logprobs else ())

    @property
    def constraint(self) -> tuple[str, Any] | None:
        """The name of the constraint and what it asks for."""
        named = ((name, getattr(self, name)) for name in INSTRUCTIONS)
        return next(((name, wanted) for name, wanted in named if wanted is not None), None)

    @property
    def options(self) -> dict[str, Any]:
        """What an engine is to be given for the log-probabilities."""
        alternatives = {"top_logprobs": self.top_logprobs} if self.top_logprobs else {}
        return {"logprobs": True, **alternatives} if self.logprobs else {}


def check(controls: Controls) -> None:
    """Raise ``InvalidInput`` for what no engine could serve; takes milliseconds."""
    if sum(getattr(controls, name) is not None for name in INSTRUCTIONS) > 1:
        raise InvalidInput("controls", "{field} may have only one of json_schema, regex and choice.")
    if controls.top_logprobs and not controls.logprobs:
        raise InvalidInput("top_logprobs", "{field} goes with logprobs only.")
    if controls.json_schema is not None:
        check_schema(controls.json_schema)
        _ask(constraints.grammar_fault, controls.json_schema, "json_schema")
    if controls.regex is not None:
        _ask(constraints.regex_fault, controls.regex, "regex")


def check_schema(schema: dict[str, Any], field: str = "json_schema") -> None:
    """Raise ``InvalidInput`` for what is no JSON schema, is too large to look at, or leads elsewhere."""
    if depth(schema) > MAX_DEPTH:
        raise InvalidInput(field, "{field} is nested too deep: more than {limit} levels.", limit=MAX_DEPTH)
    if len(json.dumps(schema)) > MAX_SCHEMA:
        raise InvalidInput(field, "{field} may hold at most {max_length} characters.", max_length=MAX_SCHEMA)
    _ask(constraints.schema_fault, schema, field)


def _ask(fault: Callable[[Any], constraints.Fault | None], wanted: Any, field: str) -> None:
    """Raise ``InvalidInput`` for what is wrong with a schema or a pattern, or takes too long to find out."""
    if found := bounded.call(fault, wanted, field=field):
        template, values = found
        raise InvalidInput(field, template, **values)


def depth(value: Any) -> int:
    """Return how many levels of lists and objects there are, counting no further than is allowed."""
    level, levels = [value], 0
    while level and levels <= MAX_DEPTH + 1:
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level, levels = [one for values in inner for one in values], levels + 1
    return levels - 1


def stream(
    engine: "ChatEngine", messages: list[BaseMessage], controls: Controls, options: dict[str, Any]
) -> Generator[AIMessageChunk, None, None]:
    """Stream as ``engine`` does; under a constraint the answer comes in one piece, once it is valid.

    Its last chunk then says how many ``attempts`` it took; after the third raises ``GenerationFailed``.
    """
    options = options | controls.options
    if controls.constraint is None:
        yield from pieces(engine, messages, options)
        return
    name, wanted = controls.constraint
    native = name in engine.capabilities
    if not native and not options.get("raw"):
        messages = instructed(messages, name, wanted)
    for attempt in range(1, ATTEMPTS + 1):
        constraint = {name: narrowed(wanted, attempt) if name == "json_schema" else wanted} if native else {}
        chunks: list[AIMessageChunk] = []
        with closing(pieces(engine, messages, changed(options, attempt) | constraint)) as answering:
            for chunk in answering:
                if chunk.response_metadata.get("retracted"):
                    chunks.clear()
                chunks.append(chunk)
                yield AIMessageChunk(content="", additional_kwargs=chunk.additional_kwargs)
        answer, metadata = unwrapped("".join(chunk.text for chunk in chunks), name), ending(chunks)
        wrong = problem(name, wanted, answer)
        if not wrong:
            yield from told(chunks, answer, attempt)
            return
    if metadata.get("finish_reason") == "length":
        template = "The answer does not end within its limit of tokens, so it does not keep to {field}: give it more."
        raise GenerationFailed(template, field=name)
    template = "The model did not keep to {field} in {attempts} attempts: {problem}."
    raise GenerationFailed(template, field=name, attempts=ATTEMPTS, problem=wrong)


def pieces(
    engine: "ChatEngine", messages: list[BaseMessage], options: dict[str, Any]
) -> Generator[AIMessageChunk, None, None]:
    """Stream as ``engine`` does; what it says is storable from here on, whatever server or plugin it comes from."""
    deltas = Deltas()
    chunks = engine.stream(messages, **options)
    try:
        for chunk in chunks:
            text, beside = deltas.push(chunk.text), {name: getattr(chunk, name) for name in BESIDE}
            is_plain = text == chunk.text and storable(beside) == beside
            yield chunk if is_plain else chunk.model_copy(update={"content": text, **storable(beside)})
    finally:
        # LangChain promises no more than an iterator; what it gives is a generator, whose end ends the request.
        if isinstance(chunks, Generator):
            chunks.close()
    if rest := deltas.flush():
        yield AIMessageChunk(content=rest)


def changed(options: dict[str, Any], attempt: int) -> dict[str, Any]:
    """Return the options for an attempt: each has a seed of its own, and something to chance."""
    if attempt == 1:
        return options
    own: dict[str, Any] = {}
    if options.get("seed") is not None:
        own["seed"] = (options["seed"] + attempt - 1) % 2**64
    if options.get("temperature") == 0:
        own["temperature"] = RETRY_TEMPERATURE
    return options | own


def narrowed(schema: Any, attempt: int) -> Any:
    """Return a schema that lets through less, so that an answer comes to its end."""
    if attempt == 1:
        return schema
    characters, entries = TIGHTER[attempt]
    if isinstance(schema, list):
        return [narrowed(one, attempt) for one in schema]
    if not isinstance(schema, dict):
        return schema
    # Values, which only look like schemas.
    kept = {name: schema[name] for name in ("enum", "const", "default", "examples", "required") if name in schema}
    result = {name: narrowed(value, attempt) for name, value in schema.items()} | kept
    types = schema.get("type", ())
    if "string" in types and not schema.keys() & {"maxLength", "pattern", "format", "enum", "const"}:
        result["maxLength"] = max(characters, schema.get("minLength", 0))
    if "array" in types and "maxItems" not in schema:
        result["maxItems"] = max(entries, schema.get("minItems", 0), len(schema.get("prefixItems", ())))
    return result


def instructed(messages: list[BaseMessage], name: str, wanted: Any) -> list[BaseMessage]:
    """Return the messages with the constraint in the system prompt."""
    text = wanted if isinstance(wanted, str) else json.dumps(wanted, ensure_ascii=False)
    instruction = INSTRUCTIONS[name].format(wanted=text)
    if messages and messages[0].type == "system":
        return [SystemMessage(f"{messages[0].text}\n\n{instruction}"), *messages[1:]]
    return [SystemMessage(instruction), *messages]


def unwrapped(text: str, name: str) -> str:
    """Return an answer without the fence that models like to put around code, and without space around it."""
    fenced = FENCED.fullmatch(text)
    return (fenced[1] if fenced else text).strip() if name != "regex" or fenced else text


def ending(chunks: list[AIMessageChunk]) -> dict[str, Any]:
    """Return what the chunks say together of how the answer ended."""
    return {key: value for chunk in chunks for key, value in chunk.response_metadata.items()}


def told(chunks: list[AIMessageChunk], answer: str, attempt: int) -> Iterator[AIMessageChunk]:
    """Yield an answer, with what was said of its tokens, and how it ended."""
    entries = [entry for chunk in chunks for entry in chunk.response_metadata.get("logprobs", {}).get("content", ())]
    said = {"logprobs": {"content": entries}} if entries else {}
    yield AIMessageChunk(content=answer, response_metadata=said)
    metadata = {name: value for name, value in ending(chunks).items() if name not in ("logprobs", "retracted")}
    usage = next((chunk.usage_metadata for chunk in reversed(chunks) if chunk.usage_metadata), None)
    metadata["attempts"] = attempt
    yield AIMessageChunk(content="", usage_metadata=usage, response_metadata=metadata, chunk_position="last")
