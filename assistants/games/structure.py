"""The structure of a world: places, keys, quests, dialogues and maps, made by the program so that it can be finished.

It holds together before a model has written a word. Keys come before their locks because every step puts what it needs
where one can be by then. Knows nothing about models; ``integrity`` proves what is promised here.
"""

import random
from dataclasses import dataclass
from typing import Any

from assistants.games import dialogues, maps
from assistants.games.content import FORMAT, KINDS, Document, Element
from assistants.games.elements import OCCASIONS, Maker
from assistants.games.naming import lexicon
from assistants.games.ways import join

STEPS = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}
PALETTES = (
    ("#264653", "#2a9d8f", "#e9c46a", "#f4a261"),
    ("#2b2d42", "#8d99ae", "#edf2f4", "#d90429"),
    ("#606c38", "#283618", "#fefae0", "#dda15e"),
    ("#355070", "#6d597a", "#b56576", "#eaac8b"),
)


@dataclass(frozen=True)
class Size:
    """How large a world of one click is."""

    locations: int = 7
    locks: int = 2
    characters: int = 5
    width: int = 32
    height: int = 20


def empty(name: str, language: str, setting: str = "", tone: str = "") -> Document:
    """Return a world with nothing in it."""
    head = {"format": FORMAT, "name": name, "setting": setting, "tone": tone, "language": language}
    rest: dict[str, Any] = {"rules": [], "factions": [], "palette": [], "start": None, "goal": None, "by": {}}
    return head | rest | {kind: [] for kind in KINDS}


def build(seed: int, language: str, setting: str = "", size: Size = Size()) -> Document:
    """Return a whole world that can be played to its end."""
    chance = random.Random(seed)
    words = lexicon()[language]
    tone = chance.choice(words["tones"])
    document = empty("-", language, setting or words["setting"].format(tone=tone), tone)
    document |= {
        "rules": list(words["rules"]),
        "factions": [{"id": f"faction-{number}", "name": name} for number, name in enumerate(words["factions"], 1)],
        "palette": list(chance.choice(PALETTES)),
    }
    _Builder(document, chance, size).build(seed)
    return document


class _Builder:
    """One world under way."""

    def __init__(self, document: Document, chance: random.Random, size: Size) -> None:
        self.document = document
        self.chance = chance
        self.size = size
        self.make = Maker(document, chance)
        document["name"] = self.make.namer.world()

    def build(self, seed: int) -> None:
        """Fill the document."""
        stages = self._places()
        self._people(stages)
        self._weapon(stages[0])
        quests = self._errands(stages)
        self._ending(stages, quests)
        self._trade(stages[0])
        for character in self.document["characters"]:
            dialogues.add(self.make, character)
            for occasion in self.chance.sample(OCCASIONS, 2):
                self.make.bark(character, occasion)
        self._maps(stages, seed)

    def _places(self) -> list[list[Element]]:
        """Lay the locations out on a grid, and lock some ways; return them by what one needs: none, one key, two..."""
        spots = {(0, 0): self.make.location(1)}
        ways: list[tuple[tuple[int, int], tuple[int, int], str]] = []
        while len(spots) < self.size.locations:
            here = self.chance.choice(list(spots))
            direction = self.chance.choice(list(STEPS))
            there = (here[0] + STEPS[direction][0], here[1] + STEPS[direction][1])
            if there in spots:
                continue
            spots[there] = self.make.location(1)
            ways.append((here, there, direction))
        self.document["start"] = spots[0, 0]["id"]
        # The last places are leaves, or have only later ones behind them: these ways are locked, one after the other.
        locked = ways[len(ways) - self.size.locks :]
        stages: list[list[Element]] = [[] for _ in range(self.size.locks + 1)]
        depth = {(0, 0): 0}
        for here, there, direction in ways:
            depth[there] = locked.index((here, there, direction)) + 1 if (here, there, direction) in locked else 0
            join(spots[here], spots[there], direction)
        for spot, place in spots.items():
            place["level"] = 1 + depth[spot]
            stages[depth[spot]].append(place)
        self._locked = [(spots[here], direction) for here, _, direction in locked]
        return stages

    def _people(self, stages: list[list[Element]]) -> None:
        roles = self.chance.sample(self.make.namer.words["roles"], self.size.characters)
        for number, role in enumerate(roles):
            # Whoever gives a quest stands where one can always come back to.
            self.make.character(stages[0][number % len(stages[0])], role)

    def _weapon(self, near: list[Element]) -> None:
        """Lay out what beats the enemies of the whole world."""
        weapon = self.make.item("weapon", min(20, 1 + self.size.locks))
        self.chance.choice(near)["items"].append(weapon["id"])

    def _errands(self, stages: list[list[Element]]) -> list[Element]:
        """Put each key where it can be had before its lock: on the ground, with an enemy, or as a reward."""
        quests: list[Element] = []
        for number, (place, direction) in enumerate(self._locked):
            key = self.make.item("key", number + 1)
            for exit_ in place["exits"]:
                if exit_["direction"] == direction:
                    exit_["key"] = key["id"]
            open_ = [one for stage in stages[: number + 1] for one in stage]
            quests.append(self._errand(number, key, open_))
        return quests

    def _errand(self, number: int, key: Element, open_: list[Element]) -> Element:
        giver = self.document["characters"][number % len(self.document["characters"])]
        level, prerequisites = number + 1, [quest["id"] for quest in self.document["quests"][-1:]]
        kind = self.chance.choice(("fetch", "deliver", "defeat", "visit"))
        if kind in ("fetch", "deliver"):
            wanted = self.make.item("quest", level)
            self.chance.choice(open_)["items"].append(wanted["id"])
            objective = {"type": kind, "target": wanted["id"], "to": giver["id"] if kind == "deliver" else None}
        elif kind == "defeat":
            foe = self.make.enemy(self.chance.choice(open_), level)
            objective = {"type": kind, "target": foe["id"], "to": None}
        else:
            objective = {"type": kind, "target": self.chance.choice(open_)["id"], "to": None}
        quest = self.make.quest(giver, level, [objective], prerequisites)
        if kind == "defeat" and self.chance.random() < 0.5:
            foe["loot"].append(key["id"])
        else:
            quest["rewards"]["items"].append(key["id"])
        return quest

    def _ending(self, stages: list[list[Element]], quests: list[Element]) -> None:
        """Add the quest that ends the story: what lies behind the last lock is brought home."""
        level = min(20, len(stages))
        treasure = self.make.item("treasure", level)
        last = self.chance.choice(stages[-1])
        guard = self.make.enemy(last, level)
        guard["loot"].append(treasure["id"])
        giver = self.document["characters"][-1]
        objectives = [
            {"type": "deliver", "target": treasure["id"], "to": giver["id"]},
            {"type": "defeat", "target": guard["id"], "to": None},
        ]
        goal = self.make.quest(giver, level, objectives, [quest["id"] for quest in quests[-1:]])
        self.document["goal"] = goal["id"]

    def _trade(self, near: list[Element]) -> None:
        keeper = self.document["characters"][self.size.characters // 2]
        stock = [self.make.item("consumable", 1), self.make.item("consumable", 2), self.make.item("armour", 2)]
        self.make.shop(keeper, stock)
        gift = self.make.item("consumable", 1)
        self.chance.choice(near)["items"].append(gift["id"])

    def _maps(self, stages: list[list[Element]], seed: int) -> None:
        """Draw the country around the start, and the halls or caves behind the last lock."""
        places = [(stages[0][0], "overworld", 0), (stages[-1][0], self.chance.choice(("rooms", "caves")), 1)]
        for number, (place, generator, keys) in enumerate(places):
            plan = maps.Plan(generator, self.size.width, self.size.height, keys)
            add_map(self.make, plan, (seed + number) % 2**32, place)


def add_map(make: Maker, plan: maps.Plan, seed: int, place: Element | None) -> Element:
    """Add a map, and put what is at a place on it: things, enemies and people on tiles that can be reached."""
    from assistants.games import solving

    level = maps.generate(plan, seed)
    added = make.map(level, plan, seed)
    if place is None:
        return added
    place["map"] = added["id"]
    near = solving.reach(level.walkable, level.start)
    taken = {(one["x"], one["y"]) for one in added["places"]}
    free = [(int(x), int(y)) for y, x in zip(*near.nonzero(), strict=True) if (int(x), int(y)) not in taken]
    for kind, ids in _contents(make.document, place).items():
        for id in ids:
            if free:
                x, y = free.pop(make.chance.randrange(len(free)))
                added["places"].append({"type": kind, "x": x, "y": y, "target": id})
    return added


def _contents(document: Document, place: Element) -> dict[str, list[Any]]:
    standing = {
        kind: [one["id"] for one in document[many] if one["location"] == place["id"]]
        for kind, many in (("enemy", "enemies"), ("character", "characters"))
    }
    return {"item": list(place["items"]), **standing}
