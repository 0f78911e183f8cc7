"""Dialogues: every node can be come to and left again to an ending, and every condition can become true."""

from typing import Any

from assistants.games.adventure import Adventure
from assistants.games.content import Document, Element
from assistants.games.dialogues import choice, node
from assistants.games.integrity.finding import Finding
from assistants.games.naming import lexicon
from assistants.games.player import solve
from assistants.games.states import State

MATTER = "dialogues"
NOWHERE = "{id}: the node {node} leads to {target}, which is not there."
LOST = "{id}: nothing leads to the node {node}."
STUCK = "{id}: from the node {node} no choice that is always open leads to an ending."
NEVER = "{id}: a choice of the node {node} waits for {target}, which never comes true."
BEGINNING = "{id}: its beginning, {target}, is not there."
MOST_CHOICES = 8


def check(document: Document) -> list[Finding]:
    """Return what is wrong with the trees."""
    state = _all_done(document)
    return [finding for dialogue in document["dialogues"] for finding in _wrong(dialogue, document, state)]


def _all_done(document: Document) -> State | None:
    return solve(Adventure(document), "").state if document["start"] and document["dialogues"] else None


def _wrong(dialogue: Element, document: Document, state: State | None) -> list[Finding]:
    nodes = {one["id"]: one for one in dialogue["nodes"]}
    found = [] if dialogue["start"] in nodes else [_finding(BEGINNING, dialogue, target=dialogue["start"])]
    for one in dialogue["nodes"]:
        for each in one["choices"]:
            if each["to"] not in nodes:
                found.append(_finding(NOWHERE, dialogue, one, each["to"]))
            found += [
                _finding(NEVER, dialogue, one, condition["target"])
                for condition in each["conditions"]
                if state and not _can_hold(condition, document, state)
            ]
    reached = _reached(dialogue, nodes)
    found += [_finding(LOST, dialogue, one) for id, one in nodes.items() if id not in reached]
    ending = _ending(nodes)
    return found + [_finding(STUCK, dialogue, one) for id, one in nodes.items() if id not in ending]


def _finding(template: str, dialogue: Element, at: dict[str, Any] | None = None, target: str = "") -> Finding:
    values = {"id": dialogue["id"], "node": at["id"] if at else "", "target": target}
    return Finding(MATTER, dialogue["id"], template, values)


def _reached(dialogue: Element, nodes: dict[str, Any]) -> set[str]:
    reached: set[str] = set()
    waiting = [dialogue["start"]]
    while waiting:
        id = waiting.pop()
        if id in nodes and id not in reached:
            reached.add(id)
            waiting += [one["to"] for one in nodes[id]["choices"]]
    return reached


def _ending(nodes: dict[str, Any]) -> set[str]:
    """Return the nodes from which choices without a condition lead to an ending, whatever has come to pass."""
    ending = {id for id, one in nodes.items() if one["ending"]}
    while more := {
        id
        for id, one in nodes.items()
        if id not in ending and any(not each["conditions"] and each["to"] in ending for each in one["choices"])
    }:
        ending |= more
    return ending


def _can_hold(condition: dict[str, str], document: Document, state: State) -> bool:
    """Say whether a condition can become true, from a state in which all that can be done is."""
    target = condition["target"]
    match condition["type"]:
        case "has_item":
            sold = (entry["item"] for shop in document["shops"] for entry in shop["stock"])
            return target in state.found or target in sold
        case "flag":
            return target in state.flags
        case "quest_done":
            return state.quests.get(target) == "done"
        case _:
            return target in state.quests


def mend(document: Document) -> list[Finding]:
    """Lead every choice somewhere, every node to an ending, and to every node; free choices that could never be."""
    mended = []
    state = _all_done(document)
    for dialogue in document["dialogues"]:
        lines = lexicon()[document["language"]]["lines"]
        for finding in _wrong(dialogue, document, state):
            _mend(dialogue, finding, lines)
            mended.append(finding)
    return mended


def _mend(dialogue: Element, finding: Finding, lines: dict[str, str]) -> None:
    nodes = {one["id"]: one for one in dialogue["nodes"]}
    target, at = finding.values["target"], nodes.get(finding.values["node"])
    if finding.template == BEGINNING:
        dialogue["start"] = dialogue["nodes"][0]["id"]
    elif at is None:
        return
    elif finding.template == NOWHERE:
        for each in at["choices"]:
            each["to"] = _farewell(dialogue, lines) if each["to"] == target else each["to"]
    elif finding.template == NEVER:
        for each in at["choices"]:
            each["conditions"] = [one for one in each["conditions"] if one["target"] != target]
    elif finding.template == LOST:
        first = nodes[dialogue["start"]] if dialogue["start"] in nodes else dialogue["nodes"][0]
        if len(first["choices"]) < MOST_CHOICES and not first["ending"]:
            first["choices"].append(choice(lines["back"], at["id"]))
        else:
            dialogue["nodes"].remove(at)
    elif not at["choices"]:
        at["ending"] = True
    else:
        if len(at["choices"]) >= MOST_CHOICES:
            at["choices"].pop()
        at["choices"].append(choice(lines["bye"], _farewell(dialogue, lines)))


def _farewell(dialogue: Element, lines: dict[str, str]) -> str:
    """Return an ending of a dialogue, a new one if it has none."""
    for one in dialogue["nodes"]:
        if one["ending"]:
            return str(one["id"])
    dialogue["nodes"].append(node("farewell-0", lines["farewell"]))
    return "farewell-0"
