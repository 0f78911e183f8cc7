"""Shares: how much of something each may have, and who is next, so that nobody is kept waiting by how many others ask.

Counted are the groups of ``assistants.owners``: of what is there the known owners and all anonymous visitors together
get shares, of theirs the places that these come from, and of a place's its visitors. A share has no fixed size: with
each that is taken the next may be smaller, and there is some left for whoever has none. (In network switches this is
called a dynamic threshold: Choudhury and Hahne, 1998.) Knows nothing about what is shared; the caller holds a lock.
"""

from collections import Counter
from itertools import count

from assistants.owners import groups


class Shares:
    """``size`` of something; a group may have ``part`` of what it has and what nobody has, but always one if it can."""

    def __init__(self, size: int, part: float = 1) -> None:
        self._size = size
        self._part = part
        self._taken: Counter[str] = Counter()
        self._total = 0

    def has_room(self, owner: str) -> bool:
        """Say whether ``owner`` may have one more."""
        limit, used = self._size, self._total
        for group in groups(owner):
            free, used = limit - used, self._taken[group]
            limit = max(1, int(self._part * (used + free)))
            if free < 1 or used >= limit:
                return False
        return True

    def take(self, owner: str) -> None:
        """Count one more as the owner's."""
        self._total += 1
        self._taken.update(groups(owner))

    def give(self, owner: str) -> None:
        """Count one less as the owner's."""
        self._total -= 1
        less(self._taken, owner)


class Turns(Shares):
    """Shares for which owners wait: first the group that has fewest, then the one that has waited longest for more."""

    def __init__(self, size: int, part: float = 1) -> None:
        super().__init__(size, part)
        self._waiting: Counter[str] = Counter()
        self._since: dict[str, int] = {}
        self._clock = count()

    def wait(self, owner: str) -> None:
        """Put the owner into the line, at its end unless they are in already."""
        self._waiting.update(groups(owner))
        for group in groups(owner):
            self._since.setdefault(group, next(self._clock))

    def leave(self, owner: str) -> None:
        """Let the owner wait for one less."""
        less(self._waiting, owner)
        for group in groups(owner):
            if group not in self._waiting:
                del self._since[group]

    def serve(self, owner: str) -> None:
        """Give the owner one that they waited for; who was served goes to the end of the line."""
        self.take(owner)
        self.leave(owner)
        self._since |= {group: next(self._clock) for group in groups(owner) if group in self._since}

    def turn(self, owner: str) -> list[tuple[int, int]]:
        """Return what those who wait are sorted by, the next one first."""
        return [(self._taken[group], self._since[group]) for group in groups(owner)]


def less(counter: Counter[str], owner: str) -> None:
    """Count one less for each of the owner's groups; one with none is forgotten."""
    for group in groups(owner):
        counter[group] -= 1
        if not counter[group]:
            del counter[group]
