"""What can be asked of games, and the limits; what contradicts itself is refused at the door.

Knows nothing about what is in a world; that is checked when a request is let in.
"""

from typing import Annotated, Literal

from pydantic import Field

from assistants.errors import InvalidInput
from assistants.games import maps
from assistants.games.content import KINDS
from assistants.requests import Name, StudioRequest

MAX_BRIEF = 2000
MOST_AT_ONCE = 100
Kind = Literal[
    "world", "locations", "characters", "items", "enemies", "quests", "dialogues", "shops", "barks", "maps",
    "field", "narration",
]  # fmt: skip
# Which constraints go with which kind.
ALLOWED = {
    "world": ("locations", "locks", "width", "height"),
    "maps": ("generator", "width", "height", "keys", "open_least", "open_most", "location"),
    "quests": ("level", "giver", "requires", "reward"),
    "items": ("level", "type", "location"),
    "enemies": ("level", "location"),
    "characters": ("location",),
}
Id = Annotated[str, Field(min_length=1, max_length=40)]
Share = Annotated[float, Field(ge=0, le=1)]


class Constraints(StudioRequest):
    """What the new things must be; every field goes with some kinds only."""

    level: Annotated[int, Field(ge=1, le=20)] | None = None
    type: Literal["key", "weapon", "armour", "treasure", "consumable", "quest"] | None = None
    location: Id | None = None
    giver: Id | None = None
    requires: Id | None = None
    reward: Id | None = None
    locations: Annotated[int, Field(ge=4, le=16)] | None = None
    locks: Annotated[int, Field(ge=0, le=4)] | None = None
    generator: Literal["rooms", "caves", "overworld"] | None = None
    width: Annotated[int, Field(ge=maps.LEAST, le=maps.MOST_SIDE)] | None = None
    height: Annotated[int, Field(ge=maps.LEAST, le=maps.MOST_SIDE)] | None = None
    keys: Annotated[int, Field(ge=0, le=maps.MOST_KEYS)] | None = None
    open_least: Share | None = None
    open_most: Share | None = None


class Request(StudioRequest):
    """A new world (without ``world``), more of a kind in one, a field written again, or a turn of a game narrated."""

    kind: Kind
    world: Name | None = None
    brief: Annotated[str, Field(max_length=MAX_BRIEF)] = ""
    language: Literal["en", "zh"] = "en"
    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 1
    constraints: Constraints = Constraints()
    element: Id | None = None
    field: Literal["name", "description"] | None = None
    game: Name | None = None
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    model: Name | None = None


# The largest maps that are drawn with a world of one click.
MOST_WITH_WORLD = 96


def check(request: Request) -> None:
    """Raise ``InvalidInput`` for what no world could be or have."""
    needed = {"field": ("world", "element", "field"), "narration": ("world", "game")}
    own = needed.get(request.kind, () if request.kind == "world" else ("world",))
    for name in ("world", "element", "field", "game"):
        if name in own and getattr(request, name) is None:
            raise InvalidInput(name, "{field} is missing.")
        if name not in own and getattr(request, name) is not None:
            raise InvalidInput(name, "{field} doesn't go with {kind}.", kind=request.kind)
    if request.count != 1 and request.kind not in KINDS:
        raise InvalidInput("count", "{field} doesn't go with {kind}.", kind=request.kind)
    asked = request.constraints
    for name in sorted(asked.model_fields_set):
        if name not in ALLOWED.get(request.kind, ()) and getattr(asked, name) is not None:
            raise InvalidInput(name, "{field} doesn't go with {kind}.", kind=request.kind)
    if request.kind == "maps":
        maps.check(plan(asked))
    if request.kind == "world":
        _check_world(asked)
    if asked.requires is not None and asked.requires == asked.reward:
        raise InvalidInput("reward", "{field} is needed to finish the quest that gives it, so nobody could.")


def _check_world(asked: Constraints) -> None:
    places, locks = asked.locations or 7, 2 if asked.locks is None else asked.locks
    if locks > places - 2:
        raise InvalidInput("locks", "{field} may be at most {limit} with so many locations.", limit=places - 2)
    for name in ("width", "height"):
        if (getattr(asked, name) or 0) > MOST_WITH_WORLD:
            raise InvalidInput(name, "{field} may be at most {limit}.", limit=MOST_WITH_WORLD)


def plan(asked: Constraints) -> maps.Plan:
    """Return the plan of the maps that are asked for."""
    return maps.Plan(
        asked.generator or "rooms",
        asked.width or 32,
        asked.height or 24,
        1 if asked.keys is None else asked.keys,
        asked.open_least,
        asked.open_most,
    )
