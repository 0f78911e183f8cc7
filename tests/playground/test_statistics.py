"""Intervals and tests on numbers whose answer is known."""

import pytest

from assistants.playground.statistics import accuracy, compare, corrected, rate


def test_a_rate_has_an_interval_over_its_rows() -> None:
    found = rate([1.0, 0.0] * 50)
    assert found.rate == 0.5 and found.n == 100
    assert 0.38 <= found.low <= 0.42 and 0.58 <= found.high <= 0.62
    assert rate([]) is None


def test_rows_that_are_all_alike_are_not_taken_for_certainty() -> None:
    found = rate([1.0] * 10)
    assert (found.rate, found.high) == (1, 1) and 0.6 < found.low < 0.75


def test_half_right_on_every_row_is_no_doubt_about_rows() -> None:
    assert rate([0.5] * 4).low == 0.5


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ([1] * 20, [0] * 20, "better"),
        ([0] * 20, [1] * 20, "worse"),
        ([1, 1, 1], [0, 0, 0], "cannot tell"),
        ([1, 0] * 10, [0, 1] * 10, "cannot tell"),
        ([1] * 5, [1] * 5, "cannot tell"),
        ([1, 0.75] * 10, [0.5, 0.25] * 10, "better"),
    ],
)
def test_two_variants_are_compared_on_the_same_rows(ours: list[float], theirs: list[float], verdict: str) -> None:
    found = compare(dict(enumerate(ours)), dict(enumerate(theirs)))
    assert found.as_dict(found.p)["verdict"] == verdict
    assert found.turned.difference == -found.difference
    assert found.low <= found.difference <= found.high


def test_rows_that_only_one_has_do_not_count() -> None:
    assert compare({0: 1.0, 1: 1.0}, {1: 0.0, 2: 0.0}).n == 1
    assert compare({0: 1.0}, {1: 1.0}) is None


def test_many_comparisons_need_more() -> None:
    assert corrected([0.04]) == [0.04]
    assert corrected([0.04, 0.5, 0.9]) == pytest.approx([0.12, 0.75, 0.9])


def test_labels_are_scored_as_in_the_textbook() -> None:
    assert accuracy(["a", "a", "b", "b"], ["a", "b", "b", ""]) == {"accuracy": 0.5, "macro_f1": 0.5833}
