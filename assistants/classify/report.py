"""A report: how often a classifier is right about examples that it had not seen, and where it goes wrong.

Knows nothing about how it was learned.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistants.classify.examples import Example
from assistants.classify.head import Guess

CONFIDENCE = 0.95
SHOWN = 20


@dataclass(frozen=True)
class Report:
    """Accuracy on held-out examples with its 95 % interval; ``weakest`` are those it would get wrong or nearly."""

    accuracy: float
    low: float
    high: float
    examples: int
    labels: int
    seconds: float
    by_label: list[dict[str, Any]]
    confusions: list[dict[str, Any]]
    weakest: list[dict[str, Any]]


def compared(examples: Sequence[Example], guesses: Sequence[Guess], labels: int, seconds: float = 0.0) -> Report:
    """Compare what was guessed of held-out examples with their labels."""
    pairs = list(zip(examples, guesses, strict=True))
    right = sum(example.label == guess.label for example, guess in pairs)
    low, high = wilson(right, len(pairs))
    all_of = Counter(example.label for example in examples)
    hit = Counter(example.label for example, guess in pairs if example.label == guess.label)
    mixed = Counter((example.label, guess.label) for example, guess in pairs if example.label != guess.label)
    weak = sorted(pairs, key=lambda pair: pair[1].scores.get(pair[0].label, 0.0))
    return Report(
        accuracy=round(right / len(pairs), 4),
        low=round(low, 4),
        high=round(high, 4),
        examples=len(pairs),
        labels=labels,
        seconds=round(seconds, 2),
        by_label=[{"label": label, "right": hit[label], "of": count} for label, count in sorted(all_of.items())],
        confusions=[
            {"label": label, "taken_for": other, "count": count} for (label, other), count in mixed.most_common(SHOWN)
        ],
        weakest=[
            {
                "text": example.text,
                "label": example.label,
                "taken_for": guess.label,
                "confidence": guess.scores.get(example.label, 0.0),
            }
            for example, guess in weak[:SHOWN]
            if guess.label != example.label or guess.confidence < 0.5
        ],
    )


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson's)."""
    from scipy.stats import binomtest

    interval = binomtest(right, count).proportion_ci(CONFIDENCE, "wilson")
    return float(interval.low), float(interval.high)
