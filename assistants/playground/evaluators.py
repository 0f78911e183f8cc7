"""The checks of an answer that need no model: each says what is the case in one sentence, and whether that is well.

Knows texts, JSON, labels, lengths and costs; what needs a model is in ``judging``. A check that cannot be made (a
pattern that would take for ever, nothing to compare with) passes nobody and fails nobody, and says why.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistants import bounded
from assistants.engines import controls, validation
from assistants.engines.constraints import pattern_cause
from assistants.engines.matching import MATCH_SECONDS, NO_JSON
from assistants.errors import InvalidInput, StudioError
from assistants.playground.plan import EXPECTED, filled
from assistants.playground.request import MAX_VALUE, Evaluator
from assistants.store.documents import count
from prompts.library import VARIABLE

SHOWN = 120

# What takes a list of texts, alone or as well as one text.
LISTS_ONLY = ("words_absent", "label")
LISTS = (*LISTS_ONLY, "contains", "contains_any")
TEXTS_NEEDED = "{field} must be a list of 1 to 200 texts."
TEXT_NEEDED = "{field} must be text."
NEED_VALUE = ("regex", "words_absent", "json_schema", "length", "latency", "cost", "judge", "preferred")
# Those that need a model, and are in ``judging``.
BY_MODEL = ("similar", "judge", "preferred")
JUDGES = ("judge", "preferred")
# The last are what stands between spaces, as promptfoo counts words.
UNITS = ("words", "characters", "spaced")


@dataclass(frozen=True)
class Answer:
    """What is checked: a text, how it came about, and the row that it is for."""

    text: str
    row: Mapping[str, str]
    seconds: float = 0
    cost: float | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a check found, as a sentence; ``passed`` is None where it could not be made.

    ``label`` is the label that was understood, empty where there was none, and None where none was looked for.
    """

    passed: bool | None
    template: str
    values: dict[str, Any]
    score: float | None = None
    label: str | None = None


def found(passed: bool | None, template: str, score: float | None = None, /, **values: Any) -> Finding:
    """Return a finding."""
    return Finding(passed, template, values, score)


def of_error(error: StudioError) -> Finding:
    """Return the finding that a check could not be made."""
    told = error.as_dict()
    return Finding(None, told["template"], told["values"])


NOTHING_EXPECTED = found(None, "There is nothing to compare it with: the row does not say what is expected.")


def evaluate(evaluator: Evaluator, answer: Answer) -> Finding:
    """Check an answer by anything but a model."""
    try:
        wanted = wish(evaluator, answer.row)
        if wanted is None and evaluator.type != "json" and evaluator.type != "contains_json":
            return NOTHING_EXPECTED
        return negated(evaluator, KINDS[evaluator.type](evaluator, wanted, answer))
    except bounded.OverBudget:
        return found(None, "This check takes more time or memory than it may, so it was given up.")
    except InvalidInput as error:
        return of_error(error)


def negated(evaluator: Evaluator, finding: Finding) -> Finding:
    """Turn a finding round where the check asks for the contrary; its sentence stays true."""
    if not evaluator.negated or finding.passed is None:
        return finding
    return replace(finding, passed=not finding.passed)


def wish(evaluator: Evaluator, row: Mapping[str, str]) -> Any:
    """Return what a check asks for in a row: its value with the row's variables, else what the row expects."""
    value = evaluator.value
    if value is None or evaluator.type == "label":
        return row.get(EXPECTED)
    if isinstance(value, str):
        return filled(value, row)
    if isinstance(value, list):
        return [filled(one, row) for one in value]
    return value


# One function a kind


def _equals(evaluator: Evaluator, wanted: str, answer: Answer) -> Finding:
    if _folded(evaluator, answer.text) == _folded(evaluator, wanted):
        return found(True, 'It is "{wanted}".', wanted=short(wanted))
    return found(False, 'It is not "{wanted}".', wanted=short(wanted))


def _contains(evaluator: Evaluator, wanted: str | list[str], answer: Answer) -> Finding:
    text, all_wanted = _folded(evaluator, answer.text), [wanted] if isinstance(wanted, str) else wanted
    missing = [one for one in all_wanted if _folded(evaluator, one) not in text]
    if missing:
        return found(False, 'It does not contain "{wanted}".', wanted=listed(missing))
    return found(True, 'It contains "{wanted}".', wanted=listed(all_wanted))


def _contains_any(evaluator: Evaluator, wanted: str | list[str], answer: Answer) -> Finding:
    text, some_wanted = _folded(evaluator, answer.text), [wanted] if isinstance(wanted, str) else wanted
    for one in some_wanted:
        if _folded(evaluator, one) in text:
            return found(True, 'It contains "{wanted}".', wanted=short(one))
    return found(False, "It contains none of these: {wanted}.", wanted=listed(some_wanted))


def _regex(evaluator: Evaluator, wanted: str, answer: Answer) -> Finding:
    result = validation.search(wanted, answer.text, evaluator.ignore_case)
    if "slow" in result:
        template = "The regular expression {pattern} needs more than {seconds} seconds here, so it was given up."
        return found(None, template, pattern=short(wanted), seconds=MATCH_SECONDS)
    if "cause" in result:
        return found(None, "{pattern} is no regular expression: {cause}.", pattern=short(wanted), cause=result["cause"])
    if result["found"]:
        return found(True, "It matches {pattern}.", pattern=short(wanted))
    return found(False, "It does not match {pattern}.", pattern=short(wanted))


def _starts_with(evaluator: Evaluator, wanted: str, answer: Answer) -> Finding:
    if _folded(evaluator, answer.text).startswith(_folded(evaluator, wanted)):
        return found(True, 'It starts with "{wanted}".', wanted=short(wanted))
    return found(False, 'It does not start with "{wanted}".', wanted=short(wanted))


def _ends_with(evaluator: Evaluator, wanted: str, answer: Answer) -> Finding:
    if _folded(evaluator, answer.text).endswith(_folded(evaluator, wanted)):
        return found(True, 'It ends with "{wanted}".', wanted=short(wanted))
    return found(False, 'It does not end with "{wanted}".', wanted=short(wanted))


def _words_absent(evaluator: Evaluator, wanted: list[str], answer: Answer) -> Finding:
    for word in wanted:
        if mentions(answer.text, word):
            return found(False, 'It says "{word}", which is forbidden.', word=short(word))
    return found(True, "It says none of the forbidden words.")


def _json(evaluator: Evaluator, wanted: dict[str, Any] | None, answer: Answer) -> Finding:
    cause = validation.problem("json_schema", wanted or {}, answer.text.strip())
    if not cause:
        return found(True, "It is valid JSON and keeps to the schema." if wanted else "It is valid JSON.")
    if cause == NO_JSON:
        return found(False, "It is not valid JSON.")
    return found(False, "It does not keep to the schema: {problem}.", problem=short(cause))


def _contains_json(evaluator: Evaluator, wanted: dict[str, Any] | None, answer: Answer) -> Finding:
    if validation.contains(wanted or {}, answer.text):
        return found(True, "There is valid JSON in it.")
    return found(False, "There is no valid JSON in it.")


def _label(evaluator: Evaluator, wanted: str, answer: Answer) -> Finding:
    labels = tuple(evaluator.value or answer.labels or (wanted,))
    said = label_in(answer.text, labels)
    if said is None:
        template, values = "It names none of the labels; {wanted} is right.", {"wanted": short(wanted)}
        return Finding(False, template, values, label="")
    passed = said.casefold() == wanted.strip().casefold()
    template = "It says {label}." if passed else "It says {label}; {wanted} is right."
    values = {"label": short(said)} if passed else {"label": short(said), "wanted": short(wanted)}
    return Finding(passed, template, values, label=said)


def _length(evaluator: Evaluator, wanted: Any, answer: Answer) -> Finding:
    limits = wanted if isinstance(wanted, dict) else {"max": wanted}
    sizes = {"words": count, "characters": len, "spaced": lambda text: len(text.split())}
    unit = limits.get("unit", UNITS[0])
    size = sizes[unit](answer.text)
    passed = limits.get("min", 0) <= size <= limits.get("max", size)
    return found(passed, "It has {count} characters." if unit == "characters" else "It has {count} words.", count=size)


def _latency(evaluator: Evaluator, wanted: float, answer: Answer) -> Finding:
    template = "It took {seconds} seconds; wanted are at most {limit}."
    return found(answer.seconds <= wanted, template, seconds=round(answer.seconds, 3), limit=wanted)


def _cost(evaluator: Evaluator, wanted: float, answer: Answer) -> Finding:
    if answer.cost is None:
        return found(None, "What it costs is not known: the request gives no price for this model.")
    return found(answer.cost <= wanted, "It cost {cost}; wanted is at most {limit}.", cost=answer.cost, limit=wanted)


KINDS: dict[str, Callable[[Evaluator, Any, Answer], Finding]] = {
    "equals": _equals,
    "contains": _contains,
    "contains_any": _contains_any,
    "regex": _regex,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "words_absent": _words_absent,
    "json": _json,
    "json_schema": _json,
    "contains_json": _contains_json,
    "label": _label,
    "length": _length,
    "latency": _latency,
    "cost": _cost,
}


# Words and labels


def mentions(text: str, words: str) -> bool:
    """Say whether a text has these words as words, whatever their case; Chinese has no spaces to go by."""
    pattern = re.escape(words.casefold())
    edged = re.sub(r"^(?=\w)|(?<=\w)$", lambda _: r"\b", pattern) if words.isascii() else pattern
    return re.search(edged, text.casefold()) is not None


def label_in(text: str, labels: Iterable[str]) -> str | None:
    """Return the label that a text says: the one it is, else the one that it names first, the longest of those."""
    plain = text.strip().strip("\"'`*.,:;!?。！，：；“”").casefold()
    by_name = {label.casefold(): label for label in labels}
    if plain in by_name:
        return by_name[plain]
    folded, places = text.casefold(), []
    for name, label in by_name.items():
        edged = rf"(?<!\w){re.escape(name)}(?!\w)" if name.isascii() else re.escape(name)
        if match := re.search(edged, folded):
            places.append((match.start(), -len(name), label))
    return min(places)[2] if places else None


def listed(texts: Sequence[str]) -> str:
    """Return a few texts in one line."""
    return short(", ".join(texts))


def short(text: Any) -> str:
    """Return a text as it fits into a sentence."""
    line = " ".join(str(text).split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _folded(evaluator: Evaluator, text: str) -> str:
    return text.casefold() if evaluator.ignore_case else text


# At the door


def check(evaluators: Sequence[Evaluator], rows: Sequence[Mapping[str, str]]) -> None:
    """Raise ``InvalidInput`` for an evaluator whose value cannot be, or that names a variable that a row lacks."""
    for number, evaluator in enumerate(evaluators):
        field = f"evaluators.{number}"
        if any(row >= len(rows) for row in evaluator.rows or ()):
            raise InvalidInput(f"{field}.rows", "{field} names a row that is not there.")
        if evaluator.value is None and evaluator.type in NEED_VALUE:
            raise InvalidInput(f"{field}.value", "{field} is missing.")
        if evaluator.value is not None:
            _check_value(evaluator, f"{field}.value")
        for row_number, row in enumerate(rows):
            if evaluator.rows is not None and row_number not in evaluator.rows:
                continue
            if missing := [name for name in variables(evaluator.value) if name not in row]:
                template = "Row {row} has no value for {names}, which an evaluator needs."
                raise InvalidInput(field, template, row=row_number + 1, names=", ".join(missing))


def _check_value(evaluator: Evaluator, field: str) -> None:
    value, kind = evaluator.value, evaluator.type
    if kind in ("json", "json_schema", "contains_json"):
        if not isinstance(value, dict):
            raise InvalidInput(field, "{field} must be a JSON schema.")
        controls.check_schema(value, field)
    elif kind == "length":
        _check_limits(value, field)
    elif kind in ("latency", "cost"):
        if not is_number(value) or value < 0:
            raise InvalidInput(field, "{field} must be a number.")
    elif isinstance(value, list):
        is_texts = all(isinstance(one, str) and 0 < len(one) <= MAX_VALUE for one in value)
        if kind not in LISTS or not is_texts or not 0 < len(value) <= 200:
            raise InvalidInput(field, TEXTS_NEEDED if kind in LISTS else TEXT_NEEDED)
    elif not isinstance(value, str) or len(value) > MAX_VALUE or kind in LISTS_ONLY:
        raise InvalidInput(field, TEXTS_NEEDED if kind in LISTS_ONLY else TEXT_NEEDED)
    elif kind == "regex" and not variables(value):
        _check_pattern(value, field)


def _check_limits(value: Any, field: str) -> None:
    limits = value if isinstance(value, dict) else {"max": value}
    is_known = limits.keys() <= {"min", "max", "unit"} and limits.get("unit", UNITS[0]) in UNITS
    numbers = [limits[name] for name in ("min", "max") if name in limits]
    if not is_known or not numbers or not all(is_number(one) and one >= 0 for one in numbers):
        template = (
            "{field} must be a number of words, or an object with min, max and unit (words, characters or spaced)."
        )
        raise InvalidInput(field, template)


def _check_pattern(pattern: str, field: str) -> None:
    if cause := bounded.call(pattern_cause, pattern, field=field):
        raise InvalidInput(field, "{field} is no regular expression: {cause}.", cause=cause)


def is_number(value: Any) -> bool:
    """Say whether a value is a number and not a truth."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def variables(value: Any) -> list[str]:
    """Return the variables that an evaluator's value names."""
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return list(dict.fromkeys(name for text in texts if isinstance(text, str) for name in VARIABLE.findall(text)))
