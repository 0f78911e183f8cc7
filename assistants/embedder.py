"""Vectors for what is to be found and for what is looked for, by the studio's own embedder.

Knows when there are none: without the embedder, and for a text in a language that it does not know. Knows nothing about
what the vectors are compared with.
"""

from collections.abc import Generator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from assistants.errors import GenerationFailed, ModelUnavailable
from assistants.generation import slots
from assistants.jobs import Event, Progress, RunningJob
from assistants.knowledge.sentences import share_chinese
from assistants.knowledge.vectors import packed

if TYPE_CHECKING:
    from assistants.studio import Studio

MODEL = "local:starter-embedder"
# Between two batches others get their turn, and a stop takes effect.
BATCH = 32
# Over this share of unknown tokens a vector says nothing of the text.
UNKNOWN = 0.2


@dataclass
class Embedder:
    """The embedder, opened for a job; ``engine`` is None where there is none, or no more."""

    engine: Any
    job: RunningJob
    languages: tuple[str, ...] = ()

    def vectors(self, texts: list[str], kind: Literal["document", "query"] = "document") -> list[list[float] | None]:
        """Return the vectors of ``texts``, of a long one that of its beginning; None where there is no use in one."""
        if self.engine is None or not texts:
            return [None] * len(texts)
        try:
            with self.job.slot(MODEL, slots(self.engine)):
                read = self.engine.embed(texts, kind, cut=True)
        except (GenerationFailed, ModelUnavailable):
            # It was closed to make room, or its process died: words find something, too.
            self.engine = None
            return [None] * len(texts)
        facts = zip(texts, read.vectors, read.unknown, strict=True)
        return [None if unknown > UNKNOWN or self._is_foreign(text) else vector for text, vector, unknown in facts]

    def _is_foreign(self, text: str) -> bool:
        """Say whether a text is Chinese and the embedder is not: it may know the characters, but not what they mean."""
        return bool(self.languages) and "zh" not in self.languages and share_chinese(text) > UNKNOWN


def opened_embedder(
    studio: "Studio", job: RunningJob, patience: float | None = None
) -> Generator[Event, None, Embedder]:
    """Wait for the embedder, telling how far it is; for so many seconds, and then go on without it.

    It is fetched and loaded all the same, for the next one who asks.
    """
    began = monotonic()
    try:
        for state in studio.models.waiting(MODEL):
            if patience is not None and monotonic() - began > patience:
                return Embedder(None, job)
            yield Progress(state.done, state.total, state.note)
        return Embedder(studio.models.engine(MODEL), job, studio.models.languages(MODEL))
    except ModelUnavailable:
        return Embedder(None, job)


def embed_chunks(
    studio: "Studio", embedder: Embedder, knowledge: str, source: str | None = None
) -> Generator[Event, None, None]:
    """Give the chunks of a source, or those of the base that answer, the vectors that they lack."""
    rows = studio.knowledge.rows
    done, total = 0, rows.count_without_vector(knowledge, source) if embedder.engine else 0
    while done < total and (chunks := rows.without_vector(knowledge, BATCH, source)):
        vectors = embedder.vectors([chunk.indexed for chunk in chunks])
        if embedder.engine is None:
            return
        pairs = ((chunk.number, vector and packed(vector)) for chunk, vector in zip(chunks, vectors, strict=True))
        rows.keep_vectors(knowledge, pairs, live=source is None)
        done += len(chunks)
        yield Progress(done, total, "Reading what the text means")
