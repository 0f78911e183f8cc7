"""Names and texts of the program itself: what stands in a world until a model has written something better.

The words are data (``lexicon.yaml``), in English and Chinese. Knows nothing about models.
"""

import random
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def lexicon() -> dict[str, Any]:
    """Return the words, by language."""
    return yaml.safe_load(Path(__file__).with_name("lexicon.yaml").read_text(encoding="utf-8"))


class Namer:
    """Gives names that nothing else has, in one language."""

    def __init__(self, language: str, chance: random.Random, taken: set[str]) -> None:
        self.words = lexicon()[language]
        self.language = language
        self._chance = chance
        self._taken = {name.casefold() for name in taken}

    def place(self) -> str:
        """Return the name of a location."""
        return self._new(self.words["place"], "places_a", "places_b")

    def person(self) -> str:
        """Return the name of a character."""
        return self._new(self.words["person"], "people_a", "people_b")

    def foe(self) -> str:
        """Return the name of an enemy."""
        return self._new(self.words["foe"], "foes_a", "foes_b")

    def thing(self, kind: str) -> str:
        """Return the name of an item of a type."""
        return self._new(self.words["thing"], "things_a", self.words["things"][kind])

    def world(self) -> str:
        """Return the name of a world."""
        return self._chance.choice(self.words["worlds"]).format(a=self._chance.choice(self.words["places_a"]))

    def map(self, generator: str) -> str:
        """Return the name of a map."""
        return self._unique([self.words["map"][generator].format(a=a) for a in self.words["places_a"]])

    def role(self) -> str:
        """Return what a character does."""
        return self._chance.choice(self.words["roles"])

    def named(self, name: str) -> str:
        """Return a name that was made of others, or with a number where something has it already."""
        return self._unique([name])

    def _new(self, form: str, first: str, second: str | list[str]) -> str:
        seconds = self.words[second] if isinstance(second, str) else second
        return self._unique([form.format(a=a, b=b) for a in self.words[first] for b in seconds])

    def _unique(self, names: list[str]) -> str:
        free = [name for name in names if name.casefold() not in self._taken]
        if free:
            name = self._chance.choice(free)
        else:
            base, number = self._chance.choice(names), 2
            while f"{base} {number}".casefold() in self._taken:
                number += 1
            name = f"{base} {number}"
        self._taken.add(name.casefold())
        return name[:1].upper() + name[1:]


def line(language: str, group: str, key: str, /, **values: Any) -> str:
    """Return a text of the program, such as ``lines.greet``, with its slots filled."""
    return lexicon()[language][group][key].format(**values)


def type_name(language: str, kind: str) -> str:
    """Return what a type of item is called."""
    return lexicon()["types"][language][kind]
