"""Words: no two things of a kind have nearly the same name; barks and talks go by what is said in them."""

import random

from assistants.games.content import Document, Element, elements
from assistants.games.integrity.finding import Finding
from assistants.games.likeness import near
from assistants.games.naming import Namer

MATTER = "words"
ALIKE = "{id} is called nearly as {target} is: {name}."
NAMED = ("locations", "characters", "items", "enemies", "quests", "maps")


def check(document: Document) -> list[Finding]:
    """Return the things that are called nearly as another of their kind is."""
    found = []
    for kind in NAMED:
        for one, other in _alike(document[kind]):
            values = {"id": one["id"], "target": other["id"], "name": one["name"]}
            found.append(Finding(MATTER, one["id"], ALIKE, values))
    return found


def _alike(things: list[Element]) -> list[tuple[Element, Element]]:
    return [(things[one], things[other]) for one, other in near([thing["name"] for thing in things])]


def mend(document: Document) -> list[Finding]:
    """Give the later of two things a name of the program's own, unless a person named it."""
    namer = Namer(document["language"], random.Random(0), {one["name"] for _, one in elements(document)})
    news = {
        "locations": lambda _: namer.place(),
        "characters": lambda _: namer.person(),
        "items": lambda one: namer.thing(one["type"]),
        "enemies": lambda _: namer.foe(),
        "quests": lambda one: namer.named(one["name"]),
        "maps": lambda one: namer.named(one["name"]),
    }
    mended = check(document)
    for kind in NAMED:
        for one, _ in _alike(document[kind]):
            if not one["locked"] and one["by"].get("name") != "person":
                one["name"] = news[kind](one)[:80]
                one["by"].pop("name", None)
    return mended
