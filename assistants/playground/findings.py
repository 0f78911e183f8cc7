"""What a study found, in one sentence, and what may be wrong with a plan: a test row that the examples give away.

Knows summaries and plans; knows nothing about models.
"""

from collections.abc import Sequence
from typing import Any

from assistants.playground.plan import Plan, Variant

SHOWN = 5

Entry = dict[str, Any]
Sentence = dict[str, Any]


def sentence(template: str, /, **values: Any) -> Sentence:
    """Return a sentence for the reader's language to be put in at the edge."""
    return {"template": template, "values": values}


# How examples are chosen.
WAYS = {
    "first": sentence("The first examples"),
    "random": sentence("Random examples"),
    "nearest": sentence("The nearest examples"),
    "diverse": sentence("Near but diverse examples"),
    "length": sentence("The shortest examples"),
}


def leaks(planned: Plan) -> list[Sentence]:
    """Return a warning where a row asks what an example answers: it would only be copied."""
    warnings = []
    for variant in {variant.source.name: variant for variant in planned.variants}.values():
        known = {_plain(example.input) for example in variant.examples}
        rows = [
            number for number, row in enumerate(planned.rows, 1) if _plain(variant.source.input(row)) in known
        ]  # fmt: skip
        if rows:
            template = "Rows {rows} equal an example, so their answers are given away: leave out one or the other."
            warnings.append(sentence(template, rows=_few(rows)))
    return warnings


def study(kind: str, variants: Sequence[Variant], summary: Sequence[Entry]) -> dict[str, Any]:
    """Return a study's points, each with its interval, and the finding."""
    points = [
        {"x": variant.point, **{name: entry[name] for name in ("rate", "low", "high", "n")}}
        | ({"example": variant.point} if kind == "leave_one_out" else {})
        for variant, entry in zip(variants, summary, strict=True)
    ]
    rated = [(variant.point, entry) for variant, entry in zip(variants, summary, strict=True) if entry["n"]]
    finding = FINDINGS[kind](rated) if len(rated) > 1 else sentence("Too few cells could be judged to say anything.")
    return {"kind": kind, "points": points, "finding": finding}


def _shots(rated: list[tuple[Any, Entry]]) -> Sentence:
    (base_k, base), (k, best) = rated[0], max(rated, key=lambda pair: pair[1]["rate"])
    values = {"k": k, "rate": percent(best), "base_k": base_k, "base": percent(base), "n": best["n"]}
    if k == base_k:
        return sentence("No number of examples does better than {k}, where {rate} pass (n = {n}).", k=k, **_of(best))
    if _verdict(best, base) == "better":
        return sentence("{k} examples are best: {rate} pass, with {base_k} only {base} (n = {n}).", **values)
    template = "{k} examples come first with {rate}, but against {base} with {base_k} that may be chance (n = {n})."
    return sentence(template, **values)


def _leave_one_out(rated: list[tuple[Any, Entry]]) -> Sentence:
    (_, whole), others = rated[0], rated[1:]
    hurts = [(point, entry) for point, entry in others if _verdict(entry, whole) == "better"]
    helps = [(point, entry) for point, entry in others if _verdict(entry, whole) == "worse"]
    if hurts:
        point, entry = max(hurts, key=lambda pair: pair[1]["rate"])
        template = "Example {number} hurts: without it {rate} pass, with it {base} (n = {n})."
    elif helps:
        point, entry = min(helps, key=lambda pair: pair[1]["rate"])
        template = "Example {number} helps most: without it only {rate} pass, with it {base} (n = {n})."
    else:
        point, entry = max(others, key=lambda pair: abs(pair[1]["rate"] - whole["rate"]))
        template = "No example makes a sure difference; number {number} most: {rate} without it, {base} with (n = {n})."
    return sentence(template, number=point + 1, base=percent(whole), **_of(entry))


def _order(rated: list[tuple[Any, Entry]]) -> Sentence:
    rates = [entry["rate"] for _, entry in rated]
    values = {"orders": len(rated), "low": f"{min(rates):.0%}", "high": f"{max(rates):.0%}", "n": rated[0][1]["n"]}
    worst, best = (pick(rated, key=lambda pair: pair[1]["rate"])[1] for pick in (min, max))
    if _verdict(best, worst) == "better":
        return sentence("The order alone moves the result from {low} to {high} ({orders} orders, n = {n}).", **values)
    template = "Between {orders} orders the result goes from {low} to {high}, which may be chance (n = {n})."
    return sentence(template, **values)


def _selection(rated: list[tuple[Any, Entry]]) -> Sentence:
    ranked = sorted(rated, key=lambda pair: -pair[1]["rate"])
    (best, first), (second, other) = ranked[0], ranked[-1]
    values = {"best": WAYS[best], "second": WAYS[second], "base": percent(other)}
    if _verdict(first, other) == "better":
        template = "{best} do best: {rate} pass. Last: {second}, {base} (n = {n})."
    else:
        template = "{best} come first with {rate}. Last: {second}, {base}; that may be chance (n = {n})."
    return sentence(template, **values, **_of(first))


FINDINGS = {"shots": _shots, "leave_one_out": _leave_one_out, "order": _order, "selection": _selection}


def percent(entry: Entry) -> str:
    """Return a rate as people read it."""
    return f"{entry['rate']:.0%}"


def _of(entry: Entry) -> dict[str, Any]:
    return {"rate": percent(entry), "n": entry["n"]}


def _verdict(entry: Entry, other: Entry) -> str:
    """Return how an entry did against another, as the summary says."""
    return next((one["verdict"] for one in entry["against"] if one["variant"] == other["variant"]), "cannot tell")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _few(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:SHOWN])) + (", …" if len(numbers) > SHOWN else "")
