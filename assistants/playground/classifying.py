"""The classifier's column: a head that is learned on the same examples as a prompt shows, asked for the same rows.

Knows what ``classify`` learns; knows nothing about prompts.
"""

from collections.abc import Generator, Sequence
from time import monotonic

from assistants import classify
from assistants.embedder import Embedder
from assistants.jobs import Event, RunningJob
from assistants.playground.asking import Said
from assistants.playground.request import Example


def classified(
    job: RunningJob, embedder: Embedder, examples: Sequence[Example], texts: Sequence[str]
) -> Generator[Event, None, list[Said]]:
    """Learn from the examples and return a label for each text; raises ``StudioError`` where that cannot be done."""
    known = classify.check(classify.Example(one.input, one.output) for one in examples)
    trained = yield from classify.train(job, embedder, known)
    assert trained.head, "examples are learned by a head"
    began = monotonic()
    guesses = classify.guess(trained.head, embedder, texts)
    seconds = round((monotonic() - began) / max(1, len(texts)), 4)
    return [Said(guess.label, "stop", seconds, seconds, 0, 0, guess.scores) for guess in guesses]
