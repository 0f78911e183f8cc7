"""JSON and JSON Lines as parts of text: entries of questions and answers, else a part for each object.

Knows nothing about files.
"""

import json
from collections.abc import Iterator
from typing import Any

from assistants.errors import InvalidInput
from assistants.knowledge.chunking import Part
from assistants.knowledge.readers.notes import Notes
from assistants.knowledge.readers.tables import ANSWERS, QUESTIONS, UNASKED

MAX_DEPTH = 100

NO_JSON = "{name} is not valid JSON (line {line})."
ENDLESS = "{name} is nested too deep to be read."
TOO_DEEP = "What is nested more than {limit} levels deep is left out ({count})."


def read(name: str, text: str, notes: Notes) -> Iterator[Part]:
    """Yield what a file of JSON holds; raises ``InvalidInput``."""
    try:
        yield from structure(_parsed(text), notes)
    except json.JSONDecodeError as error:
        raise InvalidInput("file", NO_JSON, name=name, line=error.lineno) from error
    except RecursionError as error:
        raise InvalidInput("file", ENDLESS, name=name) from error


def _parsed(text: str) -> Any:
    try:
        return _loaded(text)
    except json.JSONDecodeError as error:
        whole = error
    # Other ends of lines, such as U+2028, may stand inside a text of JSON.
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        values = [_loaded(line) for line in lines]
    except json.JSONDecodeError:
        raise whole from None
    return values


def _loaded(text: str) -> Any:
    """Return what JSON holds, with numbers as they are written: 0.10 stays so, and 1e400 is not infinite."""
    return json.loads(text, parse_float=str)


def structure(data: Any, notes: Notes, path: str = "", depth: int = 0) -> Iterator[Part]:
    """Yield what JSON holds: an entry where an object has a question and an answer, else a part for each object."""
    if depth > MAX_DEPTH:
        notes.count(TOO_DEEP, limit=MAX_DEPTH)
    elif isinstance(data, list):
        for item in data:
            yield from structure(item, notes, path, depth + 1)
    elif not isinstance(data, dict):
        yield Part(_plain(data), path)
    else:
        yield from _object(data, notes, path, depth)


def _object(data: dict[str, Any], notes: Notes, path: str, depth: int) -> Iterator[Part]:
    names = {key.casefold(): key for key, value in data.items() if isinstance(value, str) and value.strip()}
    question = next((names[name] for name in QUESTIONS if name in names), None)
    answer = next((names[name] for name in ANSWERS if name in names), None)
    if question is not None and answer is not None:
        for key in data.keys() - {question, answer}:
            notes.name(UNASKED, key)
        yield Part(data[answer], path, data[question])
        return
    nested = {key: value for key, value in data.items() if isinstance(value, dict | list)}
    lines = [f"{key}: {_plain(value)}" for key, value in data.items() if key not in nested]
    if lines:
        yield Part("\n".join(lines), path)
    for key, value in nested.items():
        yield from structure(value, notes, f"{path} > {key}" if path else str(key), depth + 1)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
