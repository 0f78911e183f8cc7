"""What the page and the interface ask of a world: each a call for one owner, with what takes long in a process apart.

Knows nothing about how it is shown.
"""

from typing import TYPE_CHECKING, Any

from assistants import bounded
from assistants.bounded import Budget
from assistants.errors import Conflict, NotFound
from assistants.games import exporting, generating, taking, tiles, work
from assistants.games.content import by_id
from assistants.games.taking import Taken
from assistants.games.worlds import NOWHERE, Worlds

if TYPE_CHECKING:
    from assistants.studio import Studio

Report = dict[str, Any]

# Somebody waits on the line.
LOOKING = Budget(10, 512, "checks")
ENDLESS = "This world has no quest that ends it. Add a quest first."


def worlds(studio: "Studio") -> Worlds:
    """Return everybody's worlds, of which each call gives an owner's only."""
    return Worlds(studio.history.store)


def report(studio: "Studio", owner: str, world: str) -> Report:
    """Return what is wrong with a world."""
    document = worlds(studio).get(world, owner).document
    return dict(bounded.call(work.report, document, field="world", budget=LOOKING))


def repair(studio: "Studio", owner: str, world: str) -> Report:
    """Mend a world, and return what was and what is still wrong."""
    return generating.mended(worlds(studio), world, owner, budget=LOOKING)


def solution(studio: "Studio", owner: str, world: str) -> dict[str, Any]:
    """Return the commands by which a world is finished; raises ``Conflict`` for one without a beginning or an end."""
    document = worlds(studio).get(world, owner).document
    if document["start"] is None or document["goal"] is None:
        raise Conflict(NOWHERE if document["start"] is None else ENDLESS)
    return dict(bounded.call(work.solution, document, field="world", budget=LOOKING))


def picture(studio: "Studio", owner: str, world: str, map_id: str, way: bool = False) -> bytes:
    """Return a map as PNG, with the solver's way if asked for; raises ``NotFound``."""
    kind, element = by_id(worlds(studio).get(world, owner).document).get(map_id, ("", {}))
    if kind != "maps":
        raise NotFound("There is no such map.")
    return tiles.picture(element, way=way)


def exported(studio: "Studio", owner: str, world: str, form: str) -> tuple[str, bytes]:
    """Return the file name and the bytes of an export."""
    return exporting.export(worlds(studio).get(world, owner).document, world, form)


def take_in(studio: "Studio", owner: str, name: str, content: bytes, world: str | None = None) -> Taken:
    """Make a world of a file, or put its map into one."""
    return taking.take_in(worlds(studio), owner, name, content, world)
