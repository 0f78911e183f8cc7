"""Solving maps: what can be reached from where, with which keys, by which way.

A key opens the door of its own place in the list. Whole grids are looked at in one go (scipy). Knows nothing about how
maps are made.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Grid = np.ndarray[Any, np.dtype[Any]]

Cell = tuple[int, int]
FAR = -1


@dataclass
class Level:
    """A map as the solver sees it; cells are (x, y), arrays ``[y, x]``; door ``i`` is opened by key ``i``."""

    grid: "Grid"
    walkable: "Grid"
    start: Cell
    exit: Cell
    keys: list[Cell]
    doors: list[Cell]

    def open_without(self, doors: list[Cell]) -> "Grid":
        """Return where one can walk while some doors are shut."""
        open_ = self.walkable.copy()
        for x, y in doors:
            open_[y, x] = False
        return open_


@dataclass(frozen=True)
class Solution:
    """What came of solving a map: the stops in order (keys, then the exit), and what could not be reached."""

    is_solved: bool
    stops: list[Cell]
    missed: list[Cell]


def solve(level: Level) -> Solution:
    """Walk from the start, taking every key that can be reached and opening its door, until nothing new opens."""
    opened: set[int] = set()
    stops: list[Cell] = []
    while True:
        shut = [door for number, door in enumerate(level.doors) if number not in opened]
        near = reach(level.open_without(shut), level.start)
        new = [number for number, (x, y) in enumerate(level.keys) if number not in opened and near[y, x]]
        if not new:
            break
        opened.update(new)
        stops += [level.keys[number] for number in new]
    missed = [key for number, key in enumerate(level.keys) if number not in opened]
    if near[level.exit[1], level.exit[0]]:
        stops.append(level.exit)
    else:
        missed.append(level.exit)
    return Solution(not missed, stops, missed)


def route(level: Level) -> list[Cell]:
    """Return the whole way of a player who fetches the keys and leaves, as far as it goes."""
    way, here = [level.start], level.start
    has: set[int] = set()
    for stop in solve(level).stops:
        shut = [door for number, door in enumerate(level.doors) if number not in has]
        leg = path(level.open_without(shut), here, stop)
        if leg is None:
            break
        way += leg[1:]
        here = stop
        has |= {number for number, key in enumerate(level.keys) if key == stop}
    return way


def reach(open_: "Grid", start: Cell) -> "Grid":
    """Return the cells that are connected with the start, by sides."""
    from scipy import ndimage

    regions, _ = ndimage.label(open_)
    here = regions[start[1], start[0]]
    return (regions == here) if here else open_ & False


def distances(open_: "Grid", start: Cell) -> "Grid":
    """Return how many steps every cell is from the start; -1 where there is no way."""
    import numpy as np

    steps = np.full(open_.shape, FAR, np.int32)
    seen = np.zeros_like(open_, dtype=bool)
    edge = np.zeros_like(seen)
    edge[start[1], start[0]] = bool(open_[start[1], start[0]])
    count = 0
    while edge.any():
        steps[edge] = count
        seen |= edge
        wider = np.zeros_like(edge)
        wider[1:] |= edge[:-1]
        wider[:-1] |= edge[1:]
        wider[:, 1:] |= edge[:, :-1]
        wider[:, :-1] |= edge[:, 1:]
        edge = wider & open_ & ~seen
        count += 1
    return steps


def path(open_: "Grid", start: Cell, end: Cell) -> list[Cell] | None:
    """Return a shortest way as cells, both ends included; None where there is none."""
    steps = distances(open_, end)
    x, y = start
    if steps[y, x] == FAR:
        return None
    way = [start]
    while steps[y, x]:
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            column, row = x + dx, y + dy
            inside = 0 <= column < open_.shape[1] and 0 <= row < open_.shape[0]
            if inside and steps[row, column] == steps[y, x] - 1 and steps[row, column] != FAR:
                x, y = column, row
                break
        way.append((x, y))
    return way
