"""A player's state, what they can do in it, and what they are told. Knows nothing about the rules."""

import copy
from dataclasses import dataclass, field
from typing import Any


@dataclass
class State:
    """Where a player is and what has come to pass; ``talk`` is the (dialogue, node) that they are in."""

    location: str
    inventory: list[str] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    given: set[tuple[str, str]] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    quests: dict[str, str] = field(default_factory=dict)
    defeated: set[str] = field(default_factory=set)
    opened: set[tuple[str, str]] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    gold: int = 0
    experience: int = 0
    talk: tuple[str, str] | None = None
    won: bool = False

    def copy(self) -> "State":
        """Return another that changes by itself."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | set | dict):
                setattr(other, name, value.copy())
        return other

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells states apart."""
        return tuple(
            frozenset(value.items()) if isinstance(value, dict) else frozenset(value)
            if isinstance(value, list | set) else value
            for value in vars(self).values()
        )  # fmt: skip


@dataclass(frozen=True)
class Option:
    """Something that a player can do now: the command and what it is called."""

    command: str
    label: str


@dataclass(frozen=True)
class Line:
    """A line of the transcript: ``place``, ``said``, ``event``, ``refused`` or ``command``."""

    kind: str
    text: str
