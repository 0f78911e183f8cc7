"""What many verdicts say together: rates with intervals, accuracy, and whether one variant is better than another.

Knows numbers only, and says how many it had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy

from assistants.classify.report import CONFIDENCE, wilson

LEVEL = 0.05
RESAMPLES = 2000
BATCH = 1_000_000
SEED = 0


@dataclass(frozen=True)
class Rate:
    """A share with its interval, over ``n`` rows."""

    rate: float
    low: float
    high: float
    n: int

    def as_dict(self) -> dict[str, Any]:
        """The numbers, as they are shown."""
        return {name: round(getattr(self, name), 4) for name in ("rate", "low", "high")} | {"n": self.n}


def rate(scores: Sequence[float]) -> Rate | None:
    """Return the mean of scores, one for each row, and its 95 % bootstrap interval over the rows.

    Resampling rows that are all alike shows no doubt at all, so there Wilson's interval takes its place.
    """
    values = numpy.asarray(scores, dtype=float)
    if not values.size:
        return None
    mean = float(values.mean())
    if values.min() == values.max() and mean in (0.0, 1.0):
        return Rate(mean, *wilson(int(values.sum()), len(values)), len(values))
    return Rate(mean, *_percentiles(values), len(values))


def _percentiles(values: "numpy.ndarray") -> tuple[float, float]:
    """Return where 95 % of the means of resampled values lie; of a single value, at itself."""
    from scipy.stats import bootstrap

    if len(values) < 2:
        return float(values[0]), float(values[0])
    chance, batch = numpy.random.default_rng(SEED), max(1, BATCH // len(values))
    found = bootstrap(
        (values,), numpy.mean, n_resamples=RESAMPLES, batch=batch, confidence_level=CONFIDENCE,
        method="percentile", rng=chance,
    )  # fmt: skip
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


@dataclass(frozen=True)
class Comparison:
    """How one variant did against another on the rows that both have: the difference, its interval, and chance's p."""

    difference: float
    low: float
    high: float
    p: float
    n: int

    def as_dict(self, p: float) -> dict[str, Any]:
        """Return better, worse or cannot tell with the numbers; ``p`` is corrected for the number of comparisons."""
        verdict = "better" if self.difference > 0 else "worse"
        numbers = {name: round(getattr(self, name), 4) for name in ("difference", "low", "high")}
        return {"verdict": verdict if p < LEVEL else "cannot tell", **numbers, "p": round(p, 4), "n": self.n}

    @property
    def turned(self) -> "Comparison":
        """The same, seen from the other side."""
        return replace(self, difference=-self.difference, low=-self.high, high=-self.low)


def compare(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Comparison | None:
    """Compare scores by row: McNemar's exact test where each is right or wrong, else Wilcoxon's signed ranks."""
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        return None
    differences = numpy.asarray([ours[row] - theirs[row] for row in both])
    low, high = _percentiles(differences)
    return Comparison(float(differences.mean()), low, high, _chance(differences), len(both))


def _chance(differences: "numpy.ndarray") -> float:
    from scipy.stats import binomtest, wilcoxon

    changed = differences[differences != 0]
    if not changed.size:
        return 1.0
    if set(numpy.abs(changed)) == {1.0}:
        return float(binomtest(int((changed > 0).sum()), len(changed)).pvalue)
    return float(wilcoxon(changed).pvalue)


def corrected(chances: Sequence[float]) -> list[float]:
    """Return p values for many comparisons at once (Benjamini and Hochberg): of many, some look good by chance."""
    if len(chances) < 2:
        return list(chances)
    from scipy.stats import false_discovery_control

    return [float(one) for one in false_discovery_control(chances)]


def accuracy(expected: Sequence[str], said: Sequence[str]) -> dict[str, float]:
    """Return the share of right labels and macro F1; a label that nobody expected is only ever wrong."""
    from sklearn.metrics import accuracy_score, f1_score

    labels = sorted(set(expected))
    return {
        "accuracy": round(float(accuracy_score(expected, said)), 4),
        "macro_f1": round(float(f1_score(expected, said, labels=labels, average="macro", zero_division=0)), 4),
    }
