"""Requests: what an assistant is asked, checked once at the door, with one clear sentence for what is wrong.

Strict: a number in quotes is not a number, and nothing is silently corrected. Knows nothing about any one assistant.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from assistants.errors import InvalidInput
from assistants.storable import UNSTORABLE

# What a job may come after that is no job: the better model that is on its way.
BETTER_MODEL = "better-model"
# Of a model, a template, a conversation: whatever the studio knows by a name or an id.
Name = Annotated[str, Field(min_length=1, max_length=200)]


class StudioRequest(BaseModel):
    """The base of every assistant's ``Request``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class Admission:
    """What an assistant says of a request it lets in.

    ``input`` is what the person asked, for lists and search; ``result`` is known beforehand; ``after`` names a job that
    must end first, or is ``BETTER_MODEL``; ``settled`` is what the request left open and its record says, so that it
    can be made again.
    """

    input: str
    model: str | None = None
    result: dict[str, Any] | None = None
    after: str | None = None
    settled: dict[str, Any] = field(default_factory=dict)


RequestType = TypeVar("RequestType", bound=StudioRequest)

# By pydantic's name of the error; {values} are pydantic's own.
SENTENCES = {
    "missing": "{field} is missing.",
    "extra_forbidden": "{field} is not a known field.",
    "string_type": "{field} must be text.",
    "int_type": "{field} must be a whole number.",
    "int_from_float": "{field} must be a whole number.",
    "int_parsing": "{field} must be a whole number.",
    "float_type": "{field} must be a number.",
    "finite_number": "{field} must be a finite number.",
    "bool_type": "{field} must be true or false.",
    "bool_parsing": "{field} must be true or false.",
    "datetime_from_date_parsing": "{field} must be a day or a time, such as {example}.",
    "datetime_parsing": "{field} must be a day or a time, such as {example}.",
    "list_type": "{field} must be a list.",
    "tuple_type": "{field} must be a list.",
    "model_type": "{field} must be an object.",
    "model_attributes_type": "{field} must be an object.",
    "dict_type": "{field} must be an object.",
    "literal_error": "{field} must be one of: {expected}.",
    "string_too_short": "{field} is empty.",
    "string_too_long": "{field} may hold at most {max_length} characters.",
    "too_long": "{field} may hold at most {max_length} entries.",
    "too_short": "{field} must hold at least {min_length} entries.",
    "greater_than": "{field} must be more than {gt}.",
    "greater_than_equal": "{field} must be at least {ge}.",
    "less_than": "{field} must be less than {lt}.",
    "less_than_equal": "{field} may be at most {le}.",
}
EXAMPLE = "2026-01-31T18:30:00Z"
OTHERWISE = "{field} is not valid: {problem}."
# A field that is not known may be called anything.
MAX_FIELD = 120


def validated(model: type[RequestType], data: Any) -> RequestType:
    """Return ``data`` as ``model`` or raise ``InvalidInput`` about the first thing that is wrong with it."""
    if not isinstance(data, dict):
        raise InvalidInput("request", "{field} must be an object.")
    check_characters(data, "request")
    try:
        read = model.model_validate(data)
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False)[0]) from error
    check_numbers(data, "request")
    return read


def one_line(name: str, longest: int, field: str = "name") -> str:
    """Return what somebody calls a thing, as one line; raises ``InvalidInput`` if it is no name."""
    check_characters(name, field)
    line = " ".join(name.split())
    if not line:
        raise InvalidInput(field, "{field} is empty.")
    if len(line) > longest:
        raise InvalidInput(field, "{field} may hold at most {max_length} characters.", max_length=longest)
    return line


def invalid_input(error: ErrorDetails) -> InvalidInput:
    """Return pydantic's ``error`` in our words."""
    field = ".".join(str(part) for part in error["loc"])[:MAX_FIELD] or "request"
    template = SENTENCES.get(error["type"], OTHERWISE)
    values = {**error.get("ctx", {}), "problem": error["msg"], "example": EXAMPLE}
    if values.get("min_length") == 1:
        template = "{field} is empty."
    if "expected" in values:
        # Pydantic's is an English list, with quotes and "or".
        values["expected"] = values["expected"].replace("' or '", "', '").replace("'", "")
    return InvalidInput(
        field, template, **{key: _short(value) for key, value in values.items() if f"{{{key}}}" in template}
    )


def _short(value: Any) -> Any:
    """Return 1.0 as 1: limits are read by people."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_characters(value: Any, field: str) -> None:
    """Refuse what SQLite and UTF-8 cannot hold, and keys that are not text."""
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            raise InvalidInput(field, "{field} holds characters that are not text (NUL or half a surrogate pair).")
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_characters(key, "request")
            check_characters(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            check_characters(inner, field)


def check_numbers(value: Any, field: str) -> None:
    """Refuse whole numbers that SQLite cannot hold, where no field has a limit of its own, as seeds have."""
    if field != "seed" and isinstance(value, int) and abs(value) >= 2**63:
        raise InvalidInput(field, "{field} is too large a number.")
    for key, inner in value.items() if isinstance(value, dict) else ():
        check_numbers(inner, str(key))
    for inner in value if isinstance(value, list) else ():
        check_numbers(inner, field)
