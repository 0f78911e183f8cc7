"""What answers: a base with the models that help it, opened for a job.

Knows what nobody has to wait for; knows nothing about how an answer is made.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistants.embedder import Embedder, base_embedder, embed_chunks
from assistants.jobs import Event, Progress, RunningJob
from assistants.knowledge import Base
from assistants.support.reranking import Reranker, opened_reranker

if TYPE_CHECKING:
    from assistants.studio import Studio

# Chunks that get their vectors while somebody waits: no more than take a second or two.
AT_ONCE = 100
# Whoever asks waits no longer for a model that only helps: words find most, too.
PATIENCE = 8.0


@dataclass(frozen=True)
class SupportRun:
    """A base, with a job's embedder, reranker and model; ``named_model`` if somebody asked for that one."""

    studio: "Studio"
    job: RunningJob
    base: Base
    embedder: Embedder
    reranker: Reranker
    named_model: bool = False

    def can_write(self, language: str) -> bool:
        """Say whether the model knows a language; nobody waits for one to be fetched unless they asked for it."""
        models, model = self.studio.models, self.job.model
        languages = models.languages(model)
        if languages and language not in languages:
            return False
        return self.named_model or models.state(model).state in ("installed", "loading", "ready")

    def writes_answers(self, language: str) -> bool:
        """Say whether the model is to write answers: what a small one adds of its own can be false and look proved."""
        return self.studio.models.is_capable(self.job.model) and self.can_write(language)

    def is_helped(self, language: str) -> bool:
        """Say whether the model does more than answer: where the operator wants it, or else where it is capable."""
        return wants_help(self.studio, self.base, self.job.model) and self.can_write(language)


def wants_help(studio: "Studio", base: Base, model: str) -> bool:
    """Say whether a base's model is to reword follow-ups and sum conversations up."""
    return base.model_help == "always" or (base.model_help == "auto" and studio.models.is_capable(model))


def asking(
    studio: "Studio", job: RunningJob, knowledge: str | None, question: str = "", *, named_model: bool = False
) -> Generator[Event, None, SupportRun]:
    """Get ready to answer: open what helps, and give a base that lacks a few vectors these."""
    yield Progress(0, None, "Searching the knowledge base")
    base = studio.knowledge.base(knowledge, question)
    embedder = yield from base_embedder(studio, job, base.name, PATIENCE)
    if studio.knowledge.vector_rows.count_lacking(base.name) <= AT_ONCE:
        yield from embed_chunks(studio, embedder, base.name)
        base = studio.knowledge.base(base.name)
    reranker = yield from opened_reranker(studio, job, base.reranker, PATIENCE)
    return SupportRun(studio, job, base, embedder, reranker, named_model)
