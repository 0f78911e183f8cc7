"""Searching: what a base has on a question, and the notes about how an answer came about.

The one way there, for answers, for tests of a base and for trying out. Knows nothing about what an answer is made of.
"""

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistants.embedder import Embedder
from assistants.knowledge import Base
from assistants.knowledge.wording import variants
from assistants.support.evidence import Evidence, gather

if TYPE_CHECKING:
    from assistants.studio import Studio


@dataclass
class Why:
    """How an answer came about, for whoever wants to see that."""

    facts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=monotonic)

    def took(self, step: str) -> None:
        """Note that a step ends here."""
        now = monotonic()
        self.seconds[step] = round(now - self._since, 3)
        self._since = now


def search(studio: "Studio", base: Base, question: str, embedder: Embedder, why: Why) -> Evidence:
    """Return what a base has on a question, in the words of whichever way to ask it finds most."""
    asked = variants(question, base.synonyms)
    vectors = embedder.vectors(asked, "query")
    found = [studio.knowledge.find(base, one, vector) for one, vector in zip(asked, vectors, strict=True)]
    why.took("search")
    gathered = [gather(*each, embedder) for each in zip(asked, vectors, found, strict=True)]
    evidence = max(gathered, key=lambda one: one.confidence)
    why.took("weigh")
    why.facts |= {
        "knowledge": base.name,
        "query": evidence.question,
        "dense": evidence.vector is not None,
        "candidates": [
            {
                "source": passage.first.source,
                "chunk": passage.first.number,
                "heading": passage.first.question or passage.first.heading,
                "lexical": passage.lexical and round(passage.lexical, 3),
                "dense": passage.dense and round(passage.dense, 3),
                "score": round(passage.score, 3),
            }
            for passage in evidence.found.passages
        ],
    }
    return evidence
