"""Who plays a world to its end: a solver that knows the rules, and a player who only sees what is told and offered.

The solver's commands go through the same engine as a person's. Knows nothing about how a world came to be.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from assistants.games.adventure import Adventure
from assistants.games.states import State

MOST_STATES = 100_000
MOST_MOVES = 4_000


@dataclass
class Solved:
    """What came of it: the commands that lead to the goal, or None; and all that came true on the way.

    ``is_sure`` is False where it was given up before every way was tried.
    """

    commands: list[str] | None
    state: State
    states: int = 0
    is_sure: bool = True
    seen: set[str] = field(default_factory=set)


def solve(adventure: Adventure, goal: str | None = None) -> Solved:
    """Find commands that end a quest, the world's goal unless another is named; or, with "", all of them, or most."""
    wanted = adventure.document["goal"] if goal is None else goal
    return _Search(adventure, wanted or "").run()


class _Search:
    """A search over states: what costs nothing is done at once; where something is spent, all ways are tried."""

    def __init__(self, adventure: Adventure, goal: str) -> None:
        self._adventure = adventure
        self._goal = goal
        self._seen: set[object] = set()
        self._states = 0
        self._is_cut = False

    def run(self) -> Solved:
        """Search, and return the best that was found: the goal, or the state in which most is done."""
        start, _ = self._adventure.begin()
        best: tuple[int, list[str], State] = (-1, [], start)
        waiting: list[tuple[list[str], State]] = [([], start)]
        while waiting:
            commands, state = waiting.pop()
            commands, state = self._without_cost(commands, state)
            if self._is_end(state):
                return Solved(commands, state, self._states)
            if state.key in self._seen:
                continue
            self._seen.add(state.key)
            if _progress(state) > best[0]:
                best = (_progress(state), commands, state)
            if self._states > MOST_STATES:
                self._is_cut = True
                break
            waiting += [(commands + more, after) for more, after in self._steps(state, costly=True)]
        return Solved(best[1] if not self._goal else None, best[2], self._states, not self._is_cut)

    def _is_end(self, state: State) -> bool:
        if self._goal:
            return state.quests.get(self._goal) == "done"
        return all(state.quests.get(quest["id"]) == "done" for quest in self._adventure.document["quests"])

    def _without_cost(self, commands: list[str], state: State) -> tuple[list[str], State]:
        """Do all that takes nothing away, the nearest first."""
        while not self._is_end(state) and self._states <= MOST_STATES:
            step = next(self._steps(state, costly=False), None)
            if step is None:
                break
            commands, state = commands + step[0], step[1]
        return commands, state

    def _steps(self, state: State, *, costly: bool) -> Iterator[tuple[list[str], State]]:
        """Yield what can be reached by walking and talking and then changes something for good, the nearest first."""
        waiting: deque[tuple[list[str], State]] = deque([([], state)])
        known = {(state.location, state.talk)}
        while waiting:
            commands, here = waiting.popleft()
            for option in self._adventure.options(here):
                self._states += 1
                after, _ = self._adventure.do(here, option.command)
                path = [*commands, option.command]
                if _progress(after) > _progress(state):
                    if self._is_costly(here, after, option.command) == costly:
                        yield path, after
                elif (after.location, after.talk) not in known and _lasting(after) == _lasting(state):
                    known.add((after.location, after.talk))
                    waiting.append((path, after))

    def _is_costly(self, before: State, after: State, command: str) -> bool:
        """Say whether something is spent by a command, or there may be no way back from it."""
        if before.gold > after.gold or set(before.inventory) - set(after.inventory):
            return True
        if not command.startswith("go "):
            return False
        place = self._adventure.element(after.location)
        return all(one["to"] != before.location or one["key"] for one in place["exits"])


def _lasting(state: State) -> tuple[object, ...]:
    return (
        frozenset(state.found), frozenset(state.given), frozenset(state.flags), frozenset(state.quests.items()),
        frozenset(state.defeated), frozenset(state.opened), frozenset(state.visited), frozenset(state.met),
    )  # fmt: skip


def _progress(state: State) -> int:
    """Return how much has come to pass for good: this never falls."""
    sets = (state.found, state.given, state.flags, state.defeated, state.opened, state.visited, state.met)
    return sum(len(one) for one in sets) + sum(2 if status == "done" else 1 for status in state.quests.values())


def play(adventure: Adventure, moves: int = MOST_MOVES) -> tuple[list[str], State]:
    """Play as a patient stranger would, who knows the options and nothing else; return the commands and the last state.

    Whatever was tried least is tried next, what is at hand before the next way; an open talk is talked through.
    """
    state, _ = adventure.begin()
    tried: Counter[tuple[object, str]] = Counter()
    commands: list[str] = []
    weights = {"take": 0, "accept": 0, "give": 0, "unlock": 0, "say": 0, "talk": 1, "fight": 1, "go": 2, "buy": 3}
    for _ in range(moves):
        if state.won:
            break
        here = (state.location, state.talk)
        options = [option.command for option in adventure.options(state)]

        def rank(command: str, here: object = here) -> tuple[int, int]:
            weight = weights.get(command.split()[0], 5)
            return tried[here, command] * 2 + weight, weight

        if not options:
            break
        command = min(options, key=rank)
        tried[here, command] += 1
        commands.append(command)
        state, _ = adventure.do(state, command)
    return commands, state
