"""What OpenAI's clients send, as they send it: documented, checked, and turned into requests of the studio.

What would change the answer and is not served is refused by its name; what would not is let pass. Knows nothing about
jobs or answers.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue

from assistants.errors import InvalidInput
from assistants.generation import Stops
from assistants.openai.completions import SEEDS, CompletionParams
from assistants.requests import Name, StudioRequest

MAX_CHOICES = 16
MAX_NAME = 80
# What pieces of text are called, by the newer interface, too.
TEXTS = ("text", "input_text", "output_text")

# Changes no answer: who asks and what for, how it is billed, stored, cached or guessed beforehand.
HARMLESS = {
    "user", "metadata", "store", "service_tier", "safety_identifier", "parallel_tool_calls", "prediction",
    "prompt_cache_key", "prompt_cache_retention", "include_obfuscation", "name", "annotations",
}  # fmt: skip
# Of a message that an assistant wrote: what it thought is not told to it again, and what it refused is its text.
OF_A_REPLY = {"refusal", "reasoning", "reasoning_content", "reasoning_details"}
# Would change it and is not served, unless it has one of these values or none.
UNSERVED: dict[str, tuple[Any, ...]] = {
    "tools": (),
    "tool_choice": ("none", "auto"),
    "tool_calls": (),
    "tool_call_id": (),
    "functions": (),
    "function_call": ("none", "auto"),
    "audio": (),
    "modalities": (["text"],),
    "logit_bias": (),
    "reasoning_effort": ("none",),
    "verbosity": (),
    "web_search_options": (),
    "suffix": (),
    "best_of": (1,),
}
NONE: tuple[Any, ...] = (None, [], {}, "")

JSON_OBJECT = {"type": "object"}


def as_list(value: Any) -> Any:
    """Read a single text as a list of it."""
    return [value] if isinstance(value, str) else value


def as_parts(value: Any) -> Any:
    """Read plain content as one part of text."""
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


class Wire(StudioRequest):
    """Strict about the fields it knows; ``refuse_unserved`` judges the rest."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    harmless: ClassVar[set[str]] = HARMLESS

    def refuse_unserved(self, place: str = "") -> None:
        """Raise ``InvalidInput`` about the first further field that would change the answer."""
        for name, value in (self.model_extra or {}).items():
            field = f"{place}{name[:MAX_NAME]}"
            if name in UNSERVED and value not in (*NONE, *UNSERVED[name]):
                raise InvalidInput(field, "{field} is not served here. Leave it out.")
            if name not in UNSERVED and name not in self.harmless:
                raise InvalidInput(field, "{field} is not a known field.")


class ContentPart(Wire):
    """A piece of a message; of a reply, it may be what was refused."""

    type: str
    text: str | None = None
    refusal: str | None = None

    @property
    def said(self) -> str | None:
        """Its text, if it is one."""
        if self.type == "refusal":
            return self.refusal
        return self.text if self.type in TEXTS else None


class ChatMessage(Wire):
    """A message; an assistant's at the end is gone on with."""

    harmless: ClassVar[set[str]] = HARMLESS | OF_A_REPLY

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[
        list[ContentPart] | None, BeforeValidator(as_parts, json_schema_input_type=str | list[ContentPart] | None)
    ] = None

    def asked(self, place: str) -> dict[str, str]:
        """Return the message as the studio takes it; raises ``InvalidInput``, which names ``place``."""
        if self.role in ("tool", "function"):
            raise InvalidInput(f"{place}.role", "{field}: tools are not served here.")
        self.refuse_unserved(f"{place}.")
        if self.content is None and self.role != "assistant":
            raise InvalidInput(f"{place}.content", "{field} is missing.")
        texts = []
        for number, part in enumerate(self.content or ()):
            if part.said is None:
                template = "{field} is of the type {type}; only text is read here."
                raise InvalidInput(f"{place}.content.{number}", template, type=part.type[:MAX_NAME])
            texts.append(part.said)
        refusal = (self.model_extra or {}).get("refusal")
        if isinstance(refusal, str):
            texts.append(refusal)
        role = "system" if self.role == "developer" else self.role
        return {"role": role, "content": "\n".join(filter(None, texts))}


class JsonSchemaFormat(Wire):
    """A JSON schema and what the client calls it."""

    name: str | None = None
    description: str | None = None
    schema_: Annotated[dict[str, JsonValue] | None, Field(alias="schema")] = None
    strict: Annotated[bool | None, Field(description="It is always kept to")] = None


class ResponseFormat(Wire):
    """The form that the answer must have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchemaFormat | None = None

    def asked(self) -> dict[str, Any] | None:
        """Return the JSON schema that it means, if any."""
        self.refuse_unserved("response_format.")
        if self.type == "text":
            return None
        if self.type == "json_object":
            return JSON_OBJECT
        if self.json_schema is None:
            raise InvalidInput("response_format.json_schema", "{field} is missing.")
        self.json_schema.refuse_unserved("response_format.json_schema.")
        return self.json_schema.schema_ or JSON_OBJECT


class StreamOptions(Wire):
    """What a stream brings beside the text."""

    include_usage: bool | None = None


class Generation(CompletionParams, Wire):
    """What chat completions and completions have in common."""

    model: Annotated[Name | None, Field(description="`provider:model`; the studio's own if it is absent")] = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    stop: Annotated[Stops | None, BeforeValidator(as_list, json_schema_input_type=str | Stops | None)] = None
    guided_regex: Annotated[str | None, Field(description="A regular expression that the answer matches")] = None
    guided_choice: Annotated[list[str] | None, Field(description="What the answer is one of")] = None

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with the number of tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def requests(self, asked: dict[str, Any], params: dict[str, Any], controls: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a request for each choice; of those with a seed, each has the next one."""
        self.refuse_unserved()
        if self.stream_options:
            self.stream_options.refuse_unserved("stream_options.")
        own = {name: getattr(self, name) for name in CompletionParams.model_fields}
        params = {name: value for name, value in (own | params).items() if value is not None}
        guided = {"regex": self.guided_regex, "choice": self.guided_choice}
        controls = {name: value for name, value in (guided | controls).items() if value is not None}
        request = {"model": self.model, **asked, "params": params, "controls": controls}
        if self.seed is None:
            return [request] * (self.n or 1)
        seeds = (self.seed + number for number in range(self.n or 1))
        seeds = (seed if seed < SEEDS else seed - SEEDS for seed in seeds)
        return [{**request, "params": {**params, "seed": seed}} for seed in seeds]
