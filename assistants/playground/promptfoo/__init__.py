"""The common subset of promptfoo's configuration, as requests of the playground; what else is in one is named.

    reader.py      the files of a suite, and what in them is refused, with file and line
    writing.py     what templates and values come to as text
    prompts.py     prompts
    providers.py   models, parameters and connections
    cases.py       tests, tables and variables
    assertions.py  checks

Written from promptfoo's documentation and held against its verdicts (tests/playground/parity). Where it would run code
or reach files elsewhere, a suite is refused; so is an option that would change what is asked or checked. Knows nothing
about how requests are run.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistants.connections import Connection
from assistants.errors import InvalidInput
from assistants.playground.promptfoo.assertions import Assertions
from assistants.playground.promptfoo.cases import Case, Cases
from assistants.playground.promptfoo.prompts import PREFIX, SUFFIX, framed, read_prompts
from assistants.playground.promptfoo.providers import Providers
from assistants.playground.promptfoo.reader import Place, Reader
from assistants.playground.request import MAX_CHECKS

KNOWN = {"description", "prompts", "providers", "targets", "tests", "defaultTest", "env", "evaluateOptions",
         "commandLineOptions", "$schema", "tags"}  # fmt: skip
# They say where a report goes and how fast it comes, and nothing of what is in it.
UNUSED = {"outputPath", "sharing", "writeLatestResults", "metadata"}
UNUSED_OPTIONS = {
    "maxConcurrency", "delay", "showProgressBar", "progressBar", "cache", "table", "tableCellMaxLength", "verbose",
    "share", "write", "output", "description", "watch",
}  # fmt: skip
MAX_REPEATS = 20

Config = dict[str, Any]
Data = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What a configuration asks for; ``unused`` are its options that have no effect here."""

    requests: list[Data]
    connections: list[Connection]
    unused: list[str]


def is_config(data: Any) -> bool:
    """Say whether a file is promptfoo's."""
    return isinstance(data, dict) and bool(data.keys() & {"providers", "targets", "tests", "defaultTest"})


def read(config: Config, path: Path) -> Found:
    """Return what the configuration in the file ``path`` asks for; raises ``InvalidInput`` that names what is wrong."""
    reader, place = Reader(path.parent), Place(path.name)
    reader.refuse_others(place, config, KNOWN | UNUSED, "")
    reader.unused |= dict.fromkeys(sorted(UNUSED & config.keys()))
    providers = Providers(reader, _environment(config, reader, place))
    models = providers.read(*_models(config, reader, place))
    prompts = read_prompts(config["prompts"], reader, place.at("prompts")) if config.get("prompts") else []
    cases = Cases(reader, providers).read(config, place)
    repeats = _repeats(config, reader, place)
    rows = [case.row for case in cases]
    if any(PREFIX in row for row in rows):
        prompts = framed(prompts, reader, place.at("prompts"))
        rows = [{PREFIX: "", SUFFIX: "", **row} for row in rows]
    evaluators = _evaluators(cases, Assertions(reader, providers))
    reader.check()
    if not prompts:
        raise InvalidInput("prompts", "{field} is missing.")
    shared: Data = {"prompts": prompts, "rows": rows, "evaluators": evaluators, "repeats": repeats}
    return Found([shared | one for one in _grouped(models)], providers.connections, list(reader.unused))


def _models(config: Config, reader: Reader, place: Place) -> tuple[Any, Place]:
    if config.get("providers") is not None and config.get("targets") is not None:
        reader.refuse(place.at("targets"), "targets beside providers")
    name = "targets" if config.get("providers") is None else "providers"
    return config.get(name), place.at(name)


def _environment(config: Config, reader: Reader, place: Place) -> dict[str, str]:
    said = config.get("env") or {}
    if not isinstance(said, dict) or not all(isinstance(one, str | int | float) for one in said.values()):
        reader.refuse(place.at("env"), "env that is no map of texts")
        return {}
    return {name: json.dumps(one) if isinstance(one, bool) else str(one) for name, one in said.items()}


def _repeats(config: Config, reader: Reader, place: Place) -> int:
    """Return how often each test is run, as the options say; what else these say is refused, or has no effect."""
    repeats = 1
    for name in ("commandLineOptions", "evaluateOptions"):
        options, where = config.get(name) or {}, place.at(name)
        if not isinstance(options, dict):
            reader.refuse(where, f"{name} that is no map")
            continue
        reader.refuse_others(where, options, UNUSED_OPTIONS | {"repeat"}, f"{name}:")
        reader.unused |= dict.fromkeys(f"{name}: {option}" for option in sorted(UNUSED_OPTIONS & options.keys()))
        if "repeat" in options:
            repeats = options["repeat"]
        if not isinstance(repeats, int) or isinstance(repeats, bool) or not 1 <= repeats <= MAX_REPEATS:
            reader.refuse(where.at("repeat"), f"repeat {str(repeats)[:20]} (1 to {MAX_REPEATS})")
            repeats = 1
    return repeats


def _evaluators(cases: Sequence[Case], assertions: Assertions) -> list[Data]:
    """Return each different assertion once, with the rows that it is for."""
    evaluators: dict[str, Data] = {}
    if sum(len(case.asserted) for case in cases) > MAX_CHECKS:
        raise InvalidInput("assert", "The suite has more than {limit} assertions.", limit=MAX_CHECKS)
    for number, case in enumerate(cases):
        for place, wanted in case.asserted:
            if evaluator := assertions.read(wanted, place, case.row, case.judge):
                key = json.dumps(evaluator, sort_keys=True)
                evaluators.setdefault(key, evaluator | {"rows": []})["rows"].append(number)
    return list(evaluators.values())


def _grouped(models: Sequence[tuple[str, Data]]) -> list[Data]:
    """Return what each matrix has of its own: models that have the same parameters make one."""
    groups: dict[str, tuple[Data, list[str]]] = {}
    for model, params in models:
        groups.setdefault(json.dumps(params, sort_keys=True), (params, []))[1].append(model)
    return [{"params": params, **({"models": names} if names != [""] else {})} for params, names in groups.values()]
