"""What the playground measures and how fast; run ``python -m benchmarks.playground``.

    speed   3 templates x 50 rows at once, and cell after cell through the same engine; both by turns, on new rows each
            time, so that neither finds what the other has read but for the beginnings of the templates
    study   how many examples the bundled task needs, k = 0 to 8, with intervals
    labels  free generation, label scoring and the classifier, on the same rows and examples

The starter is taken from the studio's home. Ratios count, not the absolute figures.
"""

import argparse
from statistics import median
from time import monotonic
from typing import Any

from assistants import playground
from assistants.generation import conversation
from assistants.principals import LOCAL
from assistants.studio import Studio
from benchmarks.support import opened

OWNER = LOCAL
TOKENS = 32
TEMPLATES = [
    {"name": name, "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}]}
    for name, system, user in (
        ("editor", "You are an editor at a large newspaper. You know what readers like.", "Headline: {{text}}. Story:"),
        ("teacher", "You are a patient teacher. You explain the news to children.", "Explain to a child: {{text}}."),
        ("critic", "You are a severe critic. You find what is missing in a text.", "What is missing here? {{text}}."),
    )
]


def rows(start: int, count: int) -> list[dict[str, str]]:
    """Return rows that no other call returns."""
    texts = [row["headline"] for row in playground.DATASET["request"]["rows"]]
    return [{"text": f"{texts[number % len(texts)]} (page {number})"} for number in range(start, start + count)]


def run(studio: Studio, **request: Any) -> dict[str, Any]:
    """Run a matrix to its end and return its result."""
    job = studio.jobs.submit("playground", request, OWNER)
    row = studio.jobs.wait(job.id, OWNER.id)
    assert row.status == "done", row.error
    return row.result


def at_once(studio: Studio, some: list[dict[str, str]]) -> tuple[float, int]:
    """Return the seconds and tokens of the matrix as a job."""
    began = monotonic()
    result = run(studio, prompts=TEMPLATES, rows=some, params={"temperature": 0, "max_tokens": TOKENS})
    return monotonic() - began, sum(cell["output_tokens"] for cell in result["cells"])


def one_by_one(studio: Studio, some: list[dict[str, str]]) -> tuple[float, int]:
    """Return the seconds and tokens of the same cells, one after the other."""
    engine, tokens, began = studio.models.engine(None), 0, monotonic()
    for template in TEMPLATES:
        for row in some:
            said = [(one["role"], one["content"].replace("{{text}}", row["text"])) for one in template["messages"]]
            options = {"temperature": 0.0, "max_tokens": TOKENS, "repetition_penalty": 1.0}
            for chunk in engine.stream(conversation(said), **options):
                tokens += (chunk.usage_metadata or {}).get("output_tokens", 0)
    return monotonic() - began, tokens


def speed(studio: Studio, count: int, rounds: int) -> None:
    """Print how much sooner the matrix is done at once."""
    at_once(studio, rows(0, 1))
    ratios, start = [], 1
    for number in range(rounds):
        took: dict[str, tuple[float, int]] = {}
        arms = [("at once", at_once), ("one by one", one_by_one)]
        for name, arm in arms if number % 2 else arms[::-1]:
            took[name] = arm(studio, rows(start, count))
            start += count
        for name, (seconds, tokens) in took.items():
            print(f"round {number + 1}, {name}: {seconds:.1f} s, {tokens} tokens, {tokens / seconds:.1f} tokens/s")
        (fast, made), (slow, said) = took["at once"], took["one by one"]
        ratios.append((made / fast) / (said / slow))
    print(f"{len(TEMPLATES)} templates x {count} rows: {median(ratios):.2f} times as fast as one by one")


def study(studio: Studio, count: int) -> None:
    """Print the pass rate for each number of examples."""
    request = playground.DATASET["request"]
    options = {"study": "shots", "study_options": {"ks": [0, 1, 2, 4, 6, 8]}, "shots": {}}
    result = run(studio, **request | options | {"rows": thinned(request["rows"], count)})
    for point in result["study"]["points"]:
        print(f"k = {point['x']}: {point['rate']:.2f} ({point['low']:.2f}-{point['high']:.2f}), n = {point['n']}")
    finding = result["study"]["finding"]
    print(finding["template"].format(**finding["values"]))


def labels(studio: Studio, count: int) -> None:
    """Print accuracy and macro F1 of the three ways to tell labels apart, for few and for more examples."""
    request = playground.DATASET["request"]
    known = request["evaluators"][0]["value"]
    for k in (0, 4, 16):
        some = {"rows": thinned(request["rows"], count), "shots": {"k": k}, "labels": known}
        result = run(studio, **request | some)
        for variant, entry in zip(result["plan"]["variants"], result["summary"], strict=True):
            shown = "all examples" if variant["how"] == "classifier" else f"k = {k}"
            share = f"{entry['rate']:.2f} ({entry['low']:.2f}-{entry['high']:.2f})"
            scores = f"macro F1 {entry['macro_f1']:.2f}, {entry['seconds']:.3f} s a row"
            against = ", ".join(f"{one['verdict']} than {one['variant']} (p = {one['p']})" for one in entry["against"])
            print(f"{variant['how']}, {shown}: accuracy {share}, {scores}; {against}")


def thinned(all_rows: list[Any], count: int) -> list[Any]:
    """Return so many rows from all over the table, so that each class is there."""
    return all_rows[:: max(1, len(all_rows) // count)][:count]


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["speed", "study", "labels"], help="speed, study, labels")
    parser.add_argument("--rows", type=int, default=48, help="rows of the table (default: 48)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of the speed test (default: 2)")
    options = parser.parse_args()
    with opened("mini") as studio:
        for _ in studio.models.waiting(None):
            pass
        for part in options.parts:
            print(f"\n{part}")
            arguments = (options.rows, options.rounds) if part == "speed" else (options.rows,)
            {"speed": speed, "study": study, "labels": labels}[part](studio, *arguments)


if __name__ == "__main__":
    main()
