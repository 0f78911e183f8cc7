"""Quotas: how much room there is for what visitors hand in, of each, of a place, and of all anonymous ones together.

A visitor's name costs nothing to get anew, so there are limits that do not depend on it. The operator has none. Knows
nothing about what is stored, nor where.
"""

from dataclasses import dataclass

from assistants.principals import ANONYMOUS, NOWHERE, Principal

# So many times as much as one visitor: those from one place, and all anonymous ones.
OF_A_PLACE, OF_ALL = 3, 10


@dataclass(frozen=True)
class Room:
    """The room of a group of owners, such as all anonymous ones, in bytes."""

    group: str
    limit: int

    def is_of(self, who: Principal) -> bool:
        """Say whether what ``who`` has stands in this room."""
        return self.group in who.groups


def rooms(who: Principal, quota: int) -> list[Room]:
    """Return the rooms that what ``who`` hands in has to fit into: the widest first, none for the operator.

    ``quota`` is what one visitor may have, in bytes.
    """
    if who.is_operator:
        return []
    widths = {ANONYMOUS: OF_ALL, NOWHERE: OF_ALL, who.id: 1}
    return [Room(group, quota * widths.get(group, OF_A_PLACE)) for group in who.groups]
