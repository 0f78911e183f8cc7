"""Worlds as the program builds them: valid, whole, and finished by a solver and by a player who knows no rules."""

from itertools import pairwise

import pytest

from assistants.games import integrity, maps, player, solving, structure
from assistants.games.adventure import Adventure
from assistants.games.content import KINDS, elements, problem
from assistants.games.structure import Size


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("seed", range(4))
def test_a_world_is_valid_holds_together_and_is_finished_in_two_ways(seed: int, language: str) -> None:
    document = structure.build(seed, language)
    assert problem(document) is None
    assert all(document[kind] for kind in KINDS)
    assert integrity.check(document).wrong == []
    adventure = Adventure(document)
    solved = player.solve(adventure)
    state, _ = adventure.begin()
    for command in solved.commands or []:
        state, told = adventure.do(state, command)
        assert not [line for line in told if line.kind == "refused"]
    assert state.won
    commands, last = player.play(adventure)
    assert last.won and len(commands) < player.MOST_MOVES


@pytest.mark.parametrize("size", [Size(4, 0), Size(4, 2), Size(16, 4, 8), Size(6, 1, 1)])
def test_a_world_of_any_size_can_be_finished(size: Size) -> None:
    for seed in range(3):
        document = structure.build(seed, "en", size=size)
        assert integrity.check(document).wrong == []
        assert len(document["locations"]) == size.locations
        locked = [exit_ for place in document["locations"] for exit_ in place["exits"] if exit_["key"]]
        assert len(locked) == size.locks


def test_the_same_seed_builds_the_same_world_and_names_are_given_once() -> None:
    assert structure.build(7, "en") == structure.build(7, "en") != structure.build(8, "en")
    names = [one["name"] for kind, one in elements(structure.build(7, "zh")) if kind not in ("barks",)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("generator", maps.GENERATORS)
@pytest.mark.parametrize(("width", "height", "keys"), [(12, 12, 0), (12, 12, 1), (64, 12, 3), (64, 64, 8)])
def test_maps_are_solved_with_every_door_behind_its_key(generator: str, width: int, height: int, keys: int) -> None:
    for seed in range(3):
        level = maps.generate(maps.Plan(generator, width, height, keys), seed)
        assert len(level.keys) == len(level.doors) == keys
        assert level.grid.shape == (height, width)
        assert solving.solve(level).is_solved
        # Without the last key nobody gets to the exit or to another key: every door matters.
        for number in range(keys):
            shut = [level.doors[number]]
            near = solving.reach(level.open_without(shut), level.start)
            assert not all(near[y, x] for x, y in [level.exit, *level.keys])


def test_a_route_fetches_the_keys_in_order_and_walks_on_open_tiles_only() -> None:
    level = maps.generate(maps.Plan("rooms", 40, 24, 2), 5)
    way = solving.route(level)
    assert way[0] == level.start and way[-1] == level.exit and set(level.keys) <= set(way)
    assert all(level.walkable[y, x] for x, y in way)
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in pairwise(way))
    for key, door in zip(level.keys, level.doors, strict=True):
        assert door not in way or way.index(key) < way.index(door)
