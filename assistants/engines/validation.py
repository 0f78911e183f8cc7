"""Whether an answer is what was asked for, found out in a time that no schema and no pattern can stretch.

Knows JSON schemas, regular expressions and lists of choices; knows nothing about models.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

MATCH_SECONDS = 1
MESSAGE = 200


def problem(name: str, wanted: Any, answer: str) -> str | None:
    """Return what is wrong with an answer, or nothing; ``name`` is json_schema, regex or choice."""
    if name == "choice":
        return None if answer in wanted else "it is none of the choices"
    if name == "regex":
        return None if matches(wanted, answer, whole=True) else "it does not match"
    try:
        value = json.loads(answer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "it is no JSON"
    return next((error.message[:MESSAGE] for error in _validator(wanted).iter_errors(value)), None)


def matches(pattern: str, text: str, whole: bool = False) -> bool:
    """Say whether a pattern is found in a text, or is all of it; a search that takes too long has found nothing."""
    import regex

    find = regex.fullmatch if whole else regex.search
    try:
        return find(pattern, text, timeout=MATCH_SECONDS) is not None
    except (TimeoutError, regex.error):
        return False


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _validator(schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend, validator_for

    # jsonschema searches by Python's own module, which a pattern can keep busy for years.
    def pattern(validator: Any, wanted: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "string") and not matches(wanted, instance):
            yield ValidationError(f"{instance!r} does not match {wanted!r}")

    def pattern_properties(validator: Any, wanted: dict, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "object"):
            for one, inner in wanted.items():
                for name in filter(lambda name: matches(one, name), instance):
                    yield from validator.descend(instance[name], inner, path=name, schema_path=one)

    own = {"pattern": pattern, "patternProperties": pattern_properties}
    kind = extend(validator_for(schema, default=Draft202012Validator), own)
    return kind(schema, format_checker=FormatChecker())
