"""Intents: the labels that a base's operator has taught, as rows; what was learned is text or the name of a model.

Knows nothing about how they are learned or what follows from one.
"""

import json
from dataclasses import dataclass
from typing import Any

from assistants.store import Store, now


@dataclass(frozen=True)
class Intents:
    """What a base tells apart: by a ``head``, or by a ``model``; questions of ``hand_over`` are for a person."""

    knowledge: str
    examples: str
    hand_over: tuple[str, ...]
    model: str | None
    head: str | None
    report: dict[str, Any] | None
    trained: str


class IntentRows:
    """Reads and writes; every method is one transaction or joins the caller's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, knowledge: str) -> Intents | None:
        """Return a base's intents, if it was taught any."""
        with self._store.read() as db:
            row = db.execute("SELECT * FROM intents WHERE knowledge = ?", (knowledge,)).fetchone()
        if row is None:
            return None
        fields = dict(row)
        fields["hand_over"] = tuple(json.loads(fields["hand_over"]))
        fields["report"] = json.loads(fields["report"]) if fields["report"] else None
        return Intents(**fields)

    def save(
        self,
        knowledge: str,
        examples: str,
        hand_over: list[str],
        *,
        model: str | None = None,
        head: str | None = None,
        report: dict[str, Any] | None = None,
    ) -> None:
        """Keep what was learned in place of what was there; a base that was deleted meanwhile keeps nothing."""
        with self._store.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO intents (knowledge, examples, hand_over, model, head, report, trained)"
                " SELECT name, ?, ?, ?, ?, ?, ? FROM knowledge WHERE name = ?",
                (
                    examples,
                    json.dumps(hand_over, ensure_ascii=False),
                    model,
                    head,
                    json.dumps(report, ensure_ascii=False) if report else None,
                    now(),
                    knowledge,
                ),
            )

    def forget(self, knowledge: str) -> None:
        """Let a base tell nothing apart any more."""
        with self._store.write() as db:
            db.execute("DELETE FROM intents WHERE knowledge = ?", (knowledge,))
