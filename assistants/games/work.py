"""What is done to worlds in a process apart, for it may take long: checked, mended, solved.

Light, so that the child imports little. Knows nothing about how worlds are kept.
"""

import copy
from typing import Any

from assistants.games import integrity
from assistants.games.adventure import Adventure
from assistants.games.content import Document
from assistants.games.player import play, solve


def report(document: Document) -> dict[str, Any]:
    """Return what is wrong with a world."""
    return integrity.check(document).as_dict()


def mended(document: Document) -> dict[str, Any]:
    """Return a world with what could be mended, and the report."""
    after = copy.deepcopy(document)
    found = integrity.mend(after)
    return {"document": after, "report": found.as_dict()}


def solution(document: Document) -> dict[str, Any]:
    """Return the commands by which the solver ends a world, and those of a player who knows no more than is told."""
    adventure = Adventure(document)
    solved, (commands, state) = solve(adventure), play(adventure)
    return {"solver": solved.commands, "player": commands if state.won else None}
