"""Vectors for what is to be found and for what is looked for, by one of the studio's own two embedders.

One knows English and is quick, the other a hundred languages; their vectors cannot be compared with each other. Knows
which one suits some texts, what their cosines mean, and when there are no vectors: without an embedder, and for a text
in a language that it does not know. Knows nothing about what the vectors are compared for.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import yaml

from assistants.errors import GenerationFailed, ModelUnavailable
from assistants.generation import Step
from assistants.jobs import Event, Progress, RunningJob
from assistants.knowledge.terms import is_english, share_chinese
from assistants.knowledge.vectors import packed

if TYPE_CHECKING:
    from assistants.studio import Studio

MODEL = "local:starter-embedder"
MULTILINGUAL = "local:multilingual-e5-small"
EMBEDDERS = {"english": MODEL, "multilingual": MULTILINGUAL}
# From this share of foreign letters on, texts are for the multilingual one.
FOREIGN = 0.2
# Between two batches others get their turn, and a stop takes effect.
BATCH = 32
# Over this share of unknown tokens a vector says nothing of the text.
UNKNOWN = 0.2


@dataclass(frozen=True)
class Scale:
    """What an embedder's cosines mean in a language: the medians of texts that have nothing in common, or one meaning.

    Written by ``python -m benchmarks.likeness fit`` into ``embedder.yaml``.
    """

    unrelated: float
    same: float

    def likeness(self, one: list[float], other: list[float]) -> float:
        """Return the cosine of two vectors of length 1, as the English embedder would have it of English texts.

        So what is compared with a number is compared with one number, whoever made the vectors.
        """
        return self.of(sum(a * b for a, b in zip(one, other, strict=True)))

    def of(self, cosine: float) -> float:
        """Return a cosine in the same way."""
        wanted = scales()[MODEL]["en"]
        return wanted.unrelated + (cosine - self.unrelated) * (wanted.same - wanted.unrelated) / (
            self.same - self.unrelated
        )


@dataclass
class Embedder:
    """An embedder, opened for a job; ``engine`` is None where there is none, or no more."""

    engine: Any
    job: RunningJob | Step
    languages: tuple[str, ...] = ()
    model: str = MODEL

    def vectors(self, texts: list[str], kind: Literal["document", "query"] = "document") -> list[list[float] | None]:
        """Return the vectors of ``texts``, of a long one that of its beginning; None where there is no use in one."""
        if self.engine is None or not texts:
            return [None] * len(texts)
        try:
            with self.job.slot(self.model, self.engine.slots):
                read = self.engine.embed(texts, kind, cut=True)
        except (GenerationFailed, ModelUnavailable):
            # It was closed to make room, or its process died: words find something, too.
            self.engine = None
            return [None] * len(texts)
        facts = zip(texts, read.vectors, read.unknown, strict=True)
        return [None if unknown > UNKNOWN or self._is_foreign(text) else vector for text, vector, unknown in facts]

    def scale(self, text: str) -> Scale:
        """Return what cosines with the vector of ``text`` mean."""
        known = scales().get(self.model, scales()[MODEL])
        return known.get("zh" if share_chinese(text) > UNKNOWN else "en", known["en"])

    def _is_foreign(self, text: str) -> bool:
        """Say whether a text is Chinese and the embedder is not: it may know the characters, but not what they mean."""
        return bool(self.languages) and "zh" not in self.languages and share_chinese(text) > UNKNOWN


@cache
def scales() -> dict[str, dict[str, Scale]]:
    """Return the scales of each embedder, by language."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return {
        model: {language: Scale(**numbers) for language, numbers in languages.items()}
        for model, languages in yaml.safe_load(text).items()
    }


def model_for(texts: Iterable[str]) -> str:
    """Return the embedder for texts: the multilingual one where a part worth mentioning is not English."""
    lengths = {True: 0, False: 0}
    for text in texts:
        lengths[is_english(text)] += len(text)
    return MULTILINGUAL if lengths[False] > FOREIGN * sum(lengths.values()) else MODEL


def opened_embedder(
    studio: "Studio", job: RunningJob, patience: float | None = None, model: str = MODEL
) -> Generator[Event, None, Embedder]:
    """Wait for an embedder, telling how far it is; for so many seconds, and then go on without it.

    It is fetched and loaded all the same, for the next one who asks.
    """
    began = monotonic()
    try:
        for state in studio.models.waiting(model):
            if patience is not None and monotonic() - began > patience:
                return Embedder(None, job, model=model)
            yield Progress(state.done, state.total, state.note)
        return Embedder(studio.models.engine(model), job, studio.models.languages(model), model)
    except ModelUnavailable:
        return Embedder(None, job, model=model)


def base_embedder(
    studio: "Studio", job: RunningJob, knowledge: str, patience: float | None = None
) -> Generator[Event, None, Embedder]:
    """Wait for the embedder of a base, as ``opened_embedder`` does; one without vectors gets what suits its texts."""
    rows = studio.knowledge.vector_rows
    model = rows.embedder(knowledge) or model_for(rows.some_texts(knowledge))
    embedder = yield from opened_embedder(studio, job, patience, model)
    if embedder.engine and rows.settle(knowledge, model) != model:
        # Somebody else was faster, with other texts.
        return (yield from opened_embedder(studio, job, patience, rows.embedder(knowledge)))
    return embedder


def embed_chunks(
    studio: "Studio", embedder: Embedder, knowledge: str, source: str | None = None
) -> Generator[Event, None, None]:
    """Give the chunks of a source, or those of the base that answer, the vectors that they lack."""
    rows = studio.knowledge.vector_rows
    done, total = 0, rows.count_lacking(knowledge, source) if embedder.engine else 0
    while done < total and (chunks := rows.lacking(knowledge, BATCH, source)):
        vectors = embedder.vectors([chunk.indexed for chunk in chunks])
        if embedder.engine is None:
            return
        pairs = (
            (chunk.number, packed(vector) if vector else None) for chunk, vector in zip(chunks, vectors, strict=True)
        )
        rows.keep(knowledge, embedder.model, pairs, live=source is None)
        done += len(chunks)
        yield Progress(done, total, "Reading what the text means")
