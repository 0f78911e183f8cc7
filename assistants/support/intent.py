"""The intent of a question, and what follows where there is no answer: to ask back once, then to hand over.

Knows what an operator's labels are used for; knows nothing about how they were learned.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from assistants import classify
from assistants.classify import Guess, Head
from assistants.embedder import Embedder, opened_embedder
from assistants.errors import GenerationFailed, ModelUnavailable
from assistants.jobs import Event, JobRow, RunningJob
from assistants.support.asking import PATIENCE
from assistants.support.intent_rows import Intents

if TYPE_CHECKING:
    from assistants.studio import Studio

# From this probability on an intent is taken for the one that was meant.
SURE = 0.6
# What is asked back about, and the least that is worth it.
CHOICES = 3
WORTH_ASKING = 0.1

Fallback = Literal["ask back", "hand over"]


@dataclass(frozen=True)
class IntentGuess:
    """What a question was taken for; ``wants_person`` where the operator hands such questions over."""

    guess: Guess | None
    wants_person: bool = False

    @property
    def label(self) -> str | None:
        """The intent, where it is sure."""
        return self.guess.label if self.guess and self.guess.confidence >= SURE else None

    def choices(self) -> list[str]:
        """Return the intents to ask back about."""
        scores = self.guess.scores.items() if self.guess else ()
        return [label for label, share in list(scores)[:CHOICES] if share >= WORTH_ASKING]

    def facts(self) -> dict[str, Any]:
        """Return it for whoever wants to see why."""
        return {"intents": dict(list(self.guess.scores.items())[:5])} if self.guess else {}


@lru_cache(maxsize=16)
def _head(text: str) -> Head:
    return Head.from_json(text)


def meant(
    studio: "Studio", job: RunningJob, intents: Intents | None, embedder: Embedder, question: str
) -> Generator[Event, None, IntentGuess]:
    """Return what a question is taken for; nothing where the base was taught nothing, or its model is gone."""
    if intents is None:
        return IntentGuess(None)
    try:
        if intents.head:
            head = _head(intents.head)
            if head.size and head.embedder != embedder.model:
                embedder = yield from opened_embedder(studio, job, PATIENCE, head.embedder)
            [guess] = classify.guess(head, embedder, [question])
        elif intents.model:
            [guess] = yield from classify.guess_by_model(studio, job, intents.model, [question])
        else:
            return IntentGuess(None)
    except (GenerationFailed, ModelUnavailable):
        return IntentGuess(None)
    return IntentGuess(guess, guess.label in intents.hand_over and guess.confidence >= SURE)


def fallback(meant: IntentGuess, earlier: Sequence[JobRow]) -> Fallback:
    """Return what to do about a question that has no answer: a person helps where asking back did not."""
    before = (earlier[-1].result or {}) if earlier else {}
    asked_already = before.get("fallback") is not None
    can_ask = meant.label is None and len(meant.choices()) > 1
    return "ask back" if can_ask and not asked_already and not meant.wants_person else "hand over"
