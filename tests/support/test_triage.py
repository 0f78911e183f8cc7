"""Triage: a base learns its operator's labels, answers name them, and what stays unclear is asked back about once."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistants import classify
from assistants.errors import InvalidInput, NotAllowed, NotFound, StudioError
from assistants.jobs import Progress
from assistants.principals import LOCAL, of_owner
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from assistants.support.intent_rows import IntentRows
from tests.knowledge.stand_ins import stand_in_for_embedder

EXAMPLES = """
parking, Where can I park my car?
parking, Is there a garage for the car?
parking, Do I pay to park?
dogs, May my dog come along?
dogs, Are dogs and other pets allowed?
dogs, Can I bring a dog?
person, I want to talk to a person
person, Give me a human
person, Let me talk to somebody
"""


@pytest.fixture(autouse=True)
def embedder(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_embedder(monkeypatch, studio.models)


def teach(studio: Studio, **request: Any) -> JobRow:
    row = studio.jobs.submit("triage", {"knowledge": "sample", "examples": EXAMPLES, **request}, LOCAL)
    return studio.jobs.wait(row.id, LOCAL.id, 60)


def ask(studio: Studio, question: str, **request: Any) -> dict[str, Any]:
    row = studio.jobs.submit("support", {"question": question, "knowledge": "sample", **request}, LOCAL)
    return studio.jobs.wait(row.id, LOCAL.id, 20).result


def test_a_base_learns_and_its_answers_name_the_intent(studio: Studio) -> None:
    row = teach(studio, hand_over=["person"])
    assert row.status == "done", row.error
    report = row.result["report"]
    assert report["examples"] == 9 and report["labels"] == 3 and report["accuracy"] > 0.5
    assert ask(studio, "Where do I park the car?")["intent"] == "parking"
    person = ask(studio, "I want to talk to a person, give me a human")
    assert (person["intent"], person["fallback"], person["grounded"]) == ("person", "hand over", False)
    assert person["answer"].startswith("This is for a person.")
    # Deleted with the base.
    studio.knowledge.delete_base("sample", LOCAL)
    assert IntentRows(studio.history.store).get("sample") is None


def test_what_is_unclear_is_asked_back_about_once_and_then_handed_over(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach(studio)
    unsure = classify.Guess("dogs", 0.4, {"dogs": 0.4, "parking": 0.35, "person": 0.05})
    monkeypatch.setattr(classify, "guess", lambda *_: [unsure])
    first = ask(studio, "xylophone")
    assert first["fallback"] == "ask back" and "intent" not in first
    assert first["choices"] == ["dogs", "parking"] and first["answer"].endswith("dogs; parking")
    second = ask(studio, "zeppelin", conversation=first["conversation"])
    assert second["fallback"] == "hand over" and "choices" not in second


def test_only_the_operator_teaches_and_nothing_wrong_is_kept(studio: Studio) -> None:
    wrong: list[tuple[dict[str, Any], type[StudioError]]] = [
        ({"examples": "a, b"}, InvalidInput),
        ({"knowledge": "nowhere"}, NotFound),
        ({"hand_over": ["nobody"]}, InvalidInput),
        ({"model": "echo:"}, InvalidInput),
        ({"model": "nothing"}, InvalidInput),
    ]
    for request, error in wrong:
        with pytest.raises(error):
            teach(studio, **request)
    with pytest.raises(NotAllowed):
        studio.jobs.submit("triage", {"knowledge": "sample", "examples": EXAMPLES}, of_owner("v-1"))
    assert IntentRows(studio.history.store).get("sample") is None


def test_training_can_be_stopped(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    learn = classify.training.classifier.learn_head

    def slow(*asked: Any) -> Any:
        begun.set()
        while True:
            yield {}
        yield from learn(*asked)

    monkeypatch.setattr(classify.training.classifier, "learn_head", slow)
    row = studio.jobs.submit("triage", {"knowledge": "sample", "examples": EXAMPLES}, LOCAL)
    begun.wait(30)
    studio.jobs.stop(row.id, LOCAL.id)
    assert studio.jobs.wait(row.id, LOCAL.id, 20).status == "stopped"
    assert IntentRows(studio.history.store).get("sample") is None


def test_a_model_with_labels_of_its_own_is_taken_as_it_is(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Model:
        slots, labels = 1, ("yes", "no")

        def classify(self, texts: list[str]) -> list[list[float]]:
            return [[0.9, 0.1] if "park" in text else [0.2, 0.8] for text in texts]

    models = studio.models
    resolve, waiting, engine = models.resolve, models.waiting, models.engine
    monkeypatch.setattr(models, "resolve", lambda name, *o: "local:mine" if name == "mine" else resolve(name, *o))
    monkeypatch.setattr(models, "waiting", lambda name, *o: iter(()) if name == "local:mine" else waiting(name, *o))
    monkeypatch.setattr(models, "engine", lambda name, *o: Model() if name == "local:mine" else engine(name, *o))
    assert (
        teach(studio, model="mine", examples="yes, park\nyes, parking\nno, a\nno, b").result["report"]["accuracy"] == 1
    )
    assert teach(studio, model="mine", examples="").result == {
        "knowledge": "sample", "report": None, "model": "local:mine",
    }  # fmt: skip
    assert ask(studio, "Where do I park?")["intent"] == "yes"


@pytest.mark.parametrize(("accuracy", "model"), [(1.1, "local:tuned"), (0.1, None)])
def test_of_many_examples_an_encoder_is_tuned_and_kept_if_it_is_better(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, accuracy: float, model: str | None
) -> None:
    def tune(job: Any, encoder: Path, examples: Any, folder: Path) -> Any:
        yield Progress(1, 2, "Learning from the examples")
        assert IntentRows(studio.history.store).get("sample").head, "the head answers meanwhile"
        report = classify.compared(examples, [classify.Guess("a", 1.0, {"a": 1.0})] * len(examples), 2)
        return classify.Trained(replace(report, accuracy=accuracy), folder=folder)

    monkeypatch.setattr("assistants.support.triage.MANY", 2)
    monkeypatch.setattr(classify, "tune", tune)
    resolve = studio.models.resolve
    monkeypatch.setattr(studio.models, "folder", lambda name: tmp_path)
    monkeypatch.setattr(studio.models.installer, "install", lambda spec, owner: "tuned")
    named = {"tuned": "local:tuned"}
    monkeypatch.setattr(studio.models, "resolve", lambda name, *o: named.get(name) or resolve(name, *o))
    row = teach(studio)
    assert row.status == "done", row.error
    assert row.result["model"] == model
    assert (IntentRows(studio.history.store).get("sample").head is None) == (model is not None)
