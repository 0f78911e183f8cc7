"""Which models a server lists, in each of the shapes that servers have for it. Knows nothing about how it is asked."""

from collections.abc import Iterator
from typing import Any

from assistants.engines.remote.faults import ServerError, status_in

MAX_LISTED = 1000
LONGEST_NAME = 200
# Where a list is in an answer, and where a name is in an entry.
LISTS = ("data", "models", "items", "result")
NAMES = ("id", "name", "model")


def names_in(answer: Any) -> list[str]:
    """Return the models that an answer lists, each once.

    A list or a map of entries, under one of several names or bare; null is no model. Raises ``ServerError`` for what a
    server says instead, and ``ValueError`` for what is no list.
    """
    if isinstance(answer, dict) and answer.get("error"):
        raise ServerError(answer, status_in(answer))
    names = (name for name in entries(answer) if 0 < len(name) <= LONGEST_NAME and not any(map(str.isspace, name)))
    return list(dict.fromkeys(names))[:MAX_LISTED]


def entries(listed: Any) -> Iterator[str]:
    """Yield the name of each entry of a list, of a map by name, or of an object that holds one of them."""
    if isinstance(listed, list):
        yield from (name for one in listed if (name := name_of(one)))
    elif isinstance(listed, dict) and (held := next((name for name in LISTS if name in listed), None)):
        yield from entries(listed[held])
    elif isinstance(listed, dict) and listed and all(isinstance(one, dict) for one in listed.values()):
        yield from listed
    elif listed:
        raise ValueError("no list of models")


def name_of(entry: Any) -> str | None:
    """Return the name of an entry: itself, or what it says first of itself."""
    named = [entry.get(name) for name in NAMES] if isinstance(entry, dict) else [entry]
    return next((name for name in named if isinstance(name, str) and name), None)
