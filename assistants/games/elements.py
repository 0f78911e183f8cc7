"""New things of every kind, as the program makes them: whole and valid, with names and texts that a model may replace.

Knows what a thing of each kind must have; knows nothing about how a world is put together.
"""

import random
from typing import Any

from assistants.games import balance, maps, naming
from assistants.games.content import Document, Element, by_id, elements, free_id
from assistants.games.naming import Namer
from assistants.games.solving import Level

OCCASIONS = ("greeting", "idle", "danger", "farewell")


class Maker:
    """Makes things for a document, each with an id and a name that are free in it; the caller puts them in."""

    def __init__(self, document: Document, chance: random.Random) -> None:
        self.document = document
        self.chance = chance
        self.language: str = document["language"]
        self.namer = Namer(self.language, chance, {one["name"] for _, one in elements(document)})

    def add(self, kind: str, name: str, facts: dict[str, Any], about: dict[str, Any]) -> Element:
        """Add a thing of a kind with what it has of its own; ``about`` fills the slots of its description."""
        described = self.namer.words["describe"].get(kind, "").format(name=name, **about)
        element = {
            "id": free_id(self.document, kind),
            "name": name[:80],
            "description": described[:1].upper() + described[1:],
            "locked": False,
            "by": {},
            **facts,
        }
        self.document[kind].append(element)
        return element

    def location(self, level: int) -> Element:
        """Add a location without exits."""
        facts = {"level": level, "exits": [], "items": [], "map": None}
        return self.add("locations", self.namer.place(), facts, {})

    def character(self, location: Element, role: str | None = None) -> Element:
        """Add a character who stands somewhere."""
        role = role or self.namer.role()
        factions = [one["id"] for one in self.document["factions"]]
        faction = self.chance.choice(factions) if factions and self.chance.random() < 0.6 else None
        facts = {"role": role, "level": location["level"], "location": location["id"], "faction": faction}
        return self.add("characters", self.namer.person(), facts, {"role": role, "location": location["name"]})

    def item(self, kind: str, level: int) -> Element:
        """Add an item that lies nowhere yet."""
        power = balance.strength(level) if kind == "weapon" else level if kind == "armour" else 0
        facts = {"type": kind, "level": level, "price": balance.price(level), "power": power}
        about = {"type": naming.type_name(self.language, kind), "level": level}
        return self.add("items", self.namer.thing(kind), facts, about)

    def enemy(self, location: Element, level: int) -> Element:
        """Add an enemy who bars nothing but holds what it has."""
        facts = {
            "level": level,
            "location": location["id"],
            "health": balance.health(level),
            "damage": balance.damage(level),
            "strength": balance.strength(level),
            "gold": balance.loot(level),
            "loot": [],
        }
        return self.add("enemies", self.namer.foe(), facts, {"location": location["name"]})

    def quest(self, giver: Element, level: int, objectives: list[dict[str, Any]], prerequisites: list[str]) -> Element:
        """Add a quest that pays by its level; its name says what its first objective is."""
        rewards = {"gold": balance.reward(level), "experience": balance.experience(level), "items": []}
        facts = {
            "giver": giver["id"],
            "level": level,
            "prerequisites": prerequisites,
            "objectives": objectives,
            "rewards": rewards,
        }
        return self.add("quests", self.namer.named(self._task(objectives[0])), facts, {"giver": giver["name"]})

    def _task(self, objective: dict[str, Any]) -> str:
        known = by_id(self.document)
        name = known[objective["target"]][1]["name"]
        to = known[objective["to"]][1]["name"] if objective["to"] else ""
        slots = dict.fromkeys(("item", "location", "enemy", "character"), name)
        return naming.line(self.language, "quest", objective["type"], to=to, **slots)

    def shop(self, keeper: Element, stock: list[Element]) -> Element:
        """Add a shop of a character."""
        entries = [{"item": one["id"], "price": balance.price_in_shop(one)} for one in stock]
        name = self.namer.named(self.namer.words["shop"].format(character=keeper["name"]))
        return self.add("shops", name, {"character": keeper["id"], "stock": entries}, {"character": keeper["name"]})

    def bark(self, character: Element, occasion: str) -> Element:
        """Add a line that a character calls out; its description is the line."""
        element = self.add("barks", character["name"], {"character": character["id"], "occasion": occasion}, {})
        element["description"] = self.namer.words["barks"][occasion]
        return element

    def map(self, level: Level, plan: maps.Plan, seed: int) -> Element:
        """Add a map that was made and solved."""
        ground = maps.rows(level)
        places = [
            {"type": "start", "x": level.start[0], "y": level.start[1], "target": None},
            {"type": "exit", "x": level.exit[0], "y": level.exit[1], "target": None},
        ]
        for number, (key, door) in enumerate(zip(level.keys, level.doors, strict=True), 1):
            lock = f"lock-{number}"
            places.append({"type": "key", "x": key[0], "y": key[1], "target": lock})
            places.append({"type": "door", "x": door[0], "y": door[1], "target": lock})
        facts = {
            "generator": plan.generator,
            "seed": seed,
            "width": plan.width,
            "height": plan.height,
            "legend": maps.legend(ground),
            "layers": [{"name": "ground", "rows": ground}],
            "places": places,
        }
        name = self.namer.map(plan.generator)
        return self.add("maps", name, facts, {"width": plan.width, "height": plan.height})
