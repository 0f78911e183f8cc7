"""Content: the kinds of things in a world, their JSON Schemas, and what a document must be to be one.

The schemas are data (``schemas.yaml``). Light, for ``bounded`` works with it on files from elsewhere. Knows nothing
about whether what is written makes sense together: that is ``integrity``.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
Element = dict[str, Any]

FORMAT = "aigc-studio-world/1"
KINDS = ("locations", "characters", "items", "enemies", "quests", "dialogues", "shops", "barks", "maps")
# How an id of each begins, and what one of them is called.
SINGULAR = {kind: kind.removesuffix("s") for kind in KINDS} | {"enemies": "enemy"}
# What a person or a model may put into words, whatever the kind.
TEXTS = ("name", "description")
COMMON = {
    "id": {"$ref": "#/$defs/id"},
    "name": {"$ref": "#/$defs/name"},
    "description": {"$ref": "#/$defs/text"},
    "locked": {"type": "boolean"},
    "by": {"$ref": "#/$defs/by"},
}
# Of one kind in one world.
MOST = 500
MOST_MAPS = 60
# A document as JSON, in characters.
MAX_DOCUMENT = 4_000_000


@cache
def _read() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("schemas.yaml").read_text(encoding="utf-8"))


@cache
def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of one thing of a kind."""
    own = _read()[kind]
    whole = {
        "type": "object",
        "properties": COMMON | own["properties"],
        "required": [*COMMON, *own["required"]],
        "additionalProperties": False,
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SINGULAR[kind], **whole} | _defs()


@cache
def document_schema() -> dict[str, Any]:
    """Return the JSON Schema of a whole world."""
    world = _read()["world"]
    lists = {
        kind: {
            "type": "array",
            "maxItems": MOST_MAPS if kind == "maps" else MOST,
            "items": {name: value for name, value in schema(kind).items() if name not in ("$schema", "$defs")},
        }
        for kind in KINDS
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "world"}
    properties = {"properties": world["properties"] | lists, "required": [*world["required"], *KINDS]}
    return head | world | properties | _defs()


def _defs() -> dict[str, Any]:
    return {"$defs": _read()["$defs"]}


@cache
def _validator(kind: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(schema(kind) if kind else document_schema())


def problem(value: Any, kind: str = "") -> str | None:
    """Return where a thing of a kind, or without one a whole document, does not keep to its schema; None if it does."""
    error = next(_validator(kind).iter_errors(value), None)
    if error is None:
        return None
    where = ".".join(str(part) for part in error.absolute_path)
    return f"{where or 'document'}: {error.message[:200]}"


def elements(document: Document, *kinds: str) -> Iterator[tuple[str, Element]]:
    """Yield (kind, thing) of everything in a world, or of some kinds."""
    for kind in kinds or KINDS:
        for element in document[kind]:
            yield kind, element


def by_id(document: Document) -> dict[str, tuple[str, Element]]:
    """Return everything in a world by its id, with its kind."""
    return {element["id"]: (kind, element) for kind, element in elements(document)}


def free_id(document: Document, kind: str, taken: set[str] | None = None) -> str:
    """Return an id that nothing in the world has."""
    used = {element["id"] for _, element in elements(document)} | (taken or set())
    number = len(document[kind]) + 1
    while f"{SINGULAR[kind]}-{number}" in used:
        number += 1
    return f"{SINGULAR[kind]}-{number}"


def revision(element: Element) -> str:
    """Return what stands for a thing as it is, so that a change can say what it is based on."""
    return hashlib.sha256(json.dumps(element, sort_keys=True).encode()).hexdigest()[:16]


def structure(document: Document) -> str:
    """Return what stands for a world without its words: two of the same play alike."""
    bare = {kind: [_bare(element) for element in document[kind]] for kind in KINDS if kind not in ("maps", "barks")}
    whole = {"start": document["start"], "goal": document["goal"], **bare}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        words = ("name", "description", "text", "by", "locked")
        return {name: _bare(inner) for name, inner in value.items() if name not in words}
    return [_bare(one) for one in value] if isinstance(value, list) else value
