"""The curve: what a thing of a level costs, pays, bears and does, and what of a world lies too far from it.

Knows nothing about where things are.
"""

from assistants.games.content import Document, Element, elements

HIGHEST = 20
# What lies between these shares of the curve is as a designer may want it.
LEAST, MOST = 0.5, 2.0


def price(level: int) -> int:
    """Return what an item of a level costs, in gold."""
    return round(10 * 1.35 ** (level - 1))


def reward(level: int) -> int:
    """Return what a quest of a level pays, in gold."""
    return round(20 * 1.35 ** (level - 1))


def experience(level: int) -> int:
    """Return what a quest of a level teaches."""
    return 50 * level


def health(level: int) -> int:
    """Return what an enemy of a level bears."""
    return 12 + 8 * level


def damage(level: int) -> int:
    """Return what an enemy of a level does with a blow."""
    return 2 + 2 * level


def strength(level: int) -> int:
    """Return the power that beats an enemy of a level."""
    return 2 * level


def loot(level: int) -> int:
    """Return the gold that an enemy of a level has."""
    return round(6 * 1.35 ** (level - 1))


_CURVES = {
    "items": {"price": price},
    "enemies": {"health": health, "damage": damage, "gold": loot},
}
_REWARDS = {"gold": reward, "experience": experience}


def outliers(document: Document) -> list[tuple[str, Element, str, int, int]]:
    """Return (kind, thing, field, value, what the curve says) of what lies too far from the curve."""
    found = []
    for kind, element in elements(document, "items", "enemies", "quests"):
        level = element["level"]
        values = element["rewards"] if kind == "quests" else element
        curves = _REWARDS if kind == "quests" else _CURVES[kind]
        for field, curve in curves.items():
            value, wanted = values[field], curve(level)
            if not LEAST * wanted - 1 <= value <= MOST * wanted + 1:
                found.append((kind, element, field, value, wanted))
    return found


def bring_back(kind: str, element: Element, field: str) -> None:
    """Put a field of a thing onto the curve of its level."""
    if kind == "quests":
        element["rewards"][field] = _REWARDS[field](element["level"])
    else:
        element[field] = _CURVES[kind][field](element["level"])


def price_in_shop(item: Element) -> int:
    """Return what a shop asks for an item."""
    return int(item["price"])
