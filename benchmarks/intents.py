"""How well few examples teach what people want; run ``python -m benchmarks.intents``.

Learns the classes of ``intents.yaml`` from ten examples of each, as the studio does, and asks about sentences that were
written to be different, beside the nearest centroid and the nearest neighbours on the same embeddings; then the same in
Chinese. The embedders are those that the studio takes for each language, from its home. ``--tune`` also fine-tunes the
English embedder's own BERT, which takes minutes.
"""

import argparse
import tempfile
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import yaml

from assistants import classify
from assistants.classify import Example
from assistants.classify.head import guesses
from assistants.classify.report import wilson
from assistants.embedder import MODEL, Embedder, model_for
from assistants.engines.classifier import open_classifier
from benchmarks.support import NO_MODEL, auroc, opened

FILES = {"English": ".yaml", "Chinese": ".zh.yaml"}
NEIGHBOURS = (1, 3, 5)


class NoJob:
    """A job that nobody stops and that shares its engine with none."""

    stopping = False

    @contextmanager
    def slot(self, *_: object) -> Any:
        """Let it go on."""
        yield


def ended(steps: Any) -> Any:
    """Return what a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def row(name: str, right: list[bool], seconds: float | None = None) -> None:
    low, high = wilson(sum(right), len(right))
    took = "" if seconds is None else f"; trained in {seconds:.1f} s"
    print(f"{name}: {sum(right) / len(right):.3f} ({low:.3f}-{high:.3f}){took}")


def compare(embedder: Embedder, learn: list[Example], test: list[Example]) -> None:
    """Print what the nearest centroid and the nearest neighbours say, on the same embeddings."""
    labels = [example.label for example in learn]
    known, asked = (np.array(embedder.vectors([one.text for one in some])) for some in (learn, test))
    names = list(dict.fromkeys(labels))
    centroids = np.array([known[[label == name for label in labels]].mean(axis=0) for name in names])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    best = (asked @ centroids.T).argmax(axis=1)
    row("nearest centroid", [names[place] == one.label for place, one in zip(best, test, strict=True)])
    order = np.argsort(-(asked @ known.T), axis=1)
    for count in NEIGHBOURS:
        said = []
        for near, one in zip(order, test, strict=True):
            votes = [labels[place] for place in near[:count]]
            said.append(max(votes, key=votes.count) == one.label)
        row(f"{count} nearest neighbours", said)


def tuned(studio: Any, learn: list[Example], test: list[Example]) -> None:
    """Print what the embedder's own BERT says once it is fine-tuned."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        began = monotonic()
        ended(classify.tune(NoJob(), studio.models.folder(MODEL), learn, Path(folder)))
        seconds, model = monotonic() - began, open_classifier("tuned", Path(folder))
        said = guesses(model.labels, np.array(model.classify([one.text for one in test])))
        row("fine-tuned BERT", [guess.label == one.label for guess, one in zip(said, test, strict=True)], seconds)
        model.close()


def examples(data: dict[str, Any]) -> list[list[Example]]:
    """Return those to learn from and those to be told apart."""
    return [
        [Example(text, label) for label, part in data.items() for text in part.get(half, ()) if label != "none"]
        for half in ("learn", "test")
    ]


def measure(studio: Any, language: str, *, with_tuned: bool) -> list[bool]:
    """Print how well intents are told in a language; return which were guessed right."""
    data = yaml.safe_load(Path(__file__).with_suffix(FILES[language]).read_text(encoding="utf-8"))
    learn, test = examples(data)
    model = model_for([example.text for example in learn])
    for _ in studio.models.waiting(model):
        pass
    embedder = Embedder(studio.models.engine(model), NoJob(), studio.models.languages(model), model)
    classes = len({one.label for one in learn})
    print(f"{language}, {model}: {classes} classes, {len(learn)} examples, {len(test)} others to tell apart")
    began = monotonic()
    trained = ended(classify.train(NoJob(), embedder, classify.check(learn)))
    seconds = monotonic() - began
    said = classify.guess(trained.head, embedder, [one.text for one in test])
    right = [guess.label == one.label for guess, one in zip(said, test, strict=True)]
    row("the studio's head", right, seconds)
    print(f"  it says of itself, by cross-validation: {trained.report.accuracy:.3f}"
          f" ({trained.report.low:.3f}-{trained.report.high:.3f})")  # fmt: skip
    sure, strange = (
        [guess.confidence for guess in some]
        for some in (said, classify.guess(trained.head, embedder, data["none"]["test"]))
    )
    print(f"  mean confidence {np.mean(sure):.3f}; it tells what belongs to nothing, AUROC {auroc(sure, strange):.3f}")
    compare(embedder, learn, test)
    if with_tuned and model == MODEL:
        tuned(studio, learn, test)
    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args()
    with opened(NO_MODEL) as studio:
        english, chinese = (measure(studio, language, with_tuned=options.tune) for language in FILES)
        row_by_row = zip(english, chinese, strict=True)
        apart = 100 * (sum(english) - sum(chinese)) / len(english)
        print(f"English is {apart:+.1f} points better; {sum(a == b for a, b in row_by_row)} of {len(english)} sentences"
              " are guessed rightly, or wrongly, in both")  # fmt: skip


if __name__ == "__main__":
    main()
