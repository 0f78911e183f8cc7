"""The text adventure: the rules of a world, and the state of somebody who plays it.

The same commands lead to the same state, always. A command is a verb and ids (``take item-3``, ``go north``), or what a
person types. What is told has the names and texts of the world, which decide nothing. Knows nothing about models, nor
where a game is kept.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistants.games.content import Document, Element, by_id
from assistants.games.states import Line, Option, State

# What changes nothing, so that it is no part of a game.
LOOKS = ("look", "inventory", "quests", "help")


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("adventure.yaml").read_text(encoding="utf-8"))


class Adventure:
    """A world as one plays it; holds no state of a player."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.words = _words()[document["language"]]
        self._known = by_id(document)
        self.dialogues: dict[str, Element] = {}
        for one in document["dialogues"]:
            self.dialogues.setdefault(one["character"], one)
        self._starts = {
            effect["target"]: dialogue["character"]
            for dialogue in document["dialogues"]
            for node in dialogue["nodes"]
            for choice in node["choices"]
            for effect in choice["effects"]
            if effect["type"] == "start_quest"
        }

    def element(self, id: str) -> Element:
        """Return a thing of the world."""
        return self._known[id][1]

    def name(self, id: str) -> str:
        """Return the name of a thing."""
        return str(self._known[id][1]["name"]) if id in self._known else id

    def begin(self) -> tuple[State, list[Line]]:
        """Return the state at the start and what a player sees."""
        state = State(self.document["start"])
        state.visited.add(state.location)
        return state, self._look(state)

    # What can be done

    def options(self, state: State) -> list[Option]:
        """Return all that can be done now, in the order of the page."""
        return [Option(command, self._label(command, state)) for command in self._commands(state)]

    def _commands(self, state: State) -> Iterator[str]:
        if state.talk:
            yield from (f"say {number}" for number, _ in self.choices(state))
            yield "leave"
            return
        place = self.element(state.location)
        yield from (f"take {item}" for item in place["items"] if item not in state.found)
        for character in self.present(state):
            if character["id"] in self.dialogues or character["id"] not in state.met:
                yield f"talk {character['id']}"
            yield from (f"accept {quest}" for quest in self._offered(character["id"], state))
            yield from self._gifts(character["id"], state)
            yield from (f"buy {item}" for item, price in self.stock(character["id"]) if item not in state.found)
        yield from (f"fight {enemy['id']}" for enemy in self.foes(state))
        for exit_ in place["exits"]:
            if self.is_shut(state, exit_):
                if exit_["key"] in state.inventory:
                    yield f"unlock {exit_['direction']}"
            else:
                yield f"go {exit_['direction']}"

    def _offered(self, character: str, state: State) -> list[str]:
        """Return the quests that a character gives without a word: those that no dialogue begins."""
        return [
            quest["id"]
            for quest in self.document["quests"]
            if quest["giver"] == character and quest["id"] not in self._starts and self.is_available(quest, state)
        ]

    def _gifts(self, character: str, state: State) -> Iterator[str]:
        for quest, objective in self._deliveries(state):
            item = objective["target"]
            if objective["to"] == character and item in state.inventory and (quest, item) not in state.given:
                yield f"give {item} {character}"

    def _deliveries(self, state: State) -> Iterator[tuple[str, dict[str, Any]]]:
        for quest in self.document["quests"]:
            if state.quests.get(quest["id"]) == "active":
                yield from ((quest["id"], one) for one in quest["objectives"] if one["type"] == "deliver")

    def stock(self, character: str) -> list[tuple[str, int]]:
        """Return what a character sells, with prices."""
        shops = (shop for shop in self.document["shops"] if shop["character"] == character)
        return [(entry["item"], entry["price"]) for shop in shops for entry in shop["stock"]]

    def present(self, state: State) -> list[Element]:
        """Return the characters where the player is."""
        return [one for one in self.document["characters"] if one["location"] == state.location]

    def foes(self, state: State) -> list[Element]:
        """Return the enemies where the player is."""
        enemies = self.document["enemies"]
        return [one for one in enemies if one["location"] == state.location and one["id"] not in state.defeated]

    def choices(self, state: State) -> list[tuple[int, dict[str, Any]]]:
        """Return the choices of the talk that are open now, by their number in it."""
        if not state.talk:
            return []
        node = self._node(*state.talk)
        numbered = enumerate(node["choices"] if node else (), 1)
        return [(number, one) for number, one in numbered if all(self.holds(c, state) for c in one["conditions"])]

    def _node(self, dialogue: str, node: str) -> dict[str, Any] | None:
        return next((one for one in self.element(dialogue)["nodes"] if one["id"] == node), None)

    def _choice(self, state: State, number: str) -> dict[str, Any]:
        return next(one for place, one in self.choices(state) if place == int(number))

    def holds(self, condition: dict[str, str], state: State) -> bool:
        """Say whether a condition of a choice is true now."""
        target = condition["target"]
        match condition["type"]:
            case "has_item":
                return target in state.inventory
            case "flag":
                return target in state.flags
            case "quest_available":
                return self.is_available(self.element(target), state)
            case "quest_active":
                return state.quests.get(target) == "active"
            case _:
                return state.quests.get(target) == "done"

    @staticmethod
    def is_available(quest: Element, state: State) -> bool:
        """Say whether a quest can begin now."""
        before = all(state.quests.get(one) == "done" for one in quest["prerequisites"])
        return quest["id"] not in state.quests and before

    @staticmethod
    def is_shut(state: State, exit_: dict[str, Any]) -> bool:
        """Say whether a way from where the player is, is still locked."""
        return bool(exit_["key"]) and (state.location, exit_["direction"]) not in state.opened

    def power(self, state: State) -> int:
        """Return what a player can beat: themselves, their best weapon and their best armour."""
        carried = [self.element(item) for item in state.inventory]
        best = [
            max((one["power"] for one in carried if one["type"] == kind), default=0) for kind in ("weapon", "armour")
        ]
        return 1 + sum(best)

    def _label(self, command: str, state: State) -> str:
        verb, *rest = command.split()
        labels, directions = self.words["labels"], self.words["directions"]
        match verb:
            case "go" | "unlock":
                exit_ = self.exit(state, rest[0])
                place = self.name(exit_["to"]) if exit_ else ""
                return str(labels[verb]).format(direction=directions[rest[0]], place=place)
            case "say":
                return str(labels[verb]).format(text=self._choice(state, rest[0])["text"])
            case "buy":
                price = next(price for one in self.present(state) for item, price in self.stock(one["id"])
                             if item == rest[0])  # fmt: skip
                return str(labels[verb]).format(item=self.name(rest[0]), price=price)
            case _:
                name = self.name(rest[0]) if rest else ""
                slots = dict.fromkeys(("item", "enemy", "quest", "character"), name)
                return str(labels[verb]).format(**slots | ({"character": self.name(rest[1])} if rest[1:] else {}))

    def exit(self, state: State, direction: str) -> dict[str, Any] | None:
        """Return the way that leads in a direction from where the player is, if there is one."""
        exits = self.element(state.location)["exits"]
        return next((one for one in exits if one["direction"] == direction), None)

    # What comes of it

    def do(self, state: State, command: str) -> tuple[State, list[Line]]:
        """Return the state after a command, and what a player is told; a command that cannot be is refused in words."""
        told = self._aside(state, command)
        if told is not None:
            return state, told
        if command not in self._commands(state):
            return state, [Line("refused", self._refusal(state, command))]
        after = state.copy()
        verb, *rest = command.split()
        lines = list(getattr(self, f"_{verb}")(after, *rest))
        lines += self._settle(after)
        return after, lines

    def _aside(self, state: State, command: str) -> list[Line] | None:
        match command:
            case "look":
                return self._look(state)
            case "inventory":
                items = ", ".join(map(self.name, state.inventory)) or self.words["nothing"]
                numbers = {"gold": state.gold, "experience": state.experience, "power": self.power(state)}
                return [self._line("event", "carry", items=items, **numbers)]
            case "quests":
                quests = [
                    self.words["finished" if status == "done" else "active"].format(quest=self.name(quest))
                    for quest, status in state.quests.items()
                ]
                return [self._line("event", "quests", quests=", ".join(quests) or self.words["none"])]
            case "help":
                options = "; ".join(option.label for option in self.options(state))
                return [self._line("event", "help", options=options)]
        return None

    def _refusal(self, state: State, command: str) -> str:
        verb, _, rest = command.partition(" ")
        if state.talk:
            return str(self.words["talking"])
        if verb in ("go", "unlock") and rest in self.words["directions"]:
            exit_, direction = self.exit(state, rest), self.words["directions"][rest]
            if exit_ and exit_["key"]:
                return str(self.words["is_locked"]).format(direction=direction, key=self.name(exit_["key"]))
            return str(self.words["no_exit"]).format(direction=direction)
        return str(self.words["unknown"])

    def _line(self, kind: str, key: str, /, **values: Any) -> Line:
        return Line(kind, str(self.words[key]).format(**values))

    def _look(self, state: State) -> list[Line]:
        place = self.element(state.location)
        directions, lines = (
            self.words["directions"],
            [Line("place", f"{place['name']}\n{place['description']}".strip())],
        )
        seen = {
            "here": [self.name(item) for item in place["items"] if item not in state.found],
            "people": [one["name"] for one in self.present(state)],
            "foes": [one["name"] for one in self.foes(state)],
        }
        slots = {"here": "things", "people": "people", "foes": "foes"}
        lines += [self._line("place", key, **{slots[key]: ", ".join(names)}) for key, names in seen.items() if names]
        exits = [
            self.words["locked"].format(direction=directions[one["direction"]])
            if self.is_shut(state, one) else directions[one["direction"]]
            for one in place["exits"]
        ]  # fmt: skip
        return [*lines, self._line("place", "exits", exits=", ".join(exits) or self.words["none"])]

    def _go(self, state: State, direction: str) -> Iterator[Line]:
        exit_ = self.exit(state, direction)
        assert exit_ is not None, "it was among the options"
        yield self._line("event", "go", direction=self.words["directions"][direction])
        state.location = exit_["to"]
        state.visited.add(state.location)
        yield from self._look(state)

    def _unlock(self, state: State, direction: str) -> Iterator[Line]:
        exit_ = self.exit(state, direction)
        assert exit_ is not None, "it was among the options"
        state.opened.add((state.location, direction))
        key = self.name(exit_["key"])
        yield self._line("event", "unlock", direction=self.words["directions"][direction], key=key)

    def _take(self, state: State, item: str) -> Iterator[Line]:
        yield from self._get(state, item, "take")

    def _get(self, state: State, item: str, how: str = "get") -> Iterator[Line]:
        """Let a player have an item, once: there is one of each."""
        if item not in state.found:
            state.found.add(item)
            state.inventory.append(item)
            yield self._line("event", how, item=self.name(item))

    def _talk(self, state: State, character: str) -> Iterator[Line]:
        state.met.add(character)
        if dialogue := self.dialogues.get(character):
            yield from self._hear(state, dialogue["id"], dialogue["start"])

    def _hear(self, state: State, dialogue: str, node: str) -> Iterator[Line]:
        if (said := self._node(dialogue, node)) is None:
            # A tree that leads nowhere ends there; ``integrity`` says so.
            state.talk = None
            return
        speaker = self.name(self.element(dialogue)["character"])
        yield self._line("said", "says", character=speaker, text=said["text"])
        state.talk = (dialogue, node)
        if said["ending"] or not self.choices(state):
            state.talk = None

    def _say(self, state: State, number: str) -> Iterator[Line]:
        choice = self._choice(state, number)
        dialogue = state.talk[0] if state.talk else ""
        yield self._line("said", "you", text=choice["text"])
        for effect in choice["effects"]:
            match effect["type"]:
                case "start_quest":
                    yield from self._accept(state, effect["target"])
                case "give_item":
                    yield from self._get(state, effect["target"])
                case _:
                    state.flags.add(effect["target"])
        yield from self._hear(state, dialogue, choice["to"])

    def _leave(self, state: State) -> Iterator[Line]:
        state.talk = None
        yield self._line("event", "leave")

    def _accept(self, state: State, quest: str) -> Iterator[Line]:
        if self.is_available(self.element(quest), state):
            state.quests[quest] = "active"
            yield self._line("event", "begun", quest=self.name(quest))

    def _give(self, state: State, item: str, character: str) -> Iterator[Line]:
        state.inventory.remove(item)
        wanted = [quest for quest, one in self._deliveries(state) if (one["target"], one["to"]) == (item, character)]
        state.given.update((quest, item) for quest in wanted)
        yield self._line("event", "give", item=self.name(item), character=self.name(character))

    def _fight(self, state: State, enemy: str) -> Iterator[Line]:
        foe, power = self.element(enemy), self.power(state)
        if power < foe["strength"]:
            yield self._line("event", "lose", enemy=foe["name"], strength=foe["strength"], power=power)
            return
        state.defeated.add(enemy)
        yield self._line("event", "fight", enemy=foe["name"])
        yield from self._earn(state, foe["gold"], foe["loot"])

    def _earn(self, state: State, gold: int, items: list[str]) -> Iterator[Line]:
        if gold:
            state.gold += gold
            yield self._line("event", "gold", gold=gold)
        for item in items:
            yield from self._get(state, item)

    def _buy(self, state: State, item: str) -> Iterator[Line]:
        price = next(price for one in self.present(state) for known, price in self.stock(one["id"]) if known == item)
        if price > state.gold:
            yield self._line("event", "poor", item=self.name(item), price=price, gold=state.gold)
            return
        state.gold -= price
        state.found.add(item)
        state.inventory.append(item)
        yield self._line("event", "pay", item=self.name(item), price=price, gold=state.gold)

    def _settle(self, state: State) -> Iterator[Line]:
        """End the quests whose objectives are met, and tell of it, until none is left."""
        while done := [one for one in self.document["quests"] if self._is_met(one, state)]:
            for quest in done:
                state.quests[quest["id"]] = "done"
                yield self._line("event", "done", quest=quest["name"])
                rewards = quest["rewards"]
                state.experience += rewards["experience"]
                yield from self._earn(state, rewards["gold"], rewards["items"])
                if quest["id"] == self.document["goal"]:
                    state.won = True
                    yield self._line("event", "won", quest=quest["name"])

    def _is_met(self, quest: Element, state: State) -> bool:
        return state.quests.get(quest["id"]) == "active" and all(
            self.is_done(quest["id"], one, state) for one in quest["objectives"]
        )

    @staticmethod
    def is_done(quest: str, objective: dict[str, Any], state: State) -> bool:
        """Say whether an objective of a quest is met."""
        target = objective["target"]
        match objective["type"]:
            case "fetch":
                return target in state.inventory
            case "deliver":
                return (quest, target) in state.given
            case "visit":
                return target in state.visited
            case "defeat":
                return target in state.defeated
            case _:
                return target in state.met
