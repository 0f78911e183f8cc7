"""Searching: what a base has on a question, and the notes about how an answer came about.

The one way there, for answers, for tests of a base and for trying out. Knows nothing about what an answer is made of.
"""

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistants.knowledge.wording import variants
from assistants.support.evidence import Evidence, gather

if TYPE_CHECKING:
    from assistants.support.asking import SupportRun


@dataclass
class ScoreExplanation:
    """How an answer came about, for whoever wants to see that."""

    facts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=monotonic)

    def took(self, step: str) -> None:
        """Note that a step ends here."""
        now = monotonic()
        self.seconds[step] = round(now - self._since, 3)
        self._since = now

    def without_passages(self, quoted: set[int]) -> dict[str, Any]:
        """Return it for somebody who may not read the base: of its passages no more than those that were ``quoted``."""
        facts = {name: fact for name, fact in self.facts.items() if name not in ("prompt", "draft", "dropped")}
        headings = [one["heading"] if one["chunk"] in quoted else "" for one in facts["candidates"]]
        shown = zip(facts["candidates"], headings, strict=True)
        return facts | {"candidates": [one | {"heading": heading} for one, heading in shown]}


def search(asking: "SupportRun", question: str, why: ScoreExplanation) -> Evidence:
    """Return what a base has on a question, in the words of whichever way to ask it finds most."""
    base, reranker, find = asking.base, asking.reranker, asking.studio.knowledge.find
    asked = variants(question, base.synonyms)
    vectors = asking.embedder.vectors(asked, "query")
    found = [find(base, one, vector, reranker.reads) for one, vector in zip(asked, vectors, strict=True)]
    why.took("search")
    found = [reranker.ranked(*each) for each in zip(asked, found, strict=True)]
    if reranker.engine:
        why.took("rerank")
    gathered = [gather(*each, asking.embedder) for each in zip(asked, vectors, found, strict=True)]
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
                "reranked": passage.reranked and round(passage.reranked, 3),
            }
            for passage in evidence.found.passages
        ],
    }
    return evidence
