"""References: every id that something names is there, and is of the kind that is meant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from assistants.games.content import Document, Element, by_id, elements, free_id
from assistants.games.integrity.finding import Finding

MATTER = "references"
MISSING = "{id} names {target}, which is not among the {kind}."
TWICE = "{id} is the id of two things."
DROPPED = "{id} named {target}, which is not there, so that was taken out."
MOVED = "{id} named {target}, which is not there; it is {other} now."
REMOVED = "{id} was taken out, for nothing is left that it belongs to."
RENAMED = "Two things had the id {id}; the second one is {other} now."
NO_START = "The world has no place to begin."
NO_GOAL = "The world has no quest that ends it."
CROSSING = "{id} has two ways {target}."
OBJECTIVES = {"fetch": "items", "deliver": "items", "visit": "locations", "defeat": "enemies", "talk": "characters"}
CONDITIONS = {"has_item": "items", "quest_available": "quests", "quest_active": "quests", "quest_done": "quests"}
EFFECTS = {"start_quest": "quests", "give_item": "items"}
PLACES = {"item": "items", "enemy": "enemies", "character": "characters"}


@dataclass(frozen=True)
class Reference:
    """A place in a thing that names another one; ``drop`` takes that out, ``put`` names yet another, if it can be."""

    owner: Element
    target: str
    kind: str
    drop: Callable[[], None] | None = None
    put: Callable[[str], None] | None = None


def references(document: Document) -> Iterator[Reference]:
    """Yield every reference in a world."""
    for kind, element in list(elements(document)):
        yield from _OF[kind](element) if kind in _OF else ()


def _list(owner: Element, values: list[str], kind: str) -> Iterator[Reference]:
    yield from (Reference(owner, one, kind, lambda one=one: values.remove(one)) for one in list(values))  # type: ignore[misc]


def _field(owner: Element, name: str, kind: str, *, may_drop: bool = False) -> Iterator[Reference]:
    if owner[name] is not None:
        drop = (lambda: owner.__setitem__(name, None)) if may_drop else None
        yield Reference(owner, owner[name], kind, drop, None if may_drop else lambda id: owner.__setitem__(name, id))


def _entries(
    owner: Element, entries: list[Any], kind_of: Callable[[Any], str | None], name: str
) -> Iterator[Reference]:
    """Yield what each entry of a list names; without that the entry is of no use."""
    for entry in list(entries):
        if kind := kind_of(entry):
            yield Reference(owner, entry[name], kind, lambda entry=entry: _without(entries, entry))  # type: ignore[misc]


def _without(entries: list[Any], entry: Any) -> None:
    entries[:] = [one for one in entries if one is not entry]


def _of_location(one: Element) -> Iterator[Reference]:
    yield from _entries(one, one["exits"], lambda _: "locations", "to")
    for exit_ in one["exits"]:
        if exit_["key"] is not None:
            yield Reference(one, exit_["key"], "items", lambda exit_=exit_: exit_.__setitem__("key", None))  # type: ignore[misc]
    yield from _list(one, one["items"], "items")
    yield from _field(one, "map", "maps", may_drop=True)


def _of_quest(one: Element) -> Iterator[Reference]:
    yield from _field(one, "giver", "characters")
    yield from _list(one, one["prerequisites"], "quests")
    yield from _entries(one, one["objectives"], lambda entry: OBJECTIVES[entry["type"]], "target")
    yield from _entries(one, one["objectives"], _receiver, "to")
    yield from _list(one, one["rewards"]["items"], "items")


def _receiver(objective: dict[str, Any]) -> str | None:
    return "characters" if objective["type"] == "deliver" else None


def _standing(place: dict[str, Any]) -> str | None:
    # What stands on a map from elsewhere is of no world.
    return PLACES.get(place["type"]) if place["target"] is not None else None


def _of_dialogue(one: Element) -> Iterator[Reference]:
    yield from _field(one, "character", "characters")
    for node in one["nodes"]:
        for choice in node["choices"]:
            yield from _entries(one, choice["conditions"], lambda entry: CONDITIONS.get(entry["type"]), "target")
            yield from _entries(one, choice["effects"], lambda entry: EFFECTS.get(entry["type"]), "target")


def _of_shop(one: Element) -> Iterator[Reference]:
    yield from _field(one, "character", "characters")
    yield from _entries(one, one["stock"], lambda _: "items", "item")


def _of_enemy(one: Element) -> Iterator[Reference]:
    yield from _field(one, "location", "locations")
    yield from _list(one, one["loot"], "items")


_OF: dict[str, Callable[[Element], Iterator[Reference]]] = {
    "locations": _of_location,
    "characters": lambda one: _field(one, "location", "locations"),
    "enemies": _of_enemy,
    "quests": _of_quest,
    "dialogues": _of_dialogue,
    "shops": _of_shop,
    "barks": lambda one: _field(one, "character", "characters"),
    "maps": lambda one: _entries(one, one["places"], _standing, "target"),
}


def _wrong(document: Document) -> list[Reference]:
    known = {id: kind for id, (kind, _) in by_id(document).items()}
    return [one for one in references(document) if known.get(one.target) != one.kind]


def check(document: Document) -> list[Finding]:
    """Return every id that leads nowhere, or to something of another kind, and those that two things have."""
    found = [
        Finding(MATTER, one.owner["id"], MISSING, {"id": one.owner["id"], "target": one.target, "kind": one.kind})
        for one in _wrong(document)
    ]
    ids = [element["id"] for _, element in elements(document)]
    found += [Finding(MATTER, id, TWICE, {"id": id}) for id in sorted({id for id in ids if ids.count(id) > 1})]
    factions = {faction["id"] for faction in document["factions"]}
    for character in document["characters"]:
        if character["faction"] is not None and character["faction"] not in factions:
            values = {"id": character["id"], "target": character["faction"], "kind": "factions"}
            found.append(Finding(MATTER, character["id"], MISSING, values))
    for place, exit_ in _crossings(document):
        found.append(Finding(MATTER, place["id"], CROSSING, {"id": place["id"], "target": exit_["direction"]}))
    return found + _ends(document)


def _crossings(document: Document) -> list[tuple[Element, dict[str, Any]]]:
    found = []
    for place in document["locations"]:
        seen: set[str] = set()
        for exit_ in place["exits"]:
            if exit_["direction"] in seen:
                found.append((place, exit_))
            seen.add(exit_["direction"])
    return found


def _ends(document: Document) -> list[Finding]:
    """Return whether a world with places has a beginning, and one with quests an end."""
    places, quests = ([one["id"] for one in document[kind]] for kind in ("locations", "quests"))
    found = []
    if document["start"] not in places and (places or document["start"]):
        found.append(Finding(MATTER, None, NO_START))
    if document["goal"] not in quests and (quests or document["goal"]):
        found.append(Finding(MATTER, None, NO_GOAL))
    return found


def mend(document: Document) -> list[Finding]:
    """Take out what leads nowhere, and give what cannot do without another."""
    mended = _rename(document)
    for character in document["characters"]:
        if character["faction"] not in (None, *(faction["id"] for faction in document["factions"])):
            mended.append(_dropped(character, character["faction"]))
            character["faction"] = None
    for place, exit_ in _crossings(document):
        _without(place["exits"], exit_)
        mended.append(_dropped(place, exit_["direction"]))
    # What goes may have been named itself.
    while wrong := _wrong(document):
        for one in wrong:
            mended.append(_mend(document, one))
        mended += _remove_empty(document)
    for finding in _ends(document):
        name, kind, which = ("start", "locations", 0) if finding.template == NO_START else ("goal", "quests", -1)
        document[name] = document[kind][which]["id"] if document[kind] else None
        mended.append(finding)
    return mended


def _dropped(owner: Element, target: str) -> Finding:
    return Finding(MATTER, owner["id"], DROPPED, {"id": owner["id"], "target": target})


def _mend(document: Document, one: Reference) -> Finding:
    values = {"id": one.owner["id"], "target": one.target}
    if one.drop:
        one.drop()
        return Finding(MATTER, one.owner["id"], DROPPED, values)
    others = [other["id"] for other in document[one.kind]]
    if others and one.put and "nodes" not in one.owner and "occasion" not in one.owner and "stock" not in one.owner:
        other = document["start"] if document["start"] in others else others[0]
        one.put(other)
        return Finding(MATTER, one.owner["id"], MOVED, values | {"other": other})
    for kind, element in list(elements(document)):
        if element is one.owner:
            _without(document[kind], element)
    return Finding(MATTER, one.owner["id"], REMOVED, {"id": one.owner["id"]})


def _remove_empty(document: Document) -> list[Finding]:
    empty = [quest for quest in document["quests"] if not quest["objectives"]]
    for quest in empty:
        _without(document["quests"], quest)
    return [Finding(MATTER, quest["id"], REMOVED, {"id": quest["id"]}) for quest in empty]


def _rename(document: Document) -> list[Finding]:
    seen: set[str] = set()
    mended = []
    for kind, element in list(elements(document)):
        if element["id"] in seen:
            old, element["id"] = element["id"], free_id(document, kind)
            mended.append(Finding(MATTER, element["id"], RENAMED, {"id": old, "other": element["id"]}))
        seen.add(element["id"])
    return mended
