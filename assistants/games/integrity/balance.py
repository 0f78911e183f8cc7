"""Balance: what things cost, pay, bear and do lies on the curve of their level."""

from assistants.games import balance
from assistants.games.content import Document
from assistants.games.integrity.finding import Finding

MATTER = "balance"
OFF = "{id}: {part} is {value}; at its level it should be about {wanted}."


def check(document: Document) -> list[Finding]:
    """Return what lies too far from the curve, but for what is locked: that is as somebody wants it."""
    return [
        Finding(MATTER, one["id"], OFF, {"id": one["id"], "part": field, "value": value, "wanted": wanted})
        for _, one, field, value, wanted in balance.outliers(document)
        if not one["locked"]
    ]


def mend(document: Document) -> list[Finding]:
    """Put onto the curve what is not on it."""
    found = check(document)
    for kind, one, field, _, _ in balance.outliers(document):
        if not one["locked"]:
            balance.bring_back(kind, one, field)
    return found
