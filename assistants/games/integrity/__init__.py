"""Integrity: what must hold in a world, found out by the program, and mended where it does not.

    references.py  every id that is named is there, and of the right kind
    quests.py      every quest can be finished, by a search over states
    dialogues.py   every line can come to be said, and every talk ends
    maps.py        start, exit and keys can be reached; doors come after their keys
    balance.py     prices, rewards and damage are on the curve of their level
    words.py       no two things of a kind are called nearly the same

Each has ``check``, which returns what is wrong, and ``mend``, which puts it right and returns what it changed; what is
locked is not changed. Knows nothing about models.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from assistants.games.content import KINDS, Document, problem
from assistants.games.integrity import balance, dialogues, maps, quests, references, words
from assistants.games.integrity.finding import Finding

__all__ = ["Finding", "Report", "check", "mend"]

# In this order: later ones rely on what earlier ones saw to.
MATTERS = {
    "references": references,
    "maps": maps,
    "quests": quests,
    "dialogues": dialogues,
    "balance": balance,
    "words": words,
}
ROUNDS = 3


@dataclass
class Report:
    """How many things were checked, by kind; what is wrong still, and what was mended."""

    counts: dict[str, int]
    wrong: list[Finding] = field(default_factory=list)
    mended: list[Finding] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it; a finding is a sentence with its values."""
        return {
            "counts": self.counts,
            "checked": [*MATTERS, "schema"],
            "wrong": [asdict(one) for one in self.wrong],
            "mended": [asdict(one) for one in self.mended],
        }


def check(document: Document) -> Report:
    """Return what is wrong with a world."""
    report = Report({kind: len(document[kind]) for kind in KINDS})
    if found := problem(document):
        report.wrong.append(Finding("schema", None, "{problem}", {"problem": found}))
        return report
    report.wrong = references.check(document)
    if report.wrong:
        # Whatever looks things up would not find them.
        return report
    for name, matter in MATTERS.items():
        if name != "references":
            report.wrong += matter.check(document)
    return report


def mend(document: Document) -> Report:
    """Put right in a world what can be, in place, and return what was and what is still wrong."""
    mended: list[Finding] = []
    for _ in range(ROUNDS):
        found: list[Finding] = []
        for matter in MATTERS.values():
            found += matter.mend(document)
        mended += found
        if not found:
            break
    report = check(document)
    report.mended = mended
    return report
