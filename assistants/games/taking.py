"""Taking in: a file becomes a world, or a map of one. Knows whose it is; what it says is read by ``importing``."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from assistants import bounded
from assistants.bounded import Budget
from assistants.errors import InvalidInput
from assistants.games import importing, structure
from assistants.games.content import MOST_MAPS, Document, free_id
from assistants.games.importing import place_map
from assistants.games.worlds import Worlds

BUDGET = Budget(8, 512, "checks")
FULL = "A world holds at most {limit} maps."


@dataclass(frozen=True)
class Taken:
    """The world that a file became, or came into, and sentences about what did not come along."""

    id: str
    notes: tuple[dict[str, Any], ...]


def take_in(worlds: Worlds, owner: str, name: str, content: bytes, world: str | None = None) -> Taken:
    """Make a new world of a file, or put its map into one; raises ``InvalidInput`` for what is neither."""
    if len(content) > importing.MAX_BYTES:
        raise InvalidInput("file", "{field} may have at most {limit} MB.", limit=importing.MAX_BYTES >> 20)
    found = bounded.call(importing.read, PurePath(name).name, content, field="file", budget=BUDGET)
    notes = tuple(found["notes"])
    if "world" in found:
        if world is not None:
            raise InvalidInput("file", "{field} is a whole world. Import it as one of its own.")
        return Taken(worlds.create(owner, found["world"], "import"), notes)
    if world is None:
        document = structure.empty(found["map"]["name"], "en")
        place_map(document, found["map"], "map-1")
        return Taken(worlds.create(owner, document, "import"), notes)

    def do(document: Document) -> None:
        if len(document["maps"]) >= MOST_MAPS:
            raise InvalidInput("file", FULL, limit=MOST_MAPS)
        place_map(document, found["map"], free_id(document, "maps"))

    worlds.change(world, owner, do, "import")
    return Taken(world, notes)
