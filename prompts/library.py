"""The prompt library: reads ``*.prompt.yml`` files, checks them and puts values into their variables.

The format is GitHub's for prompts, with one map of ours, ``metadata``. Knows the format and nothing else: not who asks,
not which model answers, and not what the language of an error is (a ``PromptError`` carries its parts for that).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Json, Strict, ValidationError
from pydantic.alias_generators import to_camel

from prompts.reading import Document, PromptError, read_text, read_yaml

SUFFIX = ".prompt.yml"
# What files end in that come in; those that go out end in the first.
SUFFIXES = (SUFFIX, ".prompt.yaml")
VARIABLE = re.compile(r"\{\{([^\W\d]\w*)\}\}")
ID = re.compile(r"[a-z][a-z0-9_-]{0,39}/[\w-]{1,80}")

# Texts that were read lately: a list would read each of them anew.
READ_LATELY = 256
# No model takes more; a value that is put in a thousand times must not take all memory.
MAX_FILLED = 1_000_000

# The keys of a schema with a name.
NAMED_SCHEMA = {"name", "description", "schema", "strict"}

Messages = list[tuple[str, str]]
Text = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Strict()]


class Section(BaseModel):
    """A map of the file; its keys are camelCase there, and any other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class Message(Section):
    """One message; ``{{name}}`` in its content is a variable."""

    role: Literal["system", "user", "assistant"]
    content: Text


class ModelParameters(Section):
    """How the model should choose its words, unless the person says otherwise."""

    max_tokens: Annotated[int, Strict(), Field(ge=1)] | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None


class StringEvaluator(Section):
    """A check on the text of an answer."""

    equals: str | None = None
    contains: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None

    def passes(self, answer: str) -> bool:
        """Say whether an answer is as the whole check wants it; as in GitHub's tool, only equality sees case."""
        text = answer.casefold()
        return (
            self.equals in (None, answer)
            and (self.contains or "").casefold() in text
            and text.startswith((self.starts_with or "").casefold())
            and text.endswith((self.ends_with or "").casefold())
        )


class Choice(Section):
    """What a judging model may answer, and its worth."""

    choice: Text
    score: Number


class JudgeEvaluator(Section):
    """A check by another model."""

    model_id: str
    prompt: str
    choices: tuple[Choice, ...]
    system_prompt: str | None = None


class Evaluator(Section):
    """A named check that a test case's answer has to pass."""

    name: Text
    string: StringEvaluator | None = None
    llm: JudgeEvaluator | None = None
    uses: str | None = None

    @property
    def checks(self) -> bool:
        """Whether there is anything that it looks at."""
        wanted = self.string.model_dump().values() if self.string else ()
        return any([*wanted, *(self.llm.choices if self.llm else ()), self.uses])


class Metadata(Section):
    """What the library needs to know beyond GitHub's format; ``assistant`` is the name of the file's folder."""

    tags: tuple[Text, ...] = ()
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    assistant: Text | None = None


class Prompt(Section):
    """The content of a prompt file."""

    name: Text
    description: str = ""
    model: str | None = None
    model_parameters: ModelParameters = ModelParameters()
    messages: Annotated[tuple[Message, ...], Field(min_length=1)]
    test_data: tuple[dict[str, Any], ...] = ()
    evaluators: tuple[Evaluator, ...] = ()
    response_format: Literal["text", "json_object", "json_schema"] | None = None
    json_schema: Json[dict[str, Any]] | None = None
    metadata: Metadata = Metadata()


class Template(Prompt):
    """A prompt as the library holds it: its content, and the exact text it was read from."""

    id: str
    source: str

    @cached_property
    def version(self) -> str:
        """12 hex digits that change whenever the text does."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:12]

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order of their first use."""
        found = (name for message in self.messages for name in VARIABLE.findall(message.content))
        return tuple(dict.fromkeys(found))

    @cached_property
    def answer_schema(self) -> dict[str, Any] | None:
        """What an answer must be valid against, if the file says how it is to look."""
        if self.response_format != "json_schema":
            return {"type": "object"} if self.response_format == "json_object" else None
        whole = self.json_schema
        # GitHub's files have a schema as OpenAI's requests do: with a name.
        is_named = whole is not None and isinstance(whole.get("schema"), dict) and whole.keys() <= NAMED_SCHEMA
        return whole["schema"] if whole is not None and is_named else whole

    @property
    def assistant(self) -> str:
        """The folder's name."""
        return self.id.partition("/")[0]

    @cached_property
    def question(self) -> str | None:
        """The variable that takes what a person writes: ``message`` or else the last one of the last message."""
        names = VARIABLE.findall(self.messages[-1].content)
        return "message" if "message" in names else names[-1] if names else None


class Library:
    """The templates of a folder that has one folder for each assistant; read once, when it is made."""

    def __init__(self, folder: Path) -> None:
        """Read every template; raises ``PromptError`` for the first that is wrong."""
        templates = sorted(_read_folder(folder), key=lambda template: template.id)
        self._templates = {template.id: template for template in templates}

    def get(self, id: str) -> Template:
        """Return the template ``id``, as in ``chat/plain-assistant``; raises ``PromptError`` where there is none."""
        if id not in self._templates:
            raise PromptError("There is no prompt template {id}.", id=id)
        return self._templates[id]

    def list(self, assistant: str | None = None, language: str | None = None) -> tuple[Template, ...]:
        """Return the templates, or those of an assistant, by id; with ``language``, those in it or in none."""
        return tuple(
            template
            for template in self._templates.values()
            if assistant in (None, template.assistant)
            and (language is None or template.metadata.language in (None, language))
        )

    @property
    def assistants(self) -> tuple[str, ...]:
        """The assistants that have templates, by name."""
        return tuple(dict.fromkeys(template.assistant for template in self._templates.values()))

    @staticmethod
    def render(template: Template, values: Mapping[str, str]) -> Messages:
        """Return the messages with each variable replaced by its value, which is not read again; see ``filled``."""
        if missing := [name for name in template.variables if name not in values]:
            raise PromptError("{id} needs a value for: {names}.", id=template.id, names=", ".join(missing))
        if unknown := [name for name in values if name not in template.variables]:
            raise PromptError("{id} has no variable named: {names}.", id=template.id, names=", ".join(unknown))
        return [(message.role, filled(message.content, values)) for message in template.messages]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with each variable replaced by its value; raises ``PromptError`` if that makes it too long."""
    if len(text) + sum(len(values[name]) for name in VARIABLE.findall(text)) > MAX_FILLED:
        raise PromptError("The prompt comes to more than {limit} characters with its values put in.", limit=MAX_FILLED)
    return VARIABLE.sub(lambda found: values[found[1]], text)


def _read_folder(folder: Path) -> Iterator[Template]:
    for suffix in SUFFIXES:
        for path in folder.glob(f"*/*{suffix}"):
            id = path.relative_to(folder).as_posix().removesuffix(suffix)
            yield parse(read_text(path, f"{id}{suffix}"), id)


def stem_of(name: str) -> str | None:
    """Return the name of a prompt file without its ending; None for a file that is none."""
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), None)


def as_text(value: Any) -> str:
    """Return a value of a test case as it is put into a text: a truth as YAML writes it, and a list or map as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(READ_LATELY)
def parse(source: str, id: str, *, is_kept: bool = False) -> Template:
    """Read the text of a prompt file; raises ``PromptError`` with the file's name and, where there is one, the line.

    One that has no name is called as its file is. A text that ``is_kept`` came in before: it may lack what is asked of
    new ones, such as something to check.
    """
    document = read_yaml(source, f"{id}{SUFFIX}")
    optional = {to_camel(name) for name, one in Prompt.model_fields.items() if not one.is_required()} | {"name"}
    data = {key: value for key, value in document.data.items() if value is not None or key not in optional}
    data["name"] = data.get("name") or id.rpartition("/")[2]
    try:
        # First without ours: a file must not say its own id.
        Prompt.model_validate(data)
        template = Template.model_validate(data | {"id": id, "source": source})
    except ValidationError as error:
        raise _explain(error, document) from None
    if not is_kept:
        _check_answers(template, document)
    _check_variables(template, document)
    _check_order(template, document)
    _check_assistant(template, document)
    return template


def plain(template: Template) -> dict[str, Any]:
    """Return a template as data, of which ``Template.model_validate`` makes it again."""
    return template.model_dump(mode="json", by_alias=True, round_trip=True)


def read(source: str, id: str) -> dict[str, Any]:
    """Do what ``parse`` does and return it ``plain``."""
    return plain(parse(source, id))


def _explain(error: ValidationError, document: Document) -> PromptError:
    """Say the first of pydantic's complaints in one sentence, with the line it is about."""
    first = error.errors(include_url=False, include_input=False)[0]
    place, key = first["loc"], ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return document.error(place, "'{key}' is not a key of prompt files.", key=key)
    if first["type"] == "missing":
        return document.error(place, "'{key}' is missing.", key=key)
    return document.error(place, "'{key}' does not fit: {reason}.", key=key, reason=first["msg"])


def _check_answers(template: Template, document: Document) -> None:
    """What an answer must be, and what is checked of it, is said whole."""
    for number, evaluator in enumerate(template.evaluators):
        if not evaluator.checks:
            raise document.error(("evaluators", number), "evaluator {name} checks nothing.", name=evaluator.name)
    if template.response_format == "json_schema" and template.json_schema is None:
        raise document.error(("responseFormat",), "'{key}' is missing.", key="jsonSchema")
    if template.response_format != "json_schema" and template.json_schema is not None:
        raise document.error(("jsonSchema",), "'jsonSchema' goes with responseFormat: json_schema only.")


def _check_variables(template: Template, document: Document) -> None:
    for number, message in enumerate(template.messages):
        start = message.content.find("{{")
        while start >= 0 and (end := message.content.find("}}", start)) >= 0:
            text = message.content[start : end + 2]
            if not VARIABLE.fullmatch(text):
                place, shown = ("messages", number, "content"), " ".join(text.split())[:60]
                sentence = "{text} is not a variable; those look like {example}."
                raise document.error(place, sentence, text, text=shown, example="{{name}}")
            start = message.content.find("{{", end + 2)


def _check_order(template: Template, document: Document) -> None:
    """Examples are pairs of user and assistant before the last user message: models are trained on no other order."""
    roles = [message.role for message in template.messages]
    start = next((number for number, role in enumerate(roles) if role != "system"), len(roles))
    for number in range(start, len(roles)):
        expected = "assistant" if (number - start) % 2 else "user"
        if roles[number] != expected:
            place, sentence = ("messages", number, "role"), "the role here must be {expected}."
            raise document.error(place, sentence, expected=expected)
    if roles[-1] != "user":
        raise document.error(("messages",), "the last message must be the user's.")


def _check_assistant(template: Template, document: Document) -> None:
    folder = template.id.rpartition("/")[0]
    if template.metadata.assistant not in (None, folder):
        place, sentence = ("metadata", "assistant"), "the assistant must be the folder's name, {folder}."
        raise document.error(place, sentence, folder=folder)
