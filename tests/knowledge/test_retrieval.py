"""How words and meaning are mixed into one order; what is found in a base is tested with support."""

from assistants.knowledge.retrieval import MOST_A_TERM, WORDS_SHARE, Weights, mixed

WEIGHTS = Weights({"rare": 5.0, "seldom": 4.0, "common": 1.0})
ALL = MOST_A_TERM * 10.0


def order(lexical: dict[int, float], dense: dict[int, float]) -> list[int]:
    scores = mixed(lexical, dense, WEIGHTS)
    assert all(0 <= score <= 1 for score in scores.values())
    return sorted(scores, key=lambda number: -scores[number])


def test_a_common_word_does_not_beat_what_means_the_same() -> None:
    # By ranks the first would win: it is in both lists.
    assert order({1: MOST_A_TERM * 1.0}, {2: 0.91, 1: 0.87, 3: 0.83}) == [2, 1, 3]


def test_nearly_all_words_beat_what_is_only_a_little_nearer() -> None:
    assert order({1: 0.8 * ALL}, {2: 0.91, 1: 0.90, 3: 0.83})[0] == 1


def test_words_decide_where_nothing_has_a_vector_and_the_other_way_round() -> None:
    assert order({1: 3.0, 2: 6.0}, {}) == [2, 1]
    assert order({}, {1: 0.2, 2: 0.6}) == [2, 1]
    assert order({}, {}) == []


def test_a_lone_or_equal_cosine_is_the_best_there_is() -> None:
    assert mixed({}, {1: 0.3}, WEIGHTS) == {1: 1 - WORDS_SHARE}
    assert set(mixed({}, {1: 0.3, 2: 0.3}, WEIGHTS).values()) == {1 - WORDS_SHARE}


def test_a_score_beyond_what_words_can_give_counts_as_all_of_them() -> None:
    assert mixed({1: 2 * ALL}, {}, WEIGHTS) == {1: 1.0}
