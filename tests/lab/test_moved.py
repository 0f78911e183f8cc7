"""What moved the answer: cut, left out and weighed again."""

import pytest

from assistants.errors import InvalidInput
from assistants.generation import conversation
from assistants.lab.moved import moved
from assistants.lab.pieces import pieces
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.lab.conftest import TINY, done, look

TALK = [
    ("system", "Be brief."),
    ("user", "one"),
    ("assistant", "1"),
    ("user", "The cat sat.\n\nThe dog ran. It barked."),
]


@pytest.mark.parametrize(
    ("unit", "kinds", "texts"),
    [
        ("message", ["message"] * 4, ["Be brief.", "one", "1", TALK[3][1]]),
        ("paragraph", ["paragraph"] * 5, ["Be brief.", "one", "1", "The cat sat.", "The dog ran. It barked."]),
        ("sentence", ["sentence"] * 6, ["Be brief.", "one", "1", "The cat sat.", "The dog ran.", "It barked."]),
        ("auto", ["sentence", "example", "paragraph", "paragraph"], None),
    ],
)
def test_a_prompt_is_cut_into_pieces_that_make_it_again(unit, kinds, texts) -> None:
    found = pieces(TALK, unit)
    assert [one.kind for one in found] == kinds
    assert texts is None or [one.text for one in found] == texts
    for one in found:
        rest = "\n".join(text for _, text in one.without(TALK))
        assert one.kind == "example" or rest.count(one.text) == "\n".join(text for _, text in TALK).count(one.text) - 1


def test_what_would_leave_no_prompt_is_no_piece() -> None:
    assert pieces([("user", "all there is")], "auto") == []


def test_a_piece_moves_the_answer_by_the_difference_of_its_weights(lab: Studio) -> None:
    messages = [{"role": role, "content": text} for role, text in TALK]
    job = done(lab, "completions", messages=messages, params={"max_tokens": 6, "temperature": 0.0})
    found = look(lab, "moved", job=job.id)
    engine = lab.models.engine(TINY, frozenset({"inspect"}))
    text = lab.jobs.exchange(job.id, LOCAL.id).text
    (whole,) = engine.score(conversation(TALK), [text])
    for piece, said in zip(pieces(TALK, "auto"), found["pieces"], strict=True):
        (without,) = engine.score(conversation(piece.without(TALK)), [text])
        assert said["nats"] == pytest.approx(sum(whole) - sum(without), abs=1e-3)
        assert said["low"] <= said["nats"] <= said["high"]
    assert found["logprob"] == pytest.approx(sum(whole), abs=1e-3)


def test_an_interval_is_as_wide_as_the_tokens_differ() -> None:
    piece = pieces(TALK, "message")[0]
    even, uneven = moved(piece, [0.0] * 50, [-0.1] * 50, 0), moved(piece, [0.0] * 50, [-5.0, *[0.0] * 49], 0)
    assert even["nats"] == pytest.approx(5) and uneven["nats"] == pytest.approx(5)
    assert even["high"] - even["low"] < 1e-6
    assert uneven["low"] == 0 and uneven["high"] > 10
    assert uneven["most"] == 0


def test_a_text_without_a_prompt_and_one_of_too_many_pieces_are_refused(lab: Studio) -> None:
    with pytest.raises(InvalidInput, match="nothing that could be left out"):
        lab.jobs.submit("lab", {"part": "moved", "text": "the cat"}, LOCAL)
    content = " ".join(["The cat sat."] * 65)
    job = done(lab, "completions", messages=[{"role": "user", "content": content}], model="echo:")
    with pytest.raises(InvalidInput, match="65 pieces"):
        lab.jobs.submit("lab", {"part": "moved", "job": job.id, "model": TINY, "options": {"unit": "sentence"}}, LOCAL)
