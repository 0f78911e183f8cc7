"""More of a kind in a world that there is: made by the program from what the world has, so that it fits in.

Raises ``InvalidInput`` where the world lacks what the new things need, or no thing could be as it was asked for. Knows
nothing about models.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assistants.errors import InvalidInput
from assistants.games import dialogues, maps
from assistants.games.adventure import Adventure
from assistants.games.content import MOST, MOST_MAPS, Document, Element, by_id
from assistants.games.elements import OCCASIONS, Maker
from assistants.games.player import solve
from assistants.games.request import Constraints, Request, plan
from assistants.games.structure import add_map
from assistants.games.ways import free_way, join

LACKING = "This world has no {kind} yet, and these need some. Add {kind} first."
TOO_MANY = "{field} may be at most {limit}: a world holds {most} {kind}."
NONE_LEFT = "{field} may be at most {limit}: that many characters have none yet."
NOT_THERE = "{field} is not among the {kind} of this world."
GIVEN = "{field} is what {id} gives already; there is one of each."
CIRCULAR = "The quest could not be finished as asked: what it needs can't be had before its reward."


def add(document: Document, request: Request, seed: int) -> list[str]:
    """Add as many of a kind as were asked for, in place; return their ids."""
    kind = request.kind
    most = MOST_MAPS if kind == "maps" else MOST
    if len(document[kind]) + request.count > most:
        left = max(0, most - len(document[kind]))
        raise InvalidInput("count", TOO_MANY, limit=left, most=most, kind=kind)
    chance = random.Random(seed)
    adding = _Adding(document, Maker(document, chance), chance, request.constraints, request.count, seed)
    return [element["id"] for element in _MAKERS[kind](adding)]


class _Adding:
    """What is being added, and to what."""

    def __init__(
        self, document: Document, make: Maker, chance: random.Random, asked: Constraints, count: int, seed: int
    ) -> None:
        self.document = document
        self.make = make
        self.chance = chance
        self.asked = asked
        self.count = count
        self.seed = seed

    def any_of(self, kind: str) -> Element:
        """Return one of a kind; raises ``InvalidInput`` where the world has none."""
        if not self.document[kind]:
            raise InvalidInput("world", LACKING, kind=kind)
        return self.chance.choice(self.document[kind])

    def named(self, field: str, kind: str) -> Element | None:
        """Return the thing that a constraint names, if it names one."""
        id = getattr(self.asked, field)
        if id is None:
            return None
        known = by_id(self.document).get(id)
        if known is None or known[0] != kind:
            raise InvalidInput(field, NOT_THERE, kind=kind)
        return known[1]

    def place(self) -> Element:
        """Return the place that was asked for, or any."""
        return self.named("location", "locations") or self.any_of("locations")


def _locations(adding: _Adding) -> list[Element]:
    added = []
    for _ in range(adding.count):
        others = list(adding.document["locations"])
        new = adding.make.location(1)
        adding.chance.shuffle(others)
        for other in others:
            if way := free_way(other, new):
                new["level"] = other["level"]
                join(other, new, way)
                break
        adding.document["start"] = adding.document["start"] or new["id"]
        added.append(new)
    return added


def _characters(adding: _Adding) -> list[Element]:
    return [adding.make.character(adding.place()) for _ in range(adding.count)]


def _items(adding: _Adding) -> list[Element]:
    types = ("weapon", "armour", "treasure", "consumable", "quest")
    added = []
    for _ in range(adding.count):
        place = adding.place()
        item = adding.make.item(adding.asked.type or adding.chance.choice(types), adding.asked.level or place["level"])
        place["items"].append(item["id"])
        added.append(item)
    return added


def _enemies(adding: _Adding) -> list[Element]:
    places = [adding.place() for _ in range(adding.count)]
    return [adding.make.enemy(place, adding.asked.level or place["level"]) for place in places]


def _quests(adding: _Adding) -> list[Element]:
    aims = _aims(adding)
    added = []
    for _ in range(adding.count):
        giver = adding.named("giver", "characters") or adding.any_of("characters")
        level = adding.asked.level or giver["level"]
        before = adding.document["quests"]
        first = [adding.chance.choice(before)["id"]] if before and adding.chance.random() < 0.4 else []
        added.append(adding.make.quest(giver, level, [_objective(adding, aims, giver, level)], first))
    _reward(adding, added)
    adding.document["goal"] = adding.document["goal"] or added[-1]["id"]
    return added


def _aims(adding: _Adding) -> list[tuple[str, str]]:
    """Return what no quest has as its aim yet: places to see, enemies to beat, people to meet."""
    document, used = (
        adding.document,
        {(o["type"], o["target"]) for q in adding.document["quests"] for o in q["objectives"]},
    )
    free = [
        (kind, one["id"])
        for kind, many in (("visit", "locations"), ("defeat", "enemies"), ("talk", "characters"))
        for one in document[many]
    ]
    free = [aim for aim in free if aim not in used]
    adding.chance.shuffle(free)
    return free


def _objective(adding: _Adding, aims: list[tuple[str, str]], giver: Element, level: int) -> dict[str, Any]:
    if wanted := adding.named("requires", "items"):
        return {"type": "fetch", "target": wanted["id"], "to": None}
    if aims and adding.chance.random() < 0.5:
        kind, target = aims.pop()
        if target != giver["id"]:
            return {"type": kind, "target": target, "to": None}
    item = adding.make.item("quest", level)
    adding.any_of("locations")["items"].append(item["id"])
    kind = adding.chance.choice(("fetch", "deliver"))
    return {"type": kind, "target": item["id"], "to": giver["id"] if kind == "deliver" else None}


def _reward(adding: _Adding, added: list[Element]) -> None:
    """Give the reward that was asked for; raises ``InvalidInput`` where it is needed before it can be had."""
    reward = adding.named("reward", "items")
    if reward is None:
        return
    for quest in adding.document["quests"]:
        if reward["id"] in quest["rewards"]["items"]:
            raise InvalidInput("reward", GIVEN, id=quest["id"])
    for _, one in by_id(adding.document).values():
        # There is one of each: it lies nowhere else any more.
        for name in ("items", "loot"):
            if reward["id"] in one.get(name, ()):
                one[name].remove(reward["id"])
    added[0]["rewards"]["items"].append(reward["id"])
    if solve(Adventure(adding.document), added[0]["id"]).commands is None:
        raise InvalidInput("reward", CIRCULAR)


def _without(adding: _Adding, kind: str) -> list[Element]:
    """Return so many characters that have no such thing yet; raises ``InvalidInput``."""
    having = {one["character"] for one in adding.document[kind]}
    free = [one for one in adding.document["characters"] if one["id"] not in having]
    if not adding.document["characters"]:
        raise InvalidInput("world", LACKING, kind="characters")
    if adding.count > len(free):
        raise InvalidInput("count", NONE_LEFT, limit=len(free))
    return adding.chance.sample(free, adding.count)


def _dialogues(adding: _Adding) -> list[Element]:
    return [dialogues.add(adding.make, character) for character in _without(adding, "dialogues")]


def _shops(adding: _Adding) -> list[Element]:
    added = []
    for keeper in _without(adding, "shops"):
        level = keeper["level"]
        stock = [adding.make.item(kind, level) for kind in ("consumable", "weapon", "armour")]
        added.append(adding.make.shop(keeper, stock))
    return added


def _barks(adding: _Adding) -> list[Element]:
    people = [adding.any_of("characters") for _ in range(adding.count)]
    return [adding.make.bark(one, adding.chance.choice(OCCASIONS)) for one in people]


def _maps(adding: _Adding) -> list[Element]:
    wanted, added = plan(adding.asked), []
    for number in range(adding.count):
        place = adding.named("location", "locations") or next(
            (one for one in adding.document["locations"] if one["map"] is None), None
        )
        made: maps.Plan = wanted if adding.asked.generator else _another(wanted, number)
        added.append(add_map(adding.make, made, (adding.seed + number) % 2**32, place))
    return added


def _another(wanted: maps.Plan, number: int) -> maps.Plan:

    return replace(wanted, generator=maps.GENERATORS[number % len(maps.GENERATORS)])


_MAKERS: dict[str, Callable[[_Adding], list[Element]]] = {
    "locations": _locations,
    "characters": _characters,
    "items": _items,
    "enemies": _enemies,
    "quests": _quests,
    "dialogues": _dialogues,
    "shops": _shops,
    "barks": _barks,
    "maps": _maps,
}
