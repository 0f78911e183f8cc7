"""The common subset of promptfoo's configuration, as requests of the playground; what else is in one is named.

Written from promptfoo's documentation and held against its verdicts (tests/playground/promptfoo). Where it would run
code or reach files elsewhere, a suite is refused. Knows nothing about how requests are run.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from assistants.connections import OPENAI_URL, Connection
from assistants.errors import InvalidInput
from assistants.playground.tables import load_csv
from assistants.playground.yaml12 import read_yaml

KNOWN = {"description", "prompts", "providers", "targets", "tests", "defaultTest", "$schema", "outputPath", "env",
         "evaluateOptions", "commandLineOptions", "tags"}  # fmt: skip
KNOWN_OF_TEST = {"description", "vars", "assert", "metadata"}
KNOWN_OF_ASSERT = {"type", "value", "threshold", "metric", "provider"}
# promptfoo's name of each parameter: ours.
PARAMS = {
    "temperature": "temperature", "max_tokens": "max_tokens", "max_completion_tokens": "max_tokens", "top_p": "top_p",
    "seed": "seed", "stop": "stop", "top_k": "top_k",
}  # fmt: skip
KNOWN_OF_CONFIG = {*PARAMS, "apiBaseUrl", "apiHost", "apiKey", "apiKeyEnvar"}
# Our type of each assertion; those that begin with i look at no case.
TYPES = {
    "equals": "equals", "contains": "contains", "contains-all": "contains", "contains-any": "contains_any",
    "starts-with": "starts_with", "regex": "regex", "is-json": "json", "contains-json": "contains_json",
    "similar": "similar", "llm-rubric": "judge", "latency": "latency", "cost": "cost", "word-count": "length",
    "icontains": "contains", "icontains-all": "contains", "icontains-any": "contains_any",
}  # fmt: skip
LISTS = ("contains-all", "contains-any", "icontains-all", "icontains-any")
SPACED = re.compile(r"\{\{-?\s*([^\W\d]\w*)\s*-?\}\}")
ENVIRONMENT = re.compile(r"\{\{\s*env\.(\w+)\s*\}\}")
LOGIC = re.compile(r"\{%.*?%\}|\{\{[^}]*[|(][^}]*\}\}", re.DOTALL)
BREAK = re.compile(r"^---\s*$", re.MULTILINE)
FILE = "file://"
EXPECTED = "__expected"

Config = dict[str, Any]
Data = dict[str, Any]


def is_config(data: Any) -> bool:
    """Say whether a file is promptfoo's."""
    return isinstance(data, dict) and bool(data.keys() & {"providers", "targets", "tests", "defaultTest"})


def read(config: Config, folder: Path) -> tuple[list[Data], list[Connection]]:
    """Return the requests and connections of a configuration, whose files lie in ``folder``.

    Raises ``InvalidInput`` that names all that is not supported.
    """
    strange = sorted(name for name in config if name not in KNOWN)
    tests = list(_tests(config, folder, strange))
    providers, connections = _providers(config, strange)
    prompts = [prompt for one in _listed(config.get("prompts", [])) for prompt in _prompts(one, folder, strange)]
    rows, evaluators = _table(tests, strange)
    if strange:
        names = ", ".join(dict.fromkeys(strange))
        raise InvalidInput("promptfoo", "This suite needs what is not supported here: {names}.", names=names)
    if not prompts:
        raise InvalidInput("prompts", "{field} is missing.")
    shared: Data = {"prompts": prompts, "rows": rows, "evaluators": evaluators}
    # Models that have the same parameters make one matrix.
    groups: dict[str, tuple[Data, list[str]]] = {}
    for model, params in providers:
        groups.setdefault(json.dumps(params, sort_keys=True), (params, []))[1].append(model)
    named = [{"params": params, **({"models": models} if models != [""] else {})} for params, models in groups.values()]
    return [shared | one for one in named], connections


# Prompts


def _prompts(prompt: Any, folder: Path, strange: list[str]) -> Iterator[Data]:
    label = ""
    if isinstance(prompt, dict):
        label, prompt = str(prompt.get("label") or ""), prompt.get("raw") or prompt.get("id") or ""
    text = str(prompt)
    path = folder / text.removeprefix(FILE)
    if text.startswith(FILE) or (len(text) < 200 and "\n" not in text and path.suffix and path.is_file()):
        if path.suffix not in (".txt", ".md", ".json", ".yaml", ".yml"):
            strange.append(f"prompt {text}")
            return
        whole = _text(path, folder)
        pieces = [whole] if path.suffix in (".json", ".yaml", ".yml") else BREAK.split(whole)
    else:
        pieces = [text]
    for piece in filter(str.strip, pieces):
        messages = [
            {"role": str(one["role"]), "content": _variables(str(one["content"]), strange)} for one in _messages(piece)
        ]
        yield {"name": (label or " ".join(piece.split()))[:80], "messages": messages}


def _messages(text: str) -> list[Data]:
    """Return the messages of a prompt: those that it is as JSON or YAML, else the one that a user says."""
    if text.lstrip().startswith(("[", "- role:")):
        try:
            found = read_yaml(text, "prompts")
        except InvalidInput:
            found = None
        if isinstance(found, list) and all(
            isinstance(one, dict) and {"role", "content"} <= one.keys() for one in found
        ):
            return found
    return [{"role": "user", "content": text.strip()}]


def _variables(text: str, strange: list[str]) -> str:
    """Return a text with its variables as they are written here."""
    if logic := LOGIC.search(text):
        strange.append(f"template logic {logic[0][:40]}")
    return SPACED.sub(r"{{\1}}", text)


# Providers


def _providers(config: Config, strange: list[str]) -> tuple[list[tuple[str, Data]], list[Connection]]:
    """Return each provider's model and parameters, and the connections that lead there; '' is the studio's model."""
    found: list[tuple[str, Data]] = []
    connections: dict[tuple[str, str], Connection] = {}
    for provider in _listed(config.get("providers", config.get("targets", []))):
        said = provider if isinstance(provider, dict) else {"id": provider}
        name, options = str(said.get("id")), {key: _put_in(one) for key, one in (said.get("config") or {}).items()}
        strange += [f"provider option {option}" for option in options if option not in KNOWN_OF_CONFIG]
        params = {PARAMS[option]: value for option, value in options.items() if option in PARAMS}
        if name == "echo":
            found.append(("echo:", params))
        elif name.startswith("openai:"):
            model = name.removeprefix("openai:").removeprefix("chat:")
            connection = _connection(options, connections)
            found.append((f"{connection.name}:{model}", params))
        elif re.match(r"(python|javascript|exec|https?|file|package|webhook|promptfoo)\b", name):
            strange.append(f"provider {name}")
        else:
            found.append((name, params))
    return found or [("", {})], list(connections.values())


def _put_in(value: Any) -> Any:
    """Return a text with what the environment says where it asks for that."""
    return ENVIRONMENT.sub(lambda found: os.environ.get(found[1], ""), value) if isinstance(value, str) else value


def _connection(options: Data, known: dict[tuple[str, str], Connection]) -> Connection:
    host = options.get("apiHost")
    url = options.get("apiBaseUrl") or (f"https://{host}/v1" if host else os.environ.get("OPENAI_BASE_URL", OPENAI_URL))
    key = str(options.get("apiKey") or os.environ.get(str(options.get("apiKeyEnvar") or "OPENAI_API_KEY"), ""))
    if (url, key) not in known:
        name = f"suite-{len(known) + 1}"
        known[url, key] = Connection(name=name, url=str(url), key=SecretStr(key) if key else None)
    return known[url, key]


# Tests


def _tests(config: Config, folder: Path, strange: list[str]) -> Iterator[Data]:
    """Yield the tests with what they all have in common; a list as a variable's value makes a test of each entry."""
    default = config.get("defaultTest") or {}
    if not isinstance(default, dict):
        strange.append("defaultTest in a file")
        default = {}
    for test in _loaded(config.get("tests") or [{}], folder, strange):
        for one in (default, test):
            strange += [f"test option {name}" for name in one if name not in KNOWN_OF_TEST]
        values = {**(default.get("vars") or {}), **(test.get("vars") or {})}
        lists = [value if isinstance(value, list) else [value] for value in values.values()]
        for combination in product(*lists):
            row = dict(zip(values, combination, strict=True))
            strange += [f"variable in {value}" for value in combination if str(value).startswith(FILE)]
            yield {"vars": row, "assert": [*(default.get("assert") or []), *(test.get("assert") or [])]}


def _loaded(tests: Any, folder: Path, strange: list[str]) -> Iterator[Data]:
    for test in _listed(tests):
        if isinstance(test, dict):
            yield test
        elif (path := folder / str(test).removeprefix(FILE)).suffix == ".csv":
            yield from map(_of_csv, load_csv(_text(path, folder)))
        elif path.suffix in (".yaml", ".yml", ".json"):
            yield from _loaded(read_yaml(_text(path, folder), path.name), folder, strange)
        else:
            strange.append(f"tests in {test}")


def _of_csv(row: dict[str, str]) -> Data:
    """Return the test of a line: its variables, and what it expects, as ``type: value`` or the answer itself."""
    expected = row.pop(EXPECTED, "")
    kind, separator, value = expected.partition(":")
    if not expected:
        return {"vars": row}
    if separator and kind.removeprefix("not-") in TYPES:
        return {"vars": row, "assert": [{"type": kind, "value": value.strip()}]}
    return {"vars": row, "assert": [{"type": "equals", "value": expected}]}


def _table(tests: Iterable[Data], strange: list[str]) -> tuple[list[dict[str, str]], list[Data]]:
    """Return the rows, and each different assertion once with the rows that it is for."""
    rows: list[dict[str, str]] = []
    evaluators: dict[str, Data] = {}
    for number, test in enumerate(tests):
        rows.append({str(name): _as_text(value) for name, value in test["vars"].items()})
        for wanted in test["assert"]:
            if evaluator := _evaluator(wanted, strange):
                key = json.dumps(evaluator, sort_keys=True)
                evaluators.setdefault(key, evaluator | {"rows": []})["rows"].append(number)
    return rows, list(evaluators.values())


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# Assertions


def _evaluator(wanted: Any, strange: list[str]) -> Data | None:
    if not isinstance(wanted, dict) or "type" not in wanted:
        strange.append("an assertion without a type")
        return None
    kind = str(wanted["type"])
    plain = kind.removeprefix("not-")
    others = [f"{kind} with {name}" for name in wanted if name not in KNOWN_OF_ASSERT]
    value = wanted.get("value")
    if plain not in TYPES or others or (isinstance(value, str) and value.startswith(FILE)):
        strange += others or [f"assertion {kind}" if plain not in TYPES else f"{kind} with {value}"]
        return None
    evaluator: Data = {"name": str(wanted.get("metric") or kind)[:200], "type": TYPES[plain]}
    evaluator |= _valued(plain, value, wanted.get("threshold"), strange)
    if plain.startswith("i") and plain != "is-json":
        evaluator["ignore_case"] = True
    if plain == "llm-rubric" and isinstance(wanted.get("provider"), str):
        evaluator["model"] = wanted["provider"]
    return evaluator | ({"not": True} if kind != plain else {})


def _valued(kind: str, value: Any, threshold: Any, strange: list[str]) -> Data:
    """Return the value and threshold of an assertion as an evaluator has them."""
    if kind in LISTS:
        return {"value": [_variables(_as_text(one), strange) for one in _comma_separated(value)]}
    if kind in ("is-json", "contains-json"):
        return {"value": read_yaml(value, "value") if isinstance(value, str) else value} if value else {}
    if kind == "equals" and isinstance(value, dict | list):
        return {"type": "json", "value": {"const": value}}
    if kind == "latency":
        return {"value": threshold / 1000 if isinstance(threshold, int | float) else threshold}
    if kind == "cost":
        return {"value": threshold}
    if kind == "word-count":
        return {"value": value if isinstance(value, dict) else {"min": float(value), "max": float(value)}}
    valued = {"value": _variables(_as_text(value), strange)}
    return valued | ({"threshold": float(threshold)} if kind == "similar" and threshold is not None else {})


def _comma_separated(value: Any) -> list[Any]:
    if not isinstance(value, str):
        return _listed(value)
    return [cell.strip() for cell in next(csv.reader(io.StringIO(value), skipinitialspace=True), []) if cell.strip()]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(path: Path, folder: Path) -> str:
    """Return the text of a file of the suite; what leads out of its folder is refused."""
    if folder.resolve() not in path.resolve().parents:
        raise InvalidInput("promptfoo", "{path} lies outside the suite's folder.", path=path.name)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidInput(path.name, "{field} cannot be read: {cause}.", cause=cause) from error
