"""Which examples are shown: all, some, none, the nearest, different ones, and as many as fit."""

import pytest

from assistants.playground.request import Example, Shots
from assistants.playground.shots import Chooser, Known, Words, needs_vectors

EXAMPLES = tuple(Example(input=text, output="x") for text in ("red apple", "green apple", "fast car", "slow car"))
VECTORS = {
    "red apple": [1.0, 0.1], "green apple": [1.0, 0.15], "fast car": [0.1, 1.0], "slow car": [0.15, 1.0],
    "ripe apple": [1.0, 0.0], "fruit": [1.0, 0.5],
}  # fmt: skip


def chosen(text: str = "ripe apple", embeddings: object = None, **shots: object) -> list[str]:
    chooser = Chooser(lambda: embeddings or Known(VECTORS))
    return [example.input for example in chooser.choose(Shots(**shots), EXAMPLES, text)]


def test_all_are_shown_unless_a_number_is_said() -> None:
    assert chosen() == [example.input for example in EXAMPLES]
    assert chosen(k=2) == ["red apple", "green apple"]
    assert chosen(k=0) == chosen(k=0, choose="nearest") == []
    assert len(chosen(k=32, choose="diverse")) == 4


def test_chance_is_the_same_for_the_same_seed() -> None:
    assert chosen(k=2, choose="random", seed=3) == chosen("other", k=2, choose="random", seed=3)
    assert len({tuple(chosen(k=2, choose="random", seed=seed)) for seed in range(9)}) > 2


def test_the_nearest_comes_last_and_the_diverse_are_not_alike() -> None:
    assert chosen(k=2, choose="nearest") == ["green apple", "red apple"]
    assert chosen("fruit", k=2, choose="nearest") == ["red apple", "green apple"]
    assert set(chosen("fruit", k=2, choose="diverse")) == {"green apple", "fast car"}


def test_words_are_compared_where_there_are_no_vectors() -> None:
    words = Words([example.input for example in EXAMPLES])
    assert chosen("a very fast train", words, k=1, choose="nearest") == ["fast car"]
    assert chosen("没有", words, k=1, choose="nearest")


@pytest.mark.parametrize(("words", "count"), [(5, 1), (9, 2), (300, 4)])
def test_as_many_are_shown_as_fit(words: int, count: int) -> None:
    assert len(chosen(choose="length", words=words)) == count
    assert len(chosen(choose="length", words=words, k=1)) == 1


def test_vectors_are_needed_only_to_compare() -> None:
    assert needs_vectors(Shots(k=2, choose="nearest"), EXAMPLES)
    for shots in (Shots(choose="nearest"), Shots(k=0, choose="diverse"), Shots(k=2, choose="random")):
        assert not needs_vectors(shots, EXAMPLES)
