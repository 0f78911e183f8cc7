"""Ways between places: their directions, and how two places are joined. Knows nothing about keys."""

from assistants.games.content import Element

BACK = {"north": "south", "south": "north", "east": "west", "west": "east", "up": "down", "down": "up"}


def free_way(one: Element, other: Element) -> str | None:
    """Return a direction in which a place has no exit yet, and the other none back; None where all are taken."""
    used, others = ({exit_["direction"] for exit_ in place["exits"]} for place in (one, other))
    return next((way for way, back in BACK.items() if way not in used and back not in others), None)


def join(one: Element, other: Element, direction: str) -> None:
    """Let a way lead from one place to another, and back."""
    one["exits"].append({"direction": direction, "to": other["id"], "key": None})
    other["exits"].append({"direction": BACK[direction], "to": one["id"], "key": None})
