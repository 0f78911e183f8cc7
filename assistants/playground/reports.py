"""Reports of a run of suites: a table for the terminal, JSON, JUnit's XML and a page of HTML, all labelled.

Knows finished cells; knows nothing about how they were run. Sentences are in English, as the command line is.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from assistants import provenance
from assistants.errors import worded
from assistants.playground.plan import differing_params, said_params
from assistants.playground.statistics import rate
from assistants.storable import for_xml

SHOWN = 20
WIDTH = 100
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1d2327; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #dcdfe4; }
td { white-space: pre-wrap; overflow-wrap: anywhere; }
.no { color: #b3261e; } .yes { color: #1a7f37; }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e6e8eb; } th, td { border-color: #383d45; } }
"""


UNCHECKED = "not checked"
VERDICTS = {True: '<td class="yes">yes</td>', False: '<td class="no">no</td>', None: f"<td>{UNCHECKED}</td>"}


@dataclass(frozen=True)
class Outcome:
    """One cell of a suite, and whether it passed; None where nothing was checked."""

    suite: str
    variant: str
    row: int
    values: dict[str, str]
    passed: bool | None
    why: list[str]
    output: str
    error: str | None
    seconds: float
    cost: float | None
    params: dict[str, Any]


def outcomes(suite: str, request: dict[str, Any], result: dict[str, Any]) -> list[Outcome]:
    """Return the cells of a finished job; one that could not be judged has not passed."""
    variants = {one["id"]: one for one in result["plan"]["variants"]}
    rows = request.get("rows") or [{}]
    return [
        Outcome(
            suite,
            _title(variants[cell["variant"]]),
            cell["row"],
            rows[cell["row"]],
            passed=_passed(cell),
            why=[_sentence(check) for check in cell["checks"] if check["passed"] is not True],
            output=cell["output"],
            error=cell["error"] and _sentence(cell["error"]),
            seconds=cell["seconds"],
            cost=cell["cost"],
            params=variants[cell["variant"]]["params"],
        )
        for cell in result["cells"]
    ]


def _passed(cell: dict[str, Any]) -> bool | None:
    if cell["error"] is None and not cell["checks"]:
        return None
    return cell["error"] is None and cell["passed"] is True


def told_apart(found: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with those parameters in a variant's name that others of this name have otherwise."""
    sets: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in found:
        sets.setdefault((one.suite, one.variant), []).append(one.params)
    differing = {key: differing_params(params) for key, params in sets.items()}
    return [
        replace(one, variant=" · ".join([one.variant, *said_params(one.params, differing[one.suite, one.variant])]))
        for one in found
    ]


def _title(variant: dict[str, Any]) -> str:
    how = "" if variant["how"] == "generate" else variant["how"]
    return " · ".join(filter(None, [variant["prompt"], variant["model"], how]))


def _sentence(told: dict[str, Any]) -> str:
    return worded(told["template"], told["values"])


def share(found: Iterable[Outcome]) -> float:
    """Return the share that passed of what was checked; nothing checked is nothing passed."""
    passed = [one.passed for one in found if one.passed is not None]
    return sum(passed) / len(passed) if passed else 0.0


def _count(found: Iterable[Outcome]) -> str:
    """Return in a line how many passed."""
    counts = Counter(one.passed for one in found)
    checked = counts[True] + counts[False]
    line = f"{counts[True]} of {checked} passed ({share(found):.0%})" if checked else "nothing checked"
    return line + (f", {counts[None]} without a check" if checked and counts[None] else "")


# The terminal


def table(found: list[Outcome]) -> str:
    """Return a line for each suite and variant with its rate, and the first failures with their reasons."""
    lines = [_line(name, group) for name, group in _groups(found).items()]
    failed = [one for one in found if one.passed is False]
    for one in failed[:SHOWN]:
        values = ", ".join(f"{name}={value}" for name, value in one.values.items())
        lines += ["", f"FAILED  {one.suite} / {one.variant} / row {one.row + 1}  {_short(values)}"]
        lines += [f"  {reason}" for reason in ([one.error] if one.error else one.why)]
        lines += [f"  > {_short(one.output)}"] if one.output else []
    if len(failed) > SHOWN:
        lines += ["", f"... and {len(failed) - SHOWN} more"]
    return "\n".join([*lines, "", _count(found)])


def _groups(found: Iterable[Outcome]) -> dict[tuple[str, str], list[Outcome]]:
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for one in found:
        groups.setdefault((one.suite, one.variant), []).append(one)
    return groups


def _line(name: tuple[str, str], group: list[Outcome]) -> str:
    checked = [one.passed for one in group if one.passed is not None]
    measured = rate([float(one) for one in checked])
    seconds = sorted(one.seconds for one in group)[len(group) // 2]
    facts = (
        f"{sum(checked):>4}/{len(checked):<4} {measured.rate:>5.0%} "
        f"{f'({measured.low:.0%} to {measured.high:.0%})':<14}"
        if measured
        else f"{UNCHECKED:<30}"
    )
    return f"{facts} {seconds:>7.2f} s  {_short(' / '.join(name))}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


# Files


def write(path: Path, found: list[Outcome]) -> None:
    """Write the report that the file's name asks for."""
    path.write_bytes(FORMS[path.suffix](found))


def as_json(found: list[Outcome]) -> bytes:
    """Return the outcomes as JSON."""
    counts = Counter(one.passed for one in found)
    data = {
        "passed": counts[True],
        "total": len(found),
        "unchecked": counts[None],
        "outcomes": [asdict(one) for one in found],
    }
    return _labelled("application/json", json.dumps(data, ensure_ascii=False, indent=1))


def as_junit(found: list[Outcome]) -> bytes:
    """Return the outcomes as JUnit's XML, which test servers read."""
    root = ElementTree.Element("testsuites", name="AIGC Studio playground")
    root.append(ElementTree.Comment("AI-generated: what models say in here"))
    for (suite, variant), group in _groups(found).items():
        failed = [one for one in group if one.passed is False]
        errors = sum(one.error is not None for one in failed)
        skipped = sum(one.passed is None for one in group)
        numbers = {"tests": len(group), "failures": len(failed) - errors, "errors": errors, "skipped": skipped}
        counts = {name: str(number) for name, number in numbers.items()}
        parent = ElementTree.SubElement(root, "testsuite", {"name": for_xml(f"{suite} / {variant}"), **counts})
        for one in group:
            facts = {"name": f"row {one.row + 1}", "classname": for_xml(variant), "time": f"{one.seconds:.3f}"}
            case = ElementTree.SubElement(parent, "testcase", facts)
            if one.passed is None:
                ElementTree.SubElement(case, "skipped", message=UNCHECKED)
            elif not one.passed:
                why = " ".join([one.error] if one.error else one.why)
                ElementTree.SubElement(case, "error" if one.error else "failure", message=for_xml(why))
            ElementTree.SubElement(case, "system-out").text = for_xml(one.output)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def as_html(found: list[Outcome]) -> bytes:
    """Return the outcomes as a page that needs nothing else."""
    sections = []
    for (suite, variant), group in _groups(found).items():
        rows = "".join(_html_row(one) for one in group)
        head = "<tr><th>Row</th><th>Values</th><th>Answer</th><th>Passed</th><th>Why not</th><th>Seconds</th></tr>"
        title = f"{escape(suite)} / {escape(variant)}: {_count(group)}"
        sections.append(f"<h2>{title}</h2><table>{head}{rows}</table>")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Prompt tests</title>'
        f"<style>{STYLE}</style></head><body><h1>Prompt tests</h1>"
        f"<p>{_count(found)}</p>"
        f"{''.join(sections)}</body></html>"
    )
    return _labelled("text/html", page)


def _html_row(one: Outcome) -> str:
    values = "\n".join(f"{name}: {value}" for name, value in one.values.items())
    verdict = VERDICTS[one.passed]
    why = "\n".join([one.error] if one.error else one.why)
    return (
        f"<tr><td>{one.row + 1}</td><td>{escape(values)}</td><td>{escape(one.output)}</td>{verdict}"
        f"<td>{escape(why)}</td><td>{one.seconds:.2f}</td></tr>"
    )


def _labelled(kind: str, text: str) -> bytes:
    return provenance.label(kind, "playground-report", text.encode())


FORMS: dict[str, Callable[[list[Outcome]], bytes]] = {".json": as_json, ".xml": as_junit, ".html": as_html}
