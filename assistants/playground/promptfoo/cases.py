"""The tests of a suite: the values of each, what is put around the prompt, and what is asserted of the answer.

A list as a variable's value makes a test of each entry; a table makes one of each line. Knows promptfoo's columns and
options; knows nothing about what an assertion takes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from assistants.errors import InvalidInput
from assistants.playground.promptfoo.assertions import in_cell, number
from assistants.playground.promptfoo.prompts import PREFIX, SUFFIX
from assistants.playground.promptfoo.providers import Providers
from assistants.playground.promptfoo.reader import DATA, FILE, Place, Reader
from assistants.playground.promptfoo.writing import as_text, computed, pieces, put_in, resolved
from assistants.playground.request import MAX_ROWS
from assistants.playground.tables import numbered
from assistants.playground.yaml12 import read_yaml

KNOWN = {"description", "vars", "assert", "metadata", "options"}
KNOWN_OF_OPTIONS = {"prefix", "suffix", "provider", "disableVarExpansion", "disableDefaultAsserts"}
EXPECTED, METADATA, CONFIG = "__expected", "__metadata", "__config"
# What begins with one line less than it should.
MISSPELT = re.compile(
    r"_(expected\d*|prefix|suffix|description|providerOutput|metric|threshold|(metadata|config)(:.*)?)"
)
CONFIGURED = re.compile(rf"{CONFIG}:({EXPECTED}(?:[1-9]\d*)?):(.*)", re.DOTALL)
# What is no text, or runs.
NO_TEXT = re.compile(
    r"\.([cm]?[jt]s|py|rb|pdf|png|jpe?g|gif|webp|bmp|svg|tiff?|ico|avif|hei[cf]|mp[34]|m4a|wav|ogg|flac|webm|mov|avi|mkv)$",
    re.IGNORECASE,
)

Data = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One test: a row, and its assertions with their places; ``judge`` is the model for its rubrics."""

    row: dict[str, str]
    asserted: list[tuple[Place, Any]]
    judge: str | None


class Cases:
    """Reads the tests of one suite."""

    def __init__(self, reader: Reader, providers: Providers) -> None:
        self._reader = reader
        self._providers = providers

    def read(self, config: Data, place: Place) -> list[Case]:
        """Return all tests; raises ``InvalidInput`` where there are more than can be run."""
        default_place, default = place.at("defaultTest"), config.get("defaultTest") or {}
        if isinstance(default, str) and default.startswith(FILE) and default.endswith(DATA):
            default_place, default = self._reader.data(default)
        if not isinstance(default, dict):
            self._reader.refuse(default_place, "a defaultTest that is no map")
            default = {}
        self._look_over(default, default_place)
        cases: list[Case] = []
        for where, test in self._loaded(config.get("tests") or [{}], place.at("tests")):
            for case in self._cases(where, test, default_place, default):
                if len(cases) == MAX_ROWS:
                    raise InvalidInput("tests", "The suite has more than {limit} tests.", limit=MAX_ROWS)
                cases.append(case)
        return cases

    # Where tests stand

    def _loaded(self, tests: Any, place: Place) -> Iterator[tuple[Place, Data]]:
        for number_, test in enumerate(tests) if isinstance(tests, list) else [(None, tests)]:
            where = place if number_ is None else place.at(number_)
            if isinstance(test, dict):
                self._look_over(test, where)
                yield where, test
            elif not isinstance(test, str) or "*" in test or "://" in test.removeprefix(FILE):
                self._reader.refuse(where, f"tests in {str(test)[:80]}")
            elif test.endswith(".csv"):
                yield from self._in_table(test)
            elif test.endswith(".jsonl"):
                yield from self._in_lines(test, where)
            elif test.endswith(DATA):
                file, found = self._reader.data(test)
                if any(isinstance(one, str) for one in (found if isinstance(found, list) else [found])):
                    self._reader.refuse(file, "files of tests in a file of tests")
                else:
                    yield from self._loaded(found, file)
            else:
                self._reader.refuse(where, f"tests in {test}")

    def _in_lines(self, said: str, place: Place) -> Iterator[tuple[Place, Data]]:
        name = said.removeprefix(FILE)
        for line, text in enumerate(self._reader.text(said).split("\n"), 1):
            if text.strip():
                yield from self._loaded(read_yaml(text, f"{name}, line {line}"), Place(name, line=line))

    def _look_over(self, test: Data, place: Place) -> None:
        self._reader.refuse_others(place, test, KNOWN, "test option")
        options = test.get("options") or {}
        if not isinstance(options, dict):
            self._reader.refuse(place.at("options"), "test options that are no map")
        else:
            self._reader.refuse_others(place.at("options"), options, KNOWN_OF_OPTIONS, "test option")
        if test.get("metadata"):
            self._reader.unused["tests: metadata"] = None
        if not isinstance(test.get("assert") or [], list):
            self._reader.refuse(place.at("assert"), "assert that is no list")

    # Tables

    def _in_table(self, said: str) -> Iterator[tuple[Place, Data]]:
        name = said.removeprefix(FILE)
        text = self._reader.text(said)
        try:
            rows = list(numbered(text))
        except InvalidInput as error:
            raise InvalidInput(name, "{field}: {problem}", problem=error.as_dict()) from error
        for line, row in rows:
            place = Place(name, line=line)
            test = self._of_row(row, place)
            self._look_over(test, place)
            yield place, test

    def _of_row(self, row: Mapping[str, str], place: Place) -> Data:
        """Return the test of a line: its variables, and what its other columns say."""
        values, options = {}, {}
        asserted: dict[str, Data] = {}
        thresholds: dict[str, float | str] = {}
        for column, cell in row.items():
            if column.startswith(EXPECTED):
                asserted |= {column: in_cell(cell)} if cell.strip() else {}
            elif column in (PREFIX, SUFFIX):
                options[column.removeprefix("__")] = cell
            elif configured := CONFIGURED.fullmatch(column):
                if configured[2] != "threshold":
                    self._reader.refuse(place, f"column {column}")
                elif cell.strip():
                    thresholds[configured[1]] = number(cell)
            elif column.startswith(f"{METADATA}:") or column == METADATA:
                self._reader.unused[column] = None
            elif column in ("__metric", "__description"):
                pass
            elif column.startswith("__") or MISSPELT.fullmatch(column):
                # An empty one says nothing.
                if cell.strip() or not column.startswith("__"):
                    self._reader.refuse(place, f"column {column}")
            else:
                values[column] = cell
        for column, threshold in thresholds.items():
            of_all = column == EXPECTED and column not in asserted
            for one in asserted if of_all else {column} & asserted.keys():
                asserted[one]["threshold"] = threshold
        metric = row.get("__metric", "").strip()
        found = [one | ({"metric": metric} if metric else {}) for one in asserted.values()]
        return {"vars": values, "assert": found, "options": options}

    # One test

    def _cases(self, place: Place, test: Data, default_place: Place, default: Data) -> Iterator[Case]:
        options = {**_map(default.get("options")), **{k: v for k, v in _map(test.get("options")).items() if v != ""}}
        asserted = [(place.at("assert", n), one) for n, one in enumerate(_list(test.get("assert")))]
        if not options.get("disableDefaultAsserts"):
            by_default = enumerate(_list(default.get("assert")))
            asserted = [*((default_place.at("assert", n), one) for n, one in by_default), *asserted]
        judge = options.get("provider")
        if judge is not None and not isinstance(judge, str):
            self._reader.refuse(place.at("options", "provider"), "a provider of rubrics that is no name")
            judge = None
        model = self._providers.named(judge, place.at("options", "provider")) if judge else None
        values = {**self._values(default, default_place), **self._values(test, place)}
        for row in self._rows(values, place.at("vars"), expand=not options.get("disableVarExpansion")):
            framed = {f"__{name}": self._framing(name, options.get(name), row, place) for name in ("prefix", "suffix")}
            yield Case(row | (framed if any(framed.values()) else {}), asserted, model)

    def _framing(self, name: str, said: Any, row: Mapping[str, str], place: Place) -> str:
        if said is not None and not isinstance(said, str):
            self._reader.refuse(place.at("options", name), f"a {name} that is no text")
            return ""
        text = put_in(said or "", row)
        if any(piece.end is not None for piece in pieces(text)):
            self._reader.refuse(place.at("options", name), f"template logic in a {name}")
        return text

    def _values(self, test: Data, place: Place) -> Data:
        """Return the variables of a test, or those of the files that it names."""
        said = test.get("vars") or {}
        if isinstance(said, dict):
            return said
        values: Data = {}
        for name in said if isinstance(said, list) else [said]:
            found = self._reader.data(name)[1] if isinstance(name, str) and name.endswith(DATA) else None
            if not isinstance(found, dict):
                self._reader.refuse(place.at("vars"), f"vars in {str(name)[:80]}")
            else:
                values |= found
        return values

    def _rows(self, values: Data, place: Place, *, expand: bool) -> Iterator[dict[str, str]]:
        # Promptfoo makes tests of the entries of a list whose first one is a text.
        lists = [
            value if expand and isinstance(value, list) and value and isinstance(value[0], str) else [value]
            for value in values.values()
        ]
        for combination in product(*lists):
            named = dict(zip(map(str, values), combination, strict=True))
            texts = {name: self._text(name, value, place) for name, value in named.items()}
            row, circle = resolved(texts)
            if circle:
                self._reader.refuse(place, f"variables that name each other in a circle: {', '.join(circle)}")
            yield row

    def _text(self, name: str, value: Any, place: Place) -> str:
        if isinstance(value, str) and value.startswith(FILE):
            return self._in_file(name, value, place)
        text = as_text(value)
        if text is None:
            self._reader.refuse(place.at(name), f"variable {name}, which is a map")
            return ""
        self._look_for_logic(name, text, place)
        return text

    def _in_file(self, name: str, value: str, place: Place) -> str:
        if "*" in value or NO_TEXT.search(value):
            self._reader.refuse(place.at(name), f"variable in {value}")
            return ""
        text = self._reader.text(value).strip()
        if value.endswith((".yaml", ".yml")):
            text = json.dumps(self._reader.data(value)[1], ensure_ascii=False, separators=(",", ":"))
        self._look_for_logic(name, text, place)
        return text

    def _look_for_logic(self, name: str, text: str, place: Place) -> None:
        if logic := computed(text):
            self._reader.refuse(place.at(name), f"template logic {logic} in variable {name}")


def _map(said: Any) -> Data:
    return said if isinstance(said, dict) else {}


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []
