"""Integrity: each thing that can be wrong is found, and mended so that a world holds together again."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from assistants.games import integrity, structure
from assistants.games.content import by_id

Document = dict[str, Any]


def damaged(document: Document, matter: str) -> None:
    """Do one thing to a world that must not be."""
    quests, people, places = document["quests"], document["characters"], document["locations"]
    nodes = document["dialogues"][0]["nodes"]
    one = by_id(document)
    match matter:
        case "an item that is not there":
            places[0]["items"].append("item-999")
        case "a character as an item":
            places[0]["items"].append(people[0]["id"])
        case "a quest of nobody":
            quests[0]["giver"] = "character-999"
        case "a lost enemy":
            document["enemies"][0]["location"] = "nowhere"
        case "a shop of nobody":
            document["shops"][0]["character"] = "nobody"
        case "the same id twice":
            people[1]["id"] = people[0]["id"]
        case "no beginning":
            document["start"] = "nowhere"
        case "no end":
            document["goal"] = None
        case "two ways north":
            places[0]["exits"] *= 2
        case "a faction that is not there":
            people[0]["faction"] = "faction-9"
        case "quests in a circle":
            quests[0]["prerequisites"] = [quests[-1]["id"]]
        case "a quest after itself":
            quests[0]["prerequisites"] = [quests[0]["id"]]
        case "a reward needed to begin":
            reward = document["items"][-1]["id"]
            for place in places:
                place["items"] = [item for item in place["items"] if item != reward]
            quests[0]["objectives"] = [{"type": "fetch", "target": reward, "to": None}]
            quests[0]["rewards"]["items"].append(reward)
        case "a key behind its door":
            locked = next(exit_ for place in places for exit_ in place["exits"] if exit_["key"])
            for holder in [*places, *document["enemies"], *(quest["rewards"] for quest in quests)]:
                name = "loot" if "loot" in holder else "items"
                holder[name] = [item for item in holder[name] if item != locked["key"]]
            one[locked["to"]][1]["items"].append(locked["key"])
        case "an island":
            places[-1]["exits"] = []
            for place in places:
                place["exits"] = [exit_ for exit_ in place["exits"] if exit_["to"] != places[-1]["id"]]
        case "an enemy beyond anybody":
            document["enemies"][-1]["strength"] = 9999
        case "a choice to nowhere":
            nodes[0]["choices"][0]["to"] = "gone"
        case "a node nobody comes to":
            nodes.append({"id": "lost", "text": "Hm.", "ending": True, "choices": []})
        case "a talk without an end":
            for node in nodes:
                node["choices"] = [choice for choice in node["choices"] if choice["to"] != "farewell"]
        case "a condition that never holds":
            never = {"type": "flag", "target": "never"}
            nodes[0]["choices"][0]["conditions"].append(never)
        case "a talk that begins nowhere":
            document["dialogues"][0]["start"] = "nowhere"
        case "an exit in a wall":
            document["maps"][1]["places"][1] |= {"x": 0, "y": 0}
        case "a map without a start":
            document["maps"][0]["places"] = document["maps"][0]["places"][1:]
        case "a door without a key":
            places_ = document["maps"][1]["places"]
            places_[:] = [place for place in places_ if place["type"] != "key"]
        case "a price out of all bounds":
            document["items"][0]["price"] = 1_000_000
        case "a free quest":
            quests[0]["rewards"] |= {"gold": 0, "experience": 0}
        case _:
            document["items"][1]["name"] = document["items"][0]["name"].upper()


MATTERS = [
    "an item that is not there", "a character as an item", "a quest of nobody", "a lost enemy", "a shop of nobody",
    "the same id twice", "no beginning", "no end", "two ways north", "a faction that is not there",
    "quests in a circle", "a quest after itself", "a reward needed to begin", "a key behind its door", "an island",
    "an enemy beyond anybody", "a choice to nowhere", "a node nobody comes to", "a talk without an end",
    "a condition that never holds", "a talk that begins nowhere", "an exit in a wall", "a map without a start",
    "a door without a key", "a price out of all bounds", "a free quest", "the same name twice",
]  # fmt: skip


@pytest.mark.parametrize("matter", MATTERS)
def test_what_is_wrong_is_found_and_mended(matter: str) -> None:
    document = structure.build(3, "en")
    assert integrity.check(document).wrong == []
    damaged(document, matter)
    assert integrity.check(document).wrong
    report = integrity.mend(document)
    assert report.mended and report.wrong == []
    assert integrity.mend(copy.deepcopy(document)).mended == []


def test_much_at_once_is_mended_too() -> None:
    document = structure.build(4, "zh")
    for matter in MATTERS:
        damaged(document, matter)
    assert integrity.mend(document).wrong == []


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(extra=1),
        lambda one: one["items"][0].update(price=-1),
        lambda one: one["items"][0].update(name=""),
        lambda one: one["locations"][0].pop("exits"),
        lambda one: one["characters"][0].update(id="Not An Id"),
        lambda one: one["maps"][0].update(width=100_000),
    ],
)
def test_what_is_no_world_is_said_to_be_none(change: Callable[[Document], None]) -> None:
    document = structure.build(3, "en")
    change(document)
    [finding] = integrity.check(document).wrong
    assert finding.matter == "schema"


def test_what_a_person_locked_stays_as_it_is() -> None:
    document = structure.build(3, "en")
    document["items"][0] |= {"price": 77_777, "locked": True}
    report = integrity.mend(document)
    assert document["items"][0]["price"] == 77_777 and report.wrong == []
