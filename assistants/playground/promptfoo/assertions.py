"""The assertions of a suite as evaluators; one that could pass without a check is refused.

Knows what each kind takes; knows nothing about tests.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from assistants.errors import InvalidInput
from assistants.playground.promptfoo.providers import Providers
from assistants.playground.promptfoo.reader import DATA, FILE, Place, Reader
from assistants.playground.promptfoo.writing import as_text, plain, put_in
from assistants.playground.yaml12 import read_yaml

KNOWN = {"type", "value", "threshold", "metric", "provider"}
# Our type of each assertion; those that begin with i look at no case.
TYPES = {
    "equals": "equals", "contains": "contains", "contains-all": "contains", "contains-any": "contains_any",
    "starts-with": "starts_with", "regex": "regex", "is-json": "json", "contains-json": "contains_json",
    "similar": "similar", "llm-rubric": "judge", "latency": "latency", "cost": "cost", "word-count": "length",
    "icontains": "contains", "icontains-all": "contains", "icontains-any": "contains_any",
}  # fmt: skip
# Those that there are beside these: what a table's cell begins with is one of them, or a text.
OTHERS = (
    "agent-rubric", "answer-relevance", "assert-set", "bleu", "classifier", "contains-html", "contains-sql",
    "contains-xml", "context-faithfulness", "context-recall", "context-relevance", "conversation-relevance",
    "factuality", "finish-reason", "g-eval", "gleu", "guardrails", "human", "is-html", "is-refusal", "is-sql",
    "is-valid-function-call", "is-valid-openai-function-call", "is-valid-openai-tools-call", "is-xml", "javascript",
    "levenshtein", "max-score", "meteor", "model-graded-closedqa", "model-graded-factuality", "moderation",
    "perplexity", "perplexity-score", "pi", "python", "rouge-n", "ruby", "search-rubric", "select-best",
    "similar:cosine", "similar:dot", "similar:euclidean", "skill-used", "tool-call-f1", "trace-error-spans",
    "trace-span-count", "trace-span-duration", "trajectory:goal-success", "trajectory:step-count",
    "trajectory:tool-args-match", "trajectory:tool-sequence", "trajectory:tool-used", "webhook", "word-count",
)  # fmt: skip
ALIASES = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric"}
NAMES = "|".join(map(re.escape, sorted({*TYPES, *OTHERS, *ALIASES}, key=len, reverse=True)))
TYPED = re.compile(rf"(not-)?({NAMES})(?:\(([^()]*)\))?(?::(.*))?", re.DOTALL)
CODE = re.compile(r"file://\S+\.(?:[cm]?[jt]s|py|rb)(?::\w+)?")
LISTS = ("contains-all", "contains-any", "icontains-all", "icontains-any")
SCHEMAS = ("is-json", "contains-json")
WITH_THRESHOLD = ("similar", "latency", "cost")
# Where the text is one, and where a number will do, too.
TEXTS, PRINTED = ("starts-with", "regex", "similar", "llm-rubric"), ("contains", "icontains")
# How like an answer must be to what a table's cell says, if that does not say.
ALIKE_IN_TABLE = 0.8
CELL = re.compile(r'\s*(?:"((?:[^"\\]|""|\\.)*)"\s*(?=,|$)|([^,"][^,]*)|(?=,|$))(?:,|$)', re.DOTALL)
ESCAPED = re.compile(r'""|\\(["\\])')

Data = dict[str, Any]


def in_cell(text: str) -> Data:
    """Return the assertion that a cell of a table is: ``type: value``, ``type(threshold): value``, or the answer."""
    text = text.strip()
    if CODE.fullmatch(text):
        return {"type": "python" if ".py" in text else "javascript", "value": text}
    typed = TYPED.fullmatch(text)
    if not typed:
        return {"type": "equals", "value": text}
    negation, kind, threshold, value = typed.groups()
    found: Data = {"type": (negation or "") + ALIASES.get(kind, kind)}
    if value is not None:
        found["value"] = value.strip()
    if threshold is not None:
        found["threshold"] = number(threshold)
    elif kind == "similar":
        found["threshold"] = ALIKE_IN_TABLE
    return found


def number(text: str) -> float | str:
    """Return the number that a cell is, or else its text, which will be refused."""
    try:
        return float(text)
    except ValueError:
        return text


class Refused(Exception):
    """An assertion cannot be made here; says what of it."""


class Assertions:
    """Makes evaluators of the assertions of one suite."""

    def __init__(self, reader: Reader, providers: Providers) -> None:
        self._reader = reader
        self._providers = providers

    def read(self, wanted: Any, place: Place, row: Mapping[str, str], judge: str | None) -> Data | None:
        """Return the evaluator for a test with these values, or None where it is refused.

        ``judge`` is the model that the test names for rubrics.
        """
        try:
            return self._evaluator(wanted, place, row, judge)
        except Refused as error:
            self._reader.refuse(place, str(error))
        return None

    def _evaluator(self, wanted: Any, place: Place, row: Mapping[str, str], judge: str | None) -> Data:
        if not isinstance(wanted, dict) or not isinstance(wanted.get("type"), str):
            raise Refused("an assertion without a type")
        kind = wanted["type"]
        bare = kind.removeprefix("not-")
        if bare not in TYPES:
            raise Refused(f"assertion {kind}")
        if others := [name for name in wanted if name not in KNOWN]:
            raise Refused(f"{kind} with {others[0]}")
        metric = wanted.get("metric") or kind
        if not isinstance(metric, str):
            raise Refused(f"{kind} with a metric that is no text")
        evaluator: Data = {"name": put_in(metric, row)[:200], "type": TYPES[bare]}
        if "threshold" in wanted:
            evaluator |= _threshold(kind, bare, wanted["threshold"])
        elif bare in ("latency", "cost"):
            raise Refused(f"{kind} without a threshold")
        evaluator |= self._valued(kind, bare, wanted, row)
        if bare.startswith("icontains"):
            evaluator["ignore_case"] = True
        if model := self._judge(kind, bare, wanted, place) or (judge if bare == "llm-rubric" else None):
            evaluator["model"] = model
        return evaluator | ({"not": True} if kind != bare else {})

    def _judge(self, kind: str, bare: str, wanted: Data, place: Place) -> str | None:
        provider = wanted.get("provider")
        if provider is None:
            return None
        if bare != "llm-rubric" or not isinstance(provider, str):
            raise Refused(f"{kind} with provider")
        return self._providers.named(provider, place.at("provider"))

    def _valued(self, kind: str, bare: str, wanted: Data, row: Mapping[str, str]) -> Data:
        """Return the value of an assertion as an evaluator has it."""
        if bare in ("latency", "cost"):
            if wanted.get("value") not in (None, ""):
                raise Refused(f"{kind} with value")
            return {}
        value = self._loaded(kind, wanted["value"]) if "value" in wanted else MISSING
        if bare == "equals":
            return _equals(kind, value)
        if bare in SCHEMAS:
            return _schema(kind, value)
        if bare in LISTS:
            return {"value": [_written(kind, one) for one in _texts(kind, value)]}
        if bare == "word-count":
            return {"value": _counted(kind, put_in(value, row) if isinstance(value, str) else value)}
        allowed = (str, int, float) if bare in PRINTED else (str,)
        if not isinstance(value, allowed) or isinstance(value, bool) or value == "":
            raise Refused(f"{kind} without a text")
        return {"value": _written(kind, value)}

    def _loaded(self, kind: str, value: Any) -> Any:
        """Return a value, or what its file holds."""
        if not isinstance(value, str) or not value.startswith(FILE):
            return value
        if value.endswith(DATA):
            return self._reader.data(value)[1]
        if value.endswith(".txt"):
            return self._reader.text(value).strip()
        raise Refused(f"{kind} with {value}")


MISSING: Any = object()


def _threshold(kind: str, bare: str, threshold: Any) -> Data:
    is_number = isinstance(threshold, int | float) and not isinstance(threshold, bool) and math.isfinite(threshold)
    if bare not in WITH_THRESHOLD:
        raise Refused(f"{kind} with threshold")
    if not is_number or threshold < 0 or (bare == "similar" and threshold > 1):
        raise Refused(f"{kind} with threshold {str(threshold)[:40]}")
    if bare == "similar":
        return {"threshold": float(threshold)}
    return {"value": threshold / 1000 if bare == "latency" else threshold}


def _written(kind: str, value: Any) -> str:
    text = as_text(value)
    if text is None:
        raise Refused(f"{kind} with a map for a value")
    written, logic = plain(text)
    if logic:
        raise Refused(f"template logic {logic}")
    return written


def _equals(kind: str, value: Any) -> Data:
    if value is MISSING:
        raise Refused(f"{kind} without a value")
    if value is None or isinstance(value, dict | list):
        return {"type": "json", "value": {"const": value}}
    return {"value": _written(kind, value)}


def _schema(kind: str, value: Any) -> Data:
    if isinstance(value, str) and value.strip():
        if plain(value)[1] or "{{" in value:
            raise Refused(f"{kind} with variables in its schema")
        try:
            value = read_yaml(value, "value")
        except InvalidInput as error:
            raise Refused(f"{kind} with a schema that cannot be read") from error
    if value is MISSING or value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{kind} with a value that is no schema")
    return {"value": value} if value else {}


def _texts(kind: str, value: Any) -> list[Any]:
    if isinstance(value, str):
        return _comma_separated(kind, value)
    if not isinstance(value, list) or not value or any(one in ("", None) for one in value):
        raise Refused(f"{kind} without a list of texts")
    return value


def _comma_separated(kind: str, text: str) -> list[str]:
    found, start = [], 0
    while start < len(text) and (cell := CELL.match(text, start)):
        quoted, bare = cell.groups()
        found.append(ESCAPED.sub(lambda one: one[1] or '"', quoted) if quoted is not None else (bare or "").strip())
        start = cell.end()
    texts = [one for one in found if one]
    if start < len(text) or not texts:
        raise Refused(f"{kind} without a list of texts")
    return texts


def _counted(kind: str, value: Any) -> Data:
    """Return between how many words an answer must have."""
    limits: Callable[[Any], Any] = lambda one: number(one) if isinstance(one, str) else one  # noqa: E731
    said = value if isinstance(value, dict) else {"min": limits(value), "max": limits(value)}
    numbers = [said[name] for name in ("min", "max") if name in said]
    is_right = numbers and said.keys() <= {"min", "max"} and all(
        isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) and one >= 0
        for one in numbers
    )  # fmt: skip
    if not is_right or numbers[0] > numbers[-1]:
        raise Refused(f"{kind} without a number of words")
    return said | {"unit": "spaced"}
