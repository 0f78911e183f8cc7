"""What moved the answer: each piece of the prompt left out in turn, and how much less likely the answer is without it.

Leave-one-out by teacher-forced log-probability: the answer stays as it is, and is only weighed again. A piece that says
what another says, too, moves little by itself. Knows numbers; knows nothing about how they are shown.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from assistants.errors import InvalidInput
from assistants.generation import conversation
from assistants.jobs import Event, Part, Progress, Result, RunningJob, Stopped
from assistants.lab import subject
from assistants.lab.part import Look
from assistants.lab.pieces import Piece, Unit, pieces
from assistants.principals import Principal
from assistants.requests import Admission, StudioRequest

if TYPE_CHECKING:
    from assistants.studio import Studio

WEIGHING = "Weighing the answer without a part of its prompt"
NOTHING = "Before this text there is nothing that could be left out. Choose an answer of the history."
TOO_MANY = "{field} would cut the prompt into {count} pieces; at most {limit} are possible. Choose a larger unit."
MOST = 64
# Of the interval: how often the answer's tokens are drawn anew, and the share that it holds.
DRAWS, LOW, HIGH = 2000, 2.5, 97.5


class Options(StudioRequest):
    """What is left out at a time; by itself pairs of examples, paragraphs, or of a single paragraph its sentences."""

    unit: Unit = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


def admit(studio: "Studio", look: Look[Options], who: Principal) -> Admission:
    """Check that there is a prompt that can be cut."""
    admission = subject.admitted(studio, look, who)
    exchange = subject.exchange_of(studio, look, who.id)
    found = [] if exchange.raw else pieces(exchange.messages, look.options.unit)
    if not found:
        raise InvalidInput("job", NOTHING)
    if len(found) > MOST:
        raise InvalidInput("unit", TOO_MANY, count=len(found), limit=MOST)
    return admission


def run(studio: "Studio", look: Look[Options], job: RunningJob) -> Iterator[Event]:
    """Weigh the answer with the whole prompt, and without each piece."""
    seen = yield from subject.subject(studio, look, job)
    messages, text = seen.exchange.messages, seen.exchange.text
    cut = pieces(messages, look.options.unit)
    found: list[dict[str, Any]] = []
    with job.slot(job.model, 1):
        (whole,) = seen.engine.score(conversation(messages), [text])
        for number, piece in enumerate(cut):
            if job.stopping:
                raise Stopped
            yield Progress(number, len(cut), WEIGHING)
            (without,) = seen.engine.score(conversation(piece.without(messages)), [text])
            found.append(moved(piece, whole, without, look.options.seed))
            yield Part("piece", found[-1])
    yield Result({"model": job.model, "logprob": sum(whole), "tokens": len(whole), "pieces": found})


def moved(piece: Piece, whole: list[float], without: list[float], seed: int) -> dict[str, Any]:
    """Return how many nats a piece adds to the answer's log-probability, with a 95 % interval over its tokens.

    The interval is a bootstrap: it says how much the sum depends on which tokens the answer happens to have.
    """
    differences = np.array(whole) - np.array(without)
    drawn = np.random.default_rng(seed).choice(differences, (DRAWS, len(differences))).sum(1)
    low, high = np.percentile(drawn, [LOW, HIGH])
    return {
        "role": piece.role,
        "kind": piece.kind,
        "text": piece.text,
        "nats": float(differences.sum()),
        "low": float(low),
        "high": float(high),
        "most": int(differences.argmax()),
    }
