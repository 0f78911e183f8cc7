"""Few-shot studies on a model whose answers are known, and the three ways to tell labels apart."""

import itertools
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from assistants.errors import InvalidInput
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.knowledge.stand_ins import stand_in_for_embedder
from tests.playground.runs import cells, rows, run
from tests.playground.stand_ins import MODEL, scripted
from webapp.i18n import translate

LABELS = ["fruit", "tool"]
WORDS = {"apple": "fruit", "pear": "fruit", "plum": "fruit", "saw": "tool", "drill": "tool", "file": "tool"}
EXAMPLES = [{"input": word, "output": label} for word, label in WORDS.items()]
ROWS = [
    row for word, label in WORDS.items() for row in rows(f"my {word}", f"old {word}", f"new {word}", expected=label)
]


def copies(messages: list[BaseMessage]) -> str:
    """Return the label of an example that shares a word with the question, else nothing."""
    asked = messages[-1].text.split()[-1]
    return next((answer.text for heard, answer in itertools.pairwise(messages) if heard.text == asked), "?")


def study(studio: Studio, patch: pytest.MonkeyPatch, kind: str, **request: Any) -> dict[str, Any]:
    stand_in_for_embedder(patch, studio.models)
    scripted(patch, studio.models, copies)
    job = run(studio, examples=EXAMPLES, rows=ROWS, models=[MODEL], study=kind, labels=None, **request)
    assert job.status == "done", job.error
    assert [point["rate"] for point in job.result["study"]["points"]] == [one["rate"] for one in job.result["summary"]]
    return job.result["study"]


def test_the_sweep_finds_how_many_examples_are_best(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    found = study(studio, monkeypatch, "shots", study_options={"ks": [0, 2, 6, 8]})
    assert [(point["x"], round(point["rate"], 2)) for point in found["points"]] == [(0, 0), (2, 0.33), (6, 1)]
    assert found["finding"]["values"] == {"k": 6, "rate": "100%", "base_k": 0, "base": "0%", "n": 18}
    assert all(point["low"] <= point["rate"] <= point["high"] for point in found["points"])


def test_leaving_one_out_finds_what_helps(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    found = study(studio, monkeypatch, "leave_one_out")
    assert len(found["points"]) == 7 and found["points"][0]["x"] is None
    assert found["finding"]["template"].startswith("No example makes a sure difference")
    assert {round(point["rate"], 2) for point in found["points"][1:]} == {0.83}


def test_the_order_of_examples_plays_no_part_here(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    found = study(studio, monkeypatch, "order", study_options={"permutations": 4})
    assert [point["rate"] for point in found["points"]] == [1] * 4
    assert found["finding"]["values"]["orders"] == 4


def test_the_nearest_examples_are_the_best_choice(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    found = study(studio, monkeypatch, "selection", shots={"k": 1})
    rates = {point["x"]: point["rate"] for point in found["points"]}
    assert rates["nearest"] == 1 and rates["first"] < 0.2
    english, chinese = (translate(found, lang)["finding"]["text"] for lang in ("en", "zh"))
    assert english.startswith("The nearest examples do best: 100% pass. Last: ")
    assert chinese.startswith("语义最近的示例最好：通过率 100%。")


def test_of_two_examples_there_are_two_orders(studio: Studio) -> None:
    job = run(studio, examples=EXAMPLES[:2], rows=ROWS[:2], study="order", study_options={"permutations": 50})
    assert len(job.result["study"]["points"]) == 2


def test_a_study_takes_one_of_everything_else(studio: Studio) -> None:
    request = {"messages": [{"role": "user", "content": "{{text}}"}], "examples": EXAMPLES, "rows": ROWS}
    with pytest.raises(InvalidInput, match="one prompt, one model"):
        studio.jobs.submit("playground", request | {"study": "order", "models": ["echo:", MODEL]}, LOCAL)


def test_a_row_that_equals_an_example_is_warned_of(studio: Studio) -> None:
    job = run(studio, examples=EXAMPLES, rows=rows("new", " Apple", "saw", expected="x"))
    assert [warning["values"] for warning in job.result["plan"]["warnings"]] == [{"rows": "2, 3"}]


def test_labels_are_written_weighed_and_learned(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_embedder(monkeypatch, studio.models)
    scripted(monkeypatch, studio.models, copies)
    job = run(studio, examples=EXAMPLES, rows=ROWS, models=[MODEL], labels=LABELS)
    assert [one["how"] for one in job.result["plan"]["variants"]] == ["generate", "score", "classifier"]
    assert [entry["accuracy"] for entry in job.result["summary"]][:2] == [1, 1]
    assert job.result["summary"][2]["accuracy"] >= 0.8
    weighed = next(cell for cell in job.result["cells"] if cell["variant"] == 1)
    assert weighed["scores"] == {"fruit": -0.1, "tool": -3.0} and weighed["output"] == "fruit"


def test_what_a_model_cannot_do_its_column_says(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_embedder(monkeypatch, studio.models)
    job = run(studio, examples=EXAMPLES[:3], rows=rows("saw", expected="tool"), labels=LABELS)
    errors = cells(job, "error")
    assert errors[0] is None and errors[1]["values"] == {"model": "echo:"}
    assert errors[2]["template"] == "{field} must have {low} to {high} labels, and has {count}."
