"""Few-shot studies: what each varies, and what it finds. A study is a matrix whose variants differ in their examples.

Knows nothing about how its cells are run.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assistants.errors import InvalidInput
from assistants.playground.request import CHOICES, Example, Request, Shots

KS = (0, 1, 2, 4, 8)


@dataclass(frozen=True)
class Way:
    """One way to show examples; ``point`` is what a study calls it."""

    shots: Shots
    examples: tuple[Example, ...]
    point: Any = None


def check(request: Request, examples: Sequence[Example], others: int) -> None:
    """Raise ``InvalidInput`` for a study that could find nothing."""
    least = 1 if request.study == "shots" else 2
    if len(examples) < least:
        raise InvalidInput("examples", "This study needs at least {least} examples.", least=least)
    if not request.evaluators and not any("expected" in row for row in request.rows):
        raise InvalidInput("evaluators", "A study needs evaluators, or rows that say what is expected.")
    if others > 1:
        raise InvalidInput("study", "A study takes one prompt, one model and one set of parameters.")


def ways(request: Request, examples: tuple[Example, ...]) -> list[Way]:
    """Return what the study compares; the first is what the others are held against."""
    return list(WAYS[request.study or ""](request, examples))


def _shots(request: Request, examples: tuple[Example, ...]) -> Iterator[Way]:
    for k in sorted({min(k, len(examples)) for k in request.study_options.ks or KS}):
        yield Way(request.shots.model_copy(update={"k": k}), examples, k)


def _leave_one_out(request: Request, examples: tuple[Example, ...]) -> Iterator[Way]:
    shots = Shots()
    yield Way(shots, examples)
    for number in range(len(examples)):
        yield Way(shots, examples[:number] + examples[number + 1 :], request.examples.index(examples[number]))


def _order(request: Request, examples: tuple[Example, ...]) -> Iterator[Way]:
    chance = random.Random(request.shots.seed)
    seen = {examples}
    yield Way(Shots(), examples, 0)
    # Of few examples there are few orders: it is not tried for ever to find another.
    for _ in range(request.study_options.permutations * 20):
        order = tuple(chance.sample(examples, len(examples)))
        if order not in seen and len(seen) < request.study_options.permutations:
            seen.add(order)
            yield Way(Shots(), order, len(seen) - 1)


def _selection(request: Request, examples: tuple[Example, ...]) -> Iterator[Way]:
    k = request.shots.k or min(4, len(examples) - 1)
    for choose in CHOICES:
        yield Way(request.shots.model_copy(update={"k": k, "choose": choose}), examples, choose)


WAYS = {"shots": _shots, "leave_one_out": _leave_one_out, "order": _order, "selection": _selection}
