"""Maps: the grid is as large as it says, and start, exit, every key and everything on it can be reached in turn."""

from typing import Any

from assistants.games import maps, solving
from assistants.games.content import Document, Element
from assistants.games.integrity.finding import Finding
from assistants.games.solving import Level

MATTER = "maps"
SIZE = "{id}: its rows are not {width} x {height} tiles."
UNKNOWN = "{id}: the tile {tile} is not in its legend."
NO_ENDS = "{id} has no start or no exit."
SHUT = "{id}: {target} at {x}, {y} cannot be reached."
DENSITY = "{id}: {share} % of its tiles can be walked on; it should be {low} to {high} %."
PUT = "{id}: {target} could not be reached, so it stands at {x}, {y} now."
UNDONE = "{id}: the door {target} had no key that can be reached before it, so it is gone."
BETWEEN = (0.08, 0.97)


def check(document: Document) -> list[Finding]:
    """Return what is wrong with the maps."""
    return [finding for one in document["maps"] for finding in _wrong(one)]


def _wrong(one: Element) -> list[Finding]:
    if found := _malformed(one):
        return found
    level = maps.level_of(one)
    if level is None:
        return [Finding(MATTER, one["id"], NO_ENDS, {"id": one["id"]})]
    share = float(level.walkable.mean())
    low, high = (round(100 * bound) for bound in BETWEEN)
    found = [
        Finding(MATTER, one["id"], SHUT, {"id": one["id"], "target": place["type"], "x": place["x"], "y": place["y"]})
        for place in _unreached(one, level)
    ]
    # A map from elsewhere is as somebody wants it.
    if one["generator"] != "import" and not BETWEEN[0] <= share <= BETWEEN[1]:
        values = {"id": one["id"], "share": round(100 * share), "low": low, "high": high}
        found.append(Finding(MATTER, one["id"], DENSITY, values))
    return found


def _malformed(one: Element) -> list[Finding]:
    for layer in one["layers"]:
        rows = layer["rows"]
        if len(rows) != one["height"] or any(len(row) != one["width"] for row in rows):
            return [Finding(MATTER, one["id"], SIZE, {"id": one["id"], "width": one["width"], "height": one["height"]})]
        if unknown := sorted(set("".join(rows)) - one["legend"].keys() - {" "}):
            return [Finding(MATTER, one["id"], UNKNOWN, {"id": one["id"], "tile": unknown[0]})]
    return []


def _unreached(one: Element, level: Level) -> list[dict[str, Any]]:
    """Return the places that a player who fetches every key cannot come to."""
    near = _near(level)
    height, width = near.shape
    return [
        place
        for place in one["places"]
        if not (place["x"] < width and place["y"] < height and near[place["y"], place["x"]])
    ]


def _near(level: Level) -> Any:
    solution = solving.solve(level)
    shut = [door for door, key in zip(level.doors, level.keys, strict=True) if key not in solution.stops]
    height, width = level.walkable.shape
    if not (level.start[0] < width and level.start[1] < height):
        return level.walkable & False
    return solving.reach(level.open_without(shut), level.start)


def mend(document: Document) -> list[Finding]:
    """Put what cannot be reached where it can, and take away doors that have no key before them."""
    mended: list[Finding] = []
    for one in document["maps"]:
        if not _malformed(one):
            mended += _mend(one)
    return mended


def _mend(one: Element) -> list[Finding]:
    mended = []
    if maps.level_of(one) is None or not _near(maps.level_of(one) or _never()).any():
        if not _add_ends(one):
            return []
        mended.append(Finding(MATTER, one["id"], NO_ENDS, {"id": one["id"]}))
    level = maps.level_of(one) or _never()
    for place in [place for place in _unreached(one, level) if place["type"] == "door"]:
        one["places"] = [other for other in one["places"] if other["target"] != place["target"]]
        mended.append(Finding(MATTER, one["id"], UNDONE, {"id": one["id"], "target": str(place["target"])}))
    level = maps.level_of(one) or _never()
    free = _free(one, level)
    for place in _unreached(one, level):
        if free:
            place["x"], place["y"] = free.pop()
            values = {"id": one["id"], "target": place["type"], "x": place["x"], "y": place["y"]}
            mended.append(Finding(MATTER, one["id"], PUT, values))
    return mended


def _never() -> Level:
    raise AssertionError("it has a start and an exit by now")


def _free(one: Element, level: Level) -> list[tuple[int, int]]:
    """Return the cells near the start that hold nothing, the farthest last, without opening a door."""
    steps = solving.distances(level.open_without(level.doors), level.start)
    taken = {(place["x"], place["y"]) for place in one["places"]}
    cells = [(int(steps[y, x]), int(x), int(y)) for y, x in zip(*(steps > 0).nonzero(), strict=True)]
    return [(x, y) for _, x, y in sorted(cells) if (x, y) not in taken]


def _add_ends(one: Element) -> bool:
    """Put a start and an exit into the largest region; say whether there is one."""
    import numpy as np
    from scipy import ndimage

    others = [place for place in one["places"] if place["type"] not in ("start", "exit")]
    ends = [{"type": kind, "x": 0, "y": 0, "target": None} for kind in ("start", "exit")]
    level = maps.level_of(one | {"places": ends})
    assert level is not None, "it has both"
    regions, count = ndimage.label(level.walkable)
    sizes = np.bincount(regions.ravel(), minlength=2)
    sizes[0] = 0
    if not count or sizes.max() < 2:
        return False
    cells = np.argwhere(regions == sizes.argmax())
    for end, (y, x) in zip(ends, (cells[0], cells[-1]), strict=True):
        end["x"], end["y"] = int(x), int(y)
    one["places"] = [*ends, *others]
    return True
