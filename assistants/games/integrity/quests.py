"""Quests: what they require goes in no circle, and every one of them can be finished, by a search over states."""

from graphlib import CycleError, TopologicalSorter

from assistants.games.adventure import Adventure
from assistants.games.content import Document, Element, by_id
from assistants.games.integrity.finding import Finding
from assistants.games.player import Solved, solve
from assistants.games.states import State
from assistants.games.ways import free_way, join

MATTER = "quests"
CIRCLE = "{id} can begin only after itself, by way of {target}."
UNDONE = "{id} cannot be finished: {cause}."
UNSURE = "{id} may not be finished: the search was given up after {states} states."
UNLINKED = "{id} no longer waits for {target}, which waits for it."
LAID = "{target} could not be had, so it lies at {other} now."
WEAKER = "{id} was too strong for whatever can be found, so its strength is {target} now."
OPENED = "{target} could not be reached, so a way leads there from {other} now."
UNLOCKED = "The way from {other} to {target} had a key that cannot be had, so it is open now."
ROUNDS = 12


def check(document: Document) -> list[Finding]:
    """Return the circles, and the quests that cannot be finished."""
    circle = _circle(document)
    if circle:
        return [Finding(MATTER, circle[0], CIRCLE, {"id": circle[0], "target": circle[1]})]
    if not document["quests"] or not document["start"]:
        return []
    solved, undone = _undone(document)
    if undone and not solved.is_sure:
        return [Finding(MATTER, quest["id"], UNSURE, {"id": quest["id"], "states": solved.states}) for quest in undone]
    return [
        Finding(MATTER, quest["id"], UNDONE, {"id": quest["id"], "cause": _cause(document, quest, solved.state)})
        for quest in undone
    ]


def _undone(document: Document) -> tuple[Solved, list[Element]]:
    """Return how far the search for all came, and the quests that cannot be finished, each tried by itself."""
    adventure = Adventure(document)
    whole = solve(adventure, "")
    left = [quest for quest in document["quests"] if whole.state.quests.get(quest["id"]) != "done"]
    # Two may need the same thing and each still be possible.
    undone = []
    for quest in left:
        alone = solve(adventure, quest["id"])
        if alone.commands is None:
            undone.append(quest)
            whole.is_sure = whole.is_sure and alone.is_sure
    return whole, undone


def _circle(document: Document) -> list[str]:
    graph = {quest["id"]: quest["prerequisites"] for quest in document["quests"]}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # A quest that waits for the next one, which waits ... for it.
        return list(reversed(error.args[1]))
    return []


def _cause(document: Document, quest: Element, state: State) -> str:
    """Return what is missing, in short: the ids."""
    if quest["id"] not in state.quests:
        waiting = [one for one in quest["prerequisites"] if state.quests.get(one) != "done"]
        return ", ".join(waiting) or str(quest["giver"])
    met = Adventure(document)
    return ", ".join(one["target"] for one in quest["objectives"] if not met.is_done(quest["id"], one, state))


def mend(document: Document) -> list[Finding]:
    """Undo the circles, then bring within reach what a quest needs, one thing after the other."""
    mended = []
    while circle := _circle(document):
        one, other = circle[0], circle[1]
        quest = by_id(document)[one][1]
        if other not in quest["prerequisites"]:
            one, other = other, one
            quest = by_id(document)[one][1]
        quest["prerequisites"].remove(other)
        mended.append(Finding(MATTER, one, UNLINKED, {"id": one, "target": other}))
    if not document["quests"] or not document["start"]:
        return mended
    for _ in range(ROUNDS):
        solved, undone = _undone(document)
        found = next(filter(None, (_help(document, quest, solved.state) for quest in undone)), None)
        if found is None:
            break
        mended.append(found)
    return mended


def _help(document: Document, quest: Element, state: State) -> Finding | None:
    """Change one thing that a quest cannot be finished without, if one is found."""
    known, adventure = by_id(document), Adventure(document)
    if quest["id"] not in state.quests:
        return _lead_to(document, known[quest["giver"]][1]["location"], state)
    for one in quest["objectives"]:
        if adventure.is_done(quest["id"], one, state):
            continue
        kind, target = known[one["target"]]
        if one["type"] == "defeat":
            power = adventure.power(state)
            if target["location"] not in state.visited:
                return _lead_to(document, target["location"], state)
            if target["strength"] > power:
                target["strength"] = power
                return Finding(MATTER, target["id"], WEAKER, {"id": target["id"], "target": power})
        elif kind == "items" and target["id"] not in state.found:
            return _lay(document, target["id"])
        elif one["type"] == "visit":
            return _lead_to(document, target["id"], state)
        elif kind == "characters":
            return _lead_to(document, target["location"], state)
        elif one["type"] == "deliver":
            return _lead_to(document, known[one["to"]][1]["location"], state)
    return None


def _lay(document: Document, item: str) -> Finding | None:
    start = by_id(document)[document["start"]][1]
    if item in start["items"]:
        return None
    start["items"].append(item)
    return Finding(MATTER, item, LAID, {"target": item, "other": start["id"]})


def _lead_to(document: Document, place: str, state: State) -> Finding | None:
    """Let a place be reached: by its key, by an open way, or by a new one."""
    if place in state.visited:
        return None
    known = by_id(document)
    for visited in sorted(state.visited):
        for exit_ in known[visited][1]["exits"]:
            if exit_["to"] in state.visited or not exit_["key"]:
                continue
            key = exit_["key"]
            if key not in state.found and (laid := _lay(document, key)):
                return laid
            exit_["key"] = None
            return Finding(MATTER, visited, UNLOCKED, {"other": visited, "target": exit_["to"]})
    for visited in sorted(state.visited):
        if way := free_way(known[visited][1], known[place][1]):
            join(known[visited][1], known[place][1], way)
            return Finding(MATTER, place, OPENED, {"target": place, "other": visited})
    return None
