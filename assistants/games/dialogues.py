"""Dialogues as trees: what a character can be asked, which quests they give, and how every talk comes to its end.

Made by the program, node by node; a model may put the lines into other words. Knows nothing about quests beyond whose
they are.
"""

from typing import Any

from assistants.games.content import Element, by_id
from assistants.games.elements import Maker

Node = dict[str, Any]
# A talk has room for so many; what else a character asks for, the adventure offers without a talk.
MOST_QUESTS = 2


def node(id: str, text: str, choices: list[dict[str, Any]] | None = None) -> Node:
    """Return a node; one without choices is an ending."""
    return {"id": id, "text": text, "ending": not choices, "choices": choices or []}


def choice(text: str, to: str, condition: tuple[str, str] | None = None, effect: tuple[str, str] | None = None) -> Node:
    """Return a choice that leads to a node, maybe on a condition and with an effect."""
    conditions = [{"type": condition[0], "target": condition[1]}] if condition else []
    effects = [{"type": effect[0], "target": effect[1]}] if effect else []
    return {"text": text, "to": to, "conditions": conditions, "effects": effects}


def add(make: Maker, character: Element) -> Element:
    """Add the dialogue of a character: a greeting, a word on the place, and what they have to do with quests."""
    lines = make.namer.words["lines"]
    place = by_id(make.document)[character["location"]][1]
    facts = {"character": character["name"], "role": character["role"], "location": place["name"]}
    nodes = [
        node("hint", lines["hint"].format(**facts), [choice(lines["back"], "greet"), choice(lines["bye"], "farewell")]),
        node("farewell", lines["farewell"]),
    ]
    first = [choice(lines["ask"], "hint")]
    quests = [quest for quest in make.document["quests"] if quest["giver"] == character["id"]]
    for number, quest in enumerate(quests[:MOST_QUESTS], 1):
        added, opened = _about(quest, number, lines)
        nodes += added
        first += opened
    first.append(choice(lines["bye"], "farewell"))
    nodes.insert(0, node("greet", lines["greet"].format(**facts), first))
    name = make.namer.named(make.namer.words["dialogue"].format(character=character["name"]))
    about = {"character": character["name"]}
    return make.add("dialogues", name, {"character": character["id"], "start": "greet", "nodes": nodes}, about)


def _about(quest: Element, number: int, lines: dict[str, str]) -> tuple[list[Node], list[Node]]:
    """Return the nodes about a quest, and the choices that lead there."""
    id, end = quest["id"], f"-{number}"
    detail = lines["detail"].format(quest=quest["name"])
    nodes = [
        node(
            f"offer{end}",
            detail,
            [
                choice(lines["accept"], f"accepted{end}", ("quest_available", id), ("start_quest", id)),
                choice(lines["decline"], f"declined{end}"),
            ],
        ),
        node(f"accepted{end}", lines["accepted"]),
        node(f"declined{end}", lines["declined"], [choice(lines["back"], "greet"), choice(lines["bye"], "farewell")]),
        node(f"waiting{end}", lines["waiting"]),
        node(f"thanks{end}", lines["thanks"], [choice(lines["bye"], "farewell")]),
    ]
    opened = [
        choice(lines["offer"], f"offer{end}", ("quest_available", id)),
        choice(lines["wait"], f"waiting{end}", ("quest_active", id)),
        choice(lines["done"], f"thanks{end}", ("quest_done", id)),
    ]
    return nodes, opened
