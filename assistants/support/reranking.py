"""Reranking: the passages that were found, in the order in which a cross-encoder takes them for an answer.

A base names one or none. Without it, and where it is not there or fails, they stay as they were found. Knows nothing
about how they are found.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from operator import itemgetter
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable
from assistants.jobs import Event, Progress, RunningJob, note
from assistants.knowledge.retrieval import PASSAGES, Found

if TYPE_CHECKING:
    from assistants.studio import Studio

# So many passages are read with the question, which takes a small model about a second.
READ = 20


@dataclass
class Reranker:
    """The reranker, opened for a job; ``engine`` is None where there is none, or no more."""

    engine: Any
    job: RunningJob
    model: str = ""

    @property
    def reads(self) -> int:
        """How many passages are to be found: those that are read, of which the best ones are left."""
        return READ if self.engine else PASSAGES

    def ranked(self, question: str, found: Found) -> Found:
        """Return the passages that fit the question best, with their scores; without an engine the first ones."""
        first = replace(found, passages=found.passages[:PASSAGES])
        if self.engine is None or not found.passages:
            return first
        texts = ["\n".join(chunk.indexed for chunk in passage.chunks) for passage in found.passages]
        try:
            with self.job.slot(self.model, self.engine.slots):
                scores = self.engine.rank(question, texts)
        except (GenerationFailed, ModelUnavailable):
            # It was closed to make room, or its process died.
            self.engine = None
            return first
        read = sorted(zip(scores, found.passages, strict=True), key=itemgetter(0), reverse=True)
        return replace(found, passages=tuple(replace(passage, reranked=score) for score, passage in read[:PASSAGES]))


def opened_reranker(studio: "Studio", job: RunningJob, name: str, patience: float) -> Generator[Event, None, Reranker]:
    """Wait for a reranker, telling how far it is; for so many seconds, and then go on without it.

    It is loaded all the same, for the next one who asks.
    """
    if not name:
        return Reranker(None, job)
    began = monotonic()
    try:
        for state in studio.models.waiting(name):
            if monotonic() - began > patience:
                break
            yield Progress(state.done, state.total, state.note)
        else:
            return Reranker(studio.models.engine(name), job, name)
    except (InvalidInput, ModelUnavailable):
        pass
    yield note("The reranker {model} is not ready, so the passages stay as they were found.", model=name)
    return Reranker(None, job)
