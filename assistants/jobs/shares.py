"""Shares: how much of something each may have, and who is next, so that nobody is kept waiting by how many others ask.

Counted are the groups of a ``Principal``: of what is there the known owners and all anonymous visitors together get
shares, of theirs the places that these come from, and of a place's its visitors. A share has no fixed size: with
each that is taken the next may be smaller, and there is some left for whoever has none. (In network switches this is
called a dynamic threshold: Choudhury and Hahne, 1998.) Knows nothing about what is shared; the caller holds a lock.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from assistants.principals import Principal

# Above all groups.
ALL = ""


class Shares:
    """``size`` of something; a group may have ``part`` of what it has and what nobody has, but always one if it can."""

    def __init__(self, size: int, part: float = 1) -> None:
        self._size = size
        self._part = part
        self._taken: Counter[str] = Counter()

    def has_room(self, who: Principal) -> bool:
        """Say whether ``who`` may have one more."""
        free = self._size - self._taken[ALL]
        for group in who.groups:
            free = self._room(group, free)
        return free > 0

    def _room(self, group: str, free: int) -> int:
        """Return how many more the group may have, where those who share with it have left ``free``."""
        own = self._taken[group]
        return min(free, max(1, int(self._part * (own + free))) - own)

    def take(self, who: Principal) -> None:
        """Count one more as theirs."""
        self._taken.update((ALL, *who.groups))

    def give(self, who: Principal) -> None:
        """Count one less as theirs; of a group that has none nothing is kept."""
        for group in (ALL, *who.groups):
            self._taken[group] -= 1
            if not self._taken[group]:
                del self._taken[group]


class Turns(Shares):
    """Shares for which owners wait: first the group that has fewest, then the one that has waited longest for more."""

    def __init__(self, size: int, part: float = 1) -> None:
        super().__init__(size, part)
        self._waiting: Counter[str] = Counter()
        # Of each group those right below it that wait, who came or was served longest ago first.
        self._line: dict[str, dict[str, None]] = {ALL: {}}

    def wait(self, who: Principal) -> None:
        """Put somebody into the line, at its end unless they are in already."""
        for above, group in steps(who):
            self._waiting[group] += 1
            self._line.setdefault(above, {}).setdefault(group)

    def leave(self, who: Principal) -> None:
        """Let somebody wait for one less."""
        for above, group in reversed(steps(who)):
            self._waiting[group] -= 1
            if not self._waiting[group]:
                del self._waiting[group], self._line[above][group]
                self._line.pop(group, None)

    def serve(self, who: Principal) -> None:
        """Give somebody one that they waited for; who was served goes to the end of the line."""
        self.take(who)
        self.leave(who)
        for above, group in steps(who):
            if group in self._waiting:
                del self._line[above][group]
                self._line[above][group] = None

    def in_turn(self) -> Iterator[str]:
        """Yield the ids of those who wait and may have one more, the next one first."""
        return self._in_turn(ALL, self._size - self._taken[ALL])

    def _in_turn(self, above: str, free: int) -> Iterator[str]:
        if above not in self._line:
            yield above
            return
        for group in sorted(self._line[above], key=lambda one: self._taken[one]):
            if (room := self._room(group, free)) > 0:
                yield from self._in_turn(group, room)


def steps(who: Principal) -> list[tuple[str, str]]:
    """Return somebody's groups, the widest first, each behind the one above it."""
    return list(pairwise((ALL, *who.groups)))
