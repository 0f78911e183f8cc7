"""Suites: files of prompts and tests as the command line takes them, each as requests of the playground.

Prompt files (``.prompt.yml``, ``.prompt.yaml``), requests as JSON or YAML, and promptfoo's configurations. Knows
nothing about how they are run or reported.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistants.connections import Connection
from assistants.errors import InvalidInput
from assistants.playground import promptfoo
from assistants.playground.origins import model_of, request_of
from assistants.playground.promptfoo.reader import read_file
from assistants.playground.request import Request
from assistants.playground.yaml12 import read_yaml
from assistants.requests import validated
from prompts.library import parse, stem_of
from prompts.packing import assistant_of
from prompts.reading import PromptError, read_text


@dataclass(frozen=True)
class Suite:
    """What a file asks for: requests that belong together, and the connections that they need.

    ``unused`` are options of the file that have no effect here; ``model`` is whom it would have answer.
    """

    name: str
    requests: list[dict[str, Any]]
    connections: list[Connection] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    model: str | None = None


def read_suite(path: Path) -> Suite:
    """Return the suite in a file; raises ``InvalidInput`` that names the file and what is wrong."""
    try:
        if (stem := stem_of(path.name)) is not None:
            text = read_text(path, path.name)
            template = parse(text, f"{assistant_of(text, path.name) or 'file'}/{stem}")
            return Suite(template.name, [request_of(template)], model=model_of(template.model or "") or None)
        data = read_data(path)
        if promptfoo.is_config(data):
            found = promptfoo.read(data, path.resolve())
            return Suite(str(data.get("description") or path.name), found.requests, found.connections, found.unused)
        validated(Request, data)
        return Suite(data.get("name") or path.name, [data])
    except PromptError as error:
        raise InvalidInput(path.name, error.template, **error.values) from error


def read_data(path: Path) -> Any:
    """Return what a YAML or JSON file holds."""
    return read_yaml(read_file(path), path.name)
