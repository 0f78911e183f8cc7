"""The summary of a matrix: of each variant how many cells pass, how sure that is, and against which others it wins.

Knows finished cells; knows nothing about how they came about.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from assistants.playground.plan import EXPECTED
from assistants.playground.statistics import accuracy, compare, corrected, rate

# With more variants than these, each is held against the first one only.
ALL_PAIRS = 12

Cell = dict[str, Any]


def summary(cells: Iterable[Cell], variants: Sequence[int], rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return one entry a variant, in their order."""
    by_variant: dict[int, list[Cell]] = {variant: [] for variant in variants}
    for cell in cells:
        by_variant[cell["variant"]].append(cell)
    scores = {variant: _scores(own) for variant, own in by_variant.items()}
    against = _against(scores)
    return [
        _entry(variant, own, list(scores[variant].values()), rows) | {"against": against[variant]}
        for variant, own in by_variant.items()
    ]


def _scores(cells: Iterable[Cell]) -> dict[int, float]:
    """Return the share of a row's repeats that passed, by row; what could not be judged does not count."""
    verdicts: dict[int, list[bool]] = defaultdict(list)
    for cell in cells:
        if cell["passed"] is not None:
            verdicts[cell["row"]].append(cell["passed"])
    return {row: sum(passed) / len(passed) for row, passed in sorted(verdicts.items())}


def _entry(variant: int, cells: list[Cell], scores: list[float], rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    found, done = rate(scores), [cell for cell in cells if cell["error"] is None]
    costs = [cell["cost"] for cell in done]
    return {
        "variant": variant,
        "n": len(scores),
        "passed": sum(cell["passed"] is True for cell in cells),
        **({name: found.as_dict()[name] for name in ("rate", "low", "high")} if found else NO_RATE),
        **_by_label(done, rows),
        "seconds": round(median([cell["seconds"] for cell in done]), 3) if done else None,
        "tokens": sum(cell["input_tokens"] + cell["output_tokens"] for cell in done),
        "cost": None if None in costs or not costs else round(sum(costs), 8),
        "cached": sum(cell["cached"] for cell in done),
        "errors": len(cells) - len(done),
        "evaluators": _by_evaluator(done),
    }


NO_RATE = {"rate": None, "low": None, "high": None}


def _by_label(cells: list[Cell], rows: Sequence[Mapping[str, str]]) -> dict[str, float]:
    pairs = [
        (rows[cell["row"]][EXPECTED].strip().casefold(), check["label"].casefold())
        for cell in cells
        for check in cell["checks"]
        if check["label"] is not None
    ]
    return accuracy(*map(list, zip(*pairs, strict=True))) if pairs else {}


def _by_evaluator(cells: list[Cell]) -> list[dict[str, int]]:
    counts: dict[int, list[bool]] = defaultdict(list)
    for cell in cells:
        for check in cell["checks"]:
            if check["passed"] is not None:
                counts[check["evaluator"]].append(check["passed"])
    return [{"evaluator": one, "passed": sum(passed), "n": len(passed)} for one, passed in sorted(counts.items())]


def _against(scores: dict[int, dict[int, float]]) -> dict[int, list[dict[str, Any]]]:
    """Compare the variants with each other, corrected for how many comparisons that are."""
    first = next(iter(scores), None)
    pairs = [
        (one, other) for one in scores for other in scores if one < other and (len(scores) <= ALL_PAIRS or one == first)
    ]
    made = [(one, other, compare(scores[one], scores[other])) for one, other in pairs]
    known = [(one, other, found) for one, other, found in made if found]
    against: dict[int, list[dict[str, Any]]] = {variant: [] for variant in scores}
    for (one, other, found), p in zip(known, corrected([found.p for *_, found in known]), strict=True):
        against[one].append({"variant": other, **found.as_dict(p)})
        against[other].append({"variant": one, **found.turned.as_dict(p)})
    return against
