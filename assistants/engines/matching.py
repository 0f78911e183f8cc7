"""Whether a text is what a schema or a pattern asks for. Runs in a child (``bounded``), for either may take for ever.

Nothing is fetched: a schema's references lead to places in it, or nowhere. Imports what it needs when it is needed;
knows nothing about who asks.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NoReturn

from assistants.engines.counts import excess

# A pattern that takes longer has found nothing; the child need not be ended for it.
MATCH_SECONDS = 0.5
MESSAGE = 200
# So many places in a text where an object may begin are tried. Lists are not looked for: a footnote's [1] is one.
BEGINNINGS = 50
NO_JSON = "it is no JSON"
TOO_DEEP = "it is nested too deep"
TOO_LARGE = "a number in it is too large"
TOO_SLOW = f"a pattern of the schema needs more than {MATCH_SECONDS} seconds for it"


def problem(name: str, wanted: Any, answer: str) -> str | None:
    """Return what is wrong with an answer, or nothing; ``name`` is json_schema or regex."""
    if name == "regex":
        return None if _matches(wanted, answer, whole=True) else "it does not match"
    try:
        value = json.loads(answer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NO_JSON
    return wrong(wanted, value) if wanted else None


def wrong(schema: Any, value: Any) -> str | None:
    """Return in what a value does not keep to a schema, or nothing."""
    from referencing.exceptions import Unresolvable

    try:
        error = next(_validator(json.dumps(schema)).iter_errors(value), None)
    except Unresolvable as stray:
        return f"the schema refers to {stray.ref}, which is not in it"[:MESSAGE]
    except RecursionError:
        return TOO_DEEP
    except OverflowError:
        return TOO_LARGE
    except TimeoutError:
        return TOO_SLOW
    return error.message[:MESSAGE] if error else None


def contains(schema: dict[str, Any], text: str) -> bool:
    """Say whether an object that keeps to a schema stands somewhere in a text."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    for begin in islice(re.finditer("{", text), BEGINNINGS):
        try:
            value, _ = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            continue
        if not wrong(schema, value):
            return True
    return False


def search(pattern: str, text: str, ignore_case: bool) -> dict[str, Any]:
    """Return whether a pattern is ``found`` in a text, or the ``cause`` why that cannot be said, or that it is slow."""
    import regex

    try:
        flags = regex.IGNORECASE if ignore_case else 0
        found = compiled(pattern, flags).search(text, timeout=MATCH_SECONDS)
    except TimeoutError:
        return {"slow": True}
    except (regex.error, RecursionError, OverflowError) as error:
        return {"cause": str(error) or TOO_DEEP}
    return {"found": found is not None}


@lru_cache(256)
def compiled(pattern: str, flags: int = 0) -> Any:
    """Return a pattern that is compiled; raises ``regex.error`` for one that would take too much memory for that."""
    import regex

    if counted := excess(pattern):
        raise regex.error(counted)
    return regex.compile(pattern, flags)


def _matches(pattern: str, text: str, whole: bool = False) -> bool:
    """Say whether a pattern is all of a text, or is found in it, which may raise ``TimeoutError``."""
    import regex

    try:
        ready = compiled(pattern)
        find = ready.fullmatch if whole else ready.search
        return find(text, timeout=MATCH_SECONDS) is not None
    except TimeoutError:
        if whole:
            return False
        raise
    except (regex.error, RecursionError, OverflowError):
        return False


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


@lru_cache(32)
def _validator(text: str) -> Any:
    from jsonschema import FormatChecker
    from referencing import Registry

    schema = json.loads(text)
    kind = _kind(schema.pop("$schema", None) if isinstance(schema, dict) else None)
    # A registry of one's own retrieves nothing; with $schema, jsonschema would take its own class for the root.
    return kind(schema, registry=Registry(), format_checker=FormatChecker())


@lru_cache(16)
def _kind(draft: str | None) -> Any:
    """Return jsonschema's class for a draft, with patterns that cannot keep it busy for years."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend, validator_for

    def pattern(validator: Any, wanted: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "string") and not _matches(wanted, instance):
            yield ValidationError(f"{instance!r} does not match {wanted!r}")

    def pattern_properties(validator: Any, wanted: dict, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "object"):
            for one, inner in wanted.items():
                for name in filter(lambda name: _matches(one, name), instance):
                    yield from validator.descend(instance[name], inner, path=name, schema_path=one)

    own = {"pattern": pattern, "patternProperties": pattern_properties}
    return extend(validator_for({"$schema": draft} if draft else {}, default=Draft202012Validator), own)
