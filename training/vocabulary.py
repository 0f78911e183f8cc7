"""The objects that the starter model can draw, and how English speaks of them.

Reads ``objects.tsv``; knows words, not pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

OBJECTS_FILE = Path(__file__).with_name("objects.tsv")
AN_EXCEPTIONS = {"hourglass": "an", "unicorn": "a", "UFO": "a"}


@dataclass(frozen=True)
class Name:
    """One way to name an object: ``text`` without article, its ``article`` ("" for none) and its ``plural``."""

    text: str
    article: str
    plural: str

    def phrase(self, adjective: str = "") -> str:
        """The name with article and an optional adjective, as in "a small horse"."""
        if not adjective:
            return f"{self.article} {self.text}".strip()
        article = indefinite(adjective) if self.article in ("a", "an") else self.article
        return f"{article} {adjective} {self.text}".strip()


@dataclass(frozen=True)
class Thing:
    """An object: its emoji, its kind (``ride``, ``animal``, ``food``, ...) and its names, the usual one first."""

    emoji: str
    kind: str
    names: tuple[Name, ...]

    @property
    def name(self) -> str:
        """The usual name, which also serves as the object's label."""
        return self.names[0].text


def indefinite(word: str) -> str:
    """The indefinite article, by the word's first sound."""
    first = word.split()[0]
    return AN_EXCEPTIONS.get(first, "an" if first[0].lower() in "aeiou" else "a")


def regular_plural(text: str) -> str:
    """The plural that English grammar would guess."""
    if text.endswith(("s", "x", "ch", "sh")):
        return text + "es"
    if text.endswith("y") and text[-2] not in "aeiou":
        return text[:-1] + "ies"
    return text + "s"


def parse_name(entry: str) -> Name:
    """Read one name of ``objects.tsv``: "~" drops the article, "/" gives an irregular plural."""
    text, _, plural = entry.partition("/")
    article = ""
    if text.startswith("~"):
        text = text[1:]
    elif text.startswith("the "):
        article, text = "the", text[4:]
    else:
        article = indefinite(text)
    return Name(text, article, plural or regular_plural(text))


@cache
def load_things() -> tuple[Thing, ...]:
    """All objects, in the order of the file, which is also the order of the metric's labels."""
    lines = OBJECTS_FILE.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple(Thing(emoji, kind, tuple(map(parse_name, names.split(", ")))) for emoji, kind, names in rows)


@cache
def things_by_name() -> dict[str, Thing]:
    """Objects by their usual name."""
    return {thing.name: thing for thing in load_things()}
