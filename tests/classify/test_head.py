"""Heads and reports, by numbers that are known beforehand."""

import numpy as np
import pytest

from assistants.classify import Example, Guess, Head, compared, guess
from assistants.classify.features import BUCKETS, rows
from assistants.classify.report import wilson
from assistants.embedder import Embedder

NONE = Embedder(None, None)


def head() -> Head:
    """Takes what is like "cat" for an animal and what is like "bus" for traffic."""
    weights = rows(["cat", "bus"], [None, None], 0) * 5
    return Head(("animal", "traffic"), weights, np.zeros(2, np.float32), 0.5)


def test_a_head_guesses_without_an_embedder_and_survives_being_written_down() -> None:
    for one in (head(), Head.from_json(head().to_json())):
        cat, bus, nothing = guess(one, NONE, ["the cat", "a bus", ""])
        assert (cat.label, bus.label) == ("animal", "traffic")
        assert cat.confidence > 0.99 and list(cat.scores) == ["animal", "traffic"]
        assert nothing.scores == {"animal": 0.5, "traffic": 0.5}


def test_a_texts_features_are_its_vector_and_its_words() -> None:
    made = rows(["red cat", "红猫", "cat"], [[1.0, 0.0], None, [1.0, 0.0, 0.0]], 2)
    assert made.shape == (3, 2 + BUCKETS)
    assert made[0, 0] == 1 and np.linalg.norm(made[0]) == pytest.approx(np.hypot(1, 0.2), abs=1e-3)
    # Without a vector of that size, words are all there is.
    assert not made[1:, :2].any() and np.linalg.norm(made[1:], axis=1) == pytest.approx([1, 1], abs=1e-3)


def test_a_report_says_what_is_taken_for_what_and_which_examples_are_weak() -> None:
    examples = [Example("a", "x"), Example("b", "x"), Example("c", "y")]
    said = [Guess("x", 0.9, {"x": 0.9, "y": 0.1}), Guess("y", 0.8, {"y": 0.8, "x": 0.2}), Guess("y", 0.4, {"y": 0.4})]
    report = compared(examples, said, 2, 1.0)
    assert report.accuracy == pytest.approx(2 / 3, abs=1e-4)
    assert report.confusions == [{"label": "x", "taken_for": "y", "count": 1}]
    assert [one["text"] for one in report.weakest] == ["b", "c"]
    assert report.by_label == [{"label": "x", "right": 1, "of": 2}, {"label": "y", "right": 1, "of": 1}]
    assert wilson(5, 10) == pytest.approx((0.237, 0.763), abs=1e-3)
