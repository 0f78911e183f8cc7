"""Maps: grids of tiles made by the program, as rooms, as caves, or as open country by noise.

Every map has a start, an exit and as many keys as it has locked doors; ``solving`` proves that they can be reached.
Arrays are indexed ``[y, x]``. Knows nothing about worlds or words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants.errors import InvalidInput
from assistants.games import solving
from assistants.games.solving import Cell, Level

if TYPE_CHECKING:
    import numpy as np

    Grid = np.ndarray[Any, np.dtype[Any]]
    Random = np.random.Generator

# By the number in a grid: the character of a row, the name, whether one walks there, and the tile of the set.
TILES = (
    ("#", "wall", False, 0),
    (".", "floor", True, 1),
    ("~", "water", False, 2),
    (",", "sand", True, 3),
    ('"', "grass", True, 4),
    ("t", "forest", True, 5),
    ("^", "mountain", False, 6),
    ("_", "cave floor", True, 7),
    ("%", "rock", False, 8),
    ("+", "door", True, 9),
    ("=", "road", True, 10),
)
WALL, FLOOR, WATER, SAND, GRASS, FOREST, MOUNTAIN, CAVE, ROCK, DOOR, ROAD = range(len(TILES))
WALKABLE = tuple(tile[2] for tile in TILES)
# Where an upper layer holds nothing.
EMPTY = " "
GENERATORS = ("rooms", "caves", "overworld")
# What a door is set in, and what is walked around it.
SOLID = {"rooms": WALL, "caves": ROCK, "overworld": MOUNTAIN}
GROUND = {"rooms": FLOOR, "caves": CAVE, "overworld": GRASS}

LEAST, MOST_SIDE, MOST_KEYS = 12, 256, 8
# So many tiles a map has for each locked door, and one region at least holds this share of it.
AREA_A_KEY = 120
TRIES = 40
# The share of a map that can be walked on, unless somebody asks for another.
OPEN = {"rooms": (0.15, 0.75), "caves": (0.2, 0.75), "overworld": (0.2, 0.95)}
UNSOLVABLE = "No map of {width} x {height} with {keys} keys and this share of open tiles was found in {tries} attempts."
CROWDED = "{field} may be at most {limit} on a map of {width} x {height}."


@dataclass(frozen=True)
class Plan:
    """What a map is to be; ``least`` and ``most`` bound the share of tiles that can be walked on."""

    generator: str
    width: int = 32
    height: int = 24
    keys: int = 1
    least: float | None = None
    most: float | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """The share of open tiles, from the plan or else as the generator makes it."""
        low, high = OPEN[self.generator]
        least = min(low, 1.0 if self.most is None else self.most) if self.least is None else self.least
        return least, max(high, least) if self.most is None else self.most


def check(plan: Plan) -> None:
    """Raise ``InvalidInput`` for a plan that no map can keep to."""
    for field in ("width", "height"):
        if not LEAST <= getattr(plan, field) <= MOST_SIDE:
            raise InvalidInput(field, "{field} must be from {low} to {high}.", low=LEAST, high=MOST_SIDE)
    most = min(MOST_KEYS, plan.width * plan.height // AREA_A_KEY)
    if not 0 <= plan.keys <= most:
        raise InvalidInput("keys", CROWDED, limit=most, width=plan.width, height=plan.height)
    low, high = plan.bounds
    if low > high:
        raise InvalidInput("open_least", "{field} is more than open_most, so no map keeps to both.")


def generate(plan: Plan, seed: int) -> Level:
    """Return a map that was solved: the first of this seed's that keeps to the plan; raises ``InvalidInput``."""
    import numpy as np

    check(plan)
    low, high = plan.bounds
    random = np.random.default_rng(seed)
    for _ in range(TRIES):
        level = _furnished(_MAKERS[plan.generator](plan, random), plan, random)
        if level is None:
            continue
        share = float(level.walkable.mean())
        if low <= share <= high and solving.solve(level).is_solved:
            return level
    raise InvalidInput("constraints", UNSOLVABLE, width=plan.width, height=plan.height, keys=plan.keys, tries=TRIES)


# The ground


def _rooms(plan: Plan, random: "Random") -> "Grid":
    """Return rectangles joined by corridors, each to the nearest that is joined already."""
    import numpy as np

    grid = np.full((plan.height, plan.width), WALL, np.int8)
    rooms: list[tuple[int, int, int, int]] = []
    for _ in range(plan.width * plan.height // 12):
        w, h = random.integers(4, 9, 2)
        if w + 2 > plan.width or h + 2 > plan.height:
            continue
        x, y = random.integers(1, plan.width - w), random.integers(1, plan.height - h)
        if not (grid[max(0, y - 1) : y + h + 1, max(0, x - 1) : x + w + 1] == WALL).all():
            continue
        grid[y : y + h, x : x + w] = FLOOR
        rooms.append((int(x), int(y), int(w), int(h)))
    middles = np.array([(x + w // 2, y + h // 2) for x, y, w, h in rooms]).reshape(-1, 2)
    joined = [0] if rooms else []
    waiting = set(range(1, len(rooms)))
    while waiting:
        left = sorted(waiting)
        apart = np.abs(middles[left][:, None] - middles[joined][None]).sum(2)
        one, other = np.unravel_index(int(apart.argmin()), apart.shape)
        _corridor(grid, middles[left[one]], middles[joined[other]], bool(random.integers(2)))
        joined.append(left[one])
        waiting.discard(left[one])
    return grid


def _corridor(grid: "Grid", start: Any, end: Any, is_flat_first: bool) -> None:
    (x1, y1), (x2, y2) = start, end
    corner_x, corner_y = (x2, y1) if is_flat_first else (x1, y2)
    for (xa, ya), (xb, yb) in (((x1, y1), (corner_x, corner_y)), ((corner_x, corner_y), (x2, y2))):
        grid[min(ya, yb) : max(ya, yb) + 1, min(xa, xb) : max(xa, xb) + 1] = FLOOR


def _caves(plan: Plan, random: "Random") -> "Grid":
    """Return what is left of random rock after five rounds in which a tile does as most of its neighbours do."""
    import numpy as np
    from scipy import ndimage

    rock = random.random((plan.height, plan.width)) < 0.45
    around = np.ones((3, 3), np.uint8)
    for _ in range(5):
        rock = ndimage.convolve(rock.astype(np.uint8), around, mode="constant", cval=1) >= 5
    _frame(rock, True)
    return np.where(rock, ROCK, CAVE).astype(np.int8)


def _overworld(plan: Plan, random: "Random") -> "Grid":
    """Return country by height and wetness, each a sum of smooth noise in four sizes."""
    import numpy as np

    height, wet = _noise(plan, random), _noise(plan, random)
    grid = np.where(wet > 0.55, FOREST, GRASS)
    grid = np.where(height < 0.36, SAND, grid)
    grid = np.where(height < 0.30, WATER, grid)
    grid = np.where(height > 0.74, MOUNTAIN, grid).astype(np.int8)
    _frame(grid, WATER)
    return grid


def _noise(plan: Plan, random: "Random") -> "Grid":
    """Return noise from 0 to 1, spread evenly."""
    import numpy as np
    from scipy import ndimage

    total = np.zeros((plan.height, plan.width))
    for octave in range(4):
        cells = 3 * 2**octave
        coarse = random.random((cells + 1, cells + 1))
        zoom = (plan.height / (cells + 1), plan.width / (cells + 1))
        smooth = ndimage.zoom(coarse, zoom, order=1, mode="nearest", grid_mode=True)
        total += _fit(smooth, plan) / 2**octave
    spread = total - total.min()
    return spread / max(float(spread.max()), 1e-9)


def _fit(array: "Grid", plan: Plan) -> "Grid":
    """Return an array of exactly the plan's size; rounding may make one row more or less."""
    import numpy as np

    missing = ((0, max(0, plan.height - array.shape[0])), (0, max(0, plan.width - array.shape[1])))
    return np.pad(array, missing, mode="edge")[: plan.height, : plan.width]


def _frame(grid: "Grid", value: Any) -> None:
    grid[[0, -1], :] = value
    grid[:, [0, -1]] = value


_MAKERS: dict[str, Callable[[Plan, "Random"], "Grid"]] = {"rooms": _rooms, "caves": _caves, "overworld": _overworld}


# Start, exit, doors and keys


def _furnished(grid: "Grid", plan: Plan, random: "Random") -> Level | None:
    """Return a level in the largest region of a grid, or None where that leaves no room for what the plan asks."""
    import numpy as np
    from scipy import ndimage

    regions, count = ndimage.label(np.array(WALKABLE)[grid])
    if not count:
        return None
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    main = regions == sizes.argmax()
    if main.sum() < 20 + 12 * plan.keys:
        return None
    # What cannot be reached is no part of the map.
    grid[(regions > 0) & ~main] = SOLID[plan.generator]
    start = _any_of(main, random)
    steps = solving.distances(main, start)
    ends = np.argwhere(steps >= max(2, 0.85 * steps.max()))
    exit_y, exit_x = ends[random.integers(len(ends))]
    level = Level(grid, main, start, (int(exit_x), int(exit_y)), [], [])
    for _ in range(plan.keys):
        if not _lock(level, plan, random):
            return None
    return level


def _any_of(mask: "Grid", random: "Random") -> Cell:
    import numpy as np

    cells = np.argwhere(mask)
    y, x = cells[random.integers(len(cells))]
    return int(x), int(y)


def _lock(level: Level, plan: Plan, random: "Random") -> bool:
    """Put one more locked door between the start and the exit, or the last key, and its key before it.

    The first door stands in a narrow place of the way, if there is one; else what is to be reached is walled in.
    """
    goal = level.keys[-1] if level.keys else level.exit
    before = level.open_without(level.doors)
    door = _narrow(level, before, goal, random) or _vault(level, plan, goal)
    if door is None:
        return False
    x, y = door
    level.grid[y, x] = DOOR
    level.doors.append(door)
    near = solving.reach(level.open_without(level.doors), level.start)
    taken = {level.start, level.exit, *level.keys}
    for cell in taken:
        near[cell[1], cell[0]] = False
    if near.sum() < 4:
        return False
    level.keys.append(_any_of(near, random))
    return True


def _narrow(level: Level, open_: "Grid", goal: Cell, random: "Random") -> Cell | None:
    """Return a place one tile wide on the way to a goal, with both regions beside it large enough, if there is one."""
    way = solving.path(open_, level.start, goal)
    if way is None:
        return None
    taken = {level.start, level.exit, *level.keys, *level.doors}
    narrow = [cell for cell in way[3:-1] if cell not in taken and _is_gate(open_, cell)]
    for place in random.permutation(len(narrow))[:6]:
        x, y = narrow[place]
        shut = open_.copy()
        shut[y, x] = False
        near = solving.reach(shut, level.start)
        if not near[goal[1], goal[0]] and near.sum() >= 8:
            return x, y
    return None


def _is_gate(open_: "Grid", cell: Cell) -> bool:
    x, y = cell
    flat = open_[y, x - 1] and open_[y, x + 1] and not open_[y - 1, x] and not open_[y + 1, x]
    tall = open_[y - 1, x] and open_[y + 1, x] and not open_[y, x - 1] and not open_[y, x + 1]
    return bool(flat or tall)


def _vault(level: Level, plan: Plan, goal: Cell) -> Cell | None:
    """Wall a goal in but for a door, on the way to it; None where that would take something else away."""
    x, y = goal
    height, width = level.grid.shape
    if not (2 <= x < width - 2 and 2 <= y < height - 2):
        return None
    way = solving.path(level.open_without(level.doors), level.start, goal)
    if way is None or len(way) < 4:
        return None
    door = way[-2]
    ring = {(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)} - {goal, door}
    if ring & {level.start, level.exit, *level.keys, *level.doors}:
        return None
    for column, row in ring:
        level.grid[row, column] = SOLID[plan.generator]
        level.walkable[row, column] = False
    # What the walls cut off is filled.
    cut = level.walkable & ~solving.reach(level.walkable, level.start)
    level.grid[cut] = SOLID[plan.generator]
    level.walkable[cut] = False
    kept = (level.exit, *level.keys, *level.doors)
    return door if all(level.walkable[row, column] for column, row in kept) else None


# Rows of characters, as a document has them


def rows(level: Level) -> list[str]:
    """Return a grid as rows of characters."""
    import numpy as np

    characters = np.array([tile[0] for tile in TILES])
    return ["".join(row) for row in characters[level.grid]]


def legend(used: list[str]) -> dict[str, dict[str, Any]]:
    """Return what the characters of some rows mean."""
    known = {tile[0]: {"name": tile[1], "walkable": tile[2], "tile": tile[3]} for tile in TILES}
    return {character: known[character] for character in sorted(set("".join(used)))}


def level_of(element: dict[str, Any]) -> Level | None:
    """Return a map of a document as the solver sees it; None where it has no start or no exit.

    A key belongs to the door with the same ``target``; doors without a key stay shut.
    """
    import numpy as np

    where: dict[tuple[str, str | None], Cell] = {}
    for place in element["places"]:
        where.setdefault((place["type"], place["target"]), (place["x"], place["y"]))
    start, end = where.get(("start", None)), where.get(("exit", None))
    if start is None or end is None:
        return None
    ground = np.array([list(row) for row in element["layers"][0]["rows"]])
    walked = [character for character, tile in element["legend"].items() if tile["walkable"]]
    walkable = np.isin(ground, walked)
    for layer in element["layers"][1:]:
        # What lies above is walked through where it holds nothing.
        walkable &= np.isin(np.array([list(row) for row in layer["rows"]]), [*walked, EMPTY])
    locks = [target for kind, target in where if kind == "door"]
    # A door whose key is nowhere has it in a place that nobody gets to: the door's own.
    keys = [where.get(("key", lock), where["door", lock]) for lock in locks]
    return Level(walkable.astype(np.int8), walkable, start, end, keys, [where["door", lock] for lock in locks])
