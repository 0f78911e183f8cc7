"""Text from outside becomes storable where it comes in: pairs are joined, halves and NUL are marked, the rest stays."""

import pytest

from assistants.storable import Deltas, from_json, storable

SMILE = "\U0001f600"
FIRST, SECOND = "\ud83d", "\ude00"
INFINITE = float("inf")
ODD = "\x01\x1b\ufeff\ufffe\uffff\U0001fffe\u2028\u202e"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain 文字 " + SMILE, "plain 文字 " + SMILE),
        (FIRST + SECOND, SMILE),
        ("a" + FIRST, "a\ufffd"),
        (SECOND + "a", "\ufffda"),
        (SECOND + FIRST, "\ufffd\ufffd"),
        (FIRST + FIRST + SECOND, "\ufffd" + SMILE),
        (FIRST + "a" + SECOND, "\ufffda\ufffd"),
        ("a\0b", "a\ufffdb"),
        ("\ufeff" + FIRST, "\ufeff\ufffd"),
        (ODD, ODD),
        ("", ""),
    ],
)
def test_halves_and_nul_are_marked_and_all_else_stays(text: str, kept: str) -> None:
    assert storable(text) == kept
    assert storable(kept) == kept
    kept.encode()


def test_text_is_found_wherever_it_is() -> None:
    told = {
        "a" + FIRST: [{"token": FIRST, "bytes": [240, 159]}, (SECOND, 1.5, None, True)],
        "plain": "b\0",
        "n": -INFINITE,
    }
    kept = {"a\ufffd": [{"token": "\ufffd", "bytes": [240, 159]}, ("\ufffd", 1.5, None, True)], "plain": "b\ufffd"}
    kept["n"] = None
    assert storable(told) == kept


@pytest.mark.parametrize("whole", [f"one {SMILE} two", SMILE * 3, "文" + SMILE])
def test_a_pair_that_is_split_over_two_pieces_is_joined(whole: str) -> None:
    # As JavaScript cuts: between any two units of UTF-16.
    units = units_of(whole)
    for size in (1, 2, 3):
        deltas = Deltas()
        pieces = [deltas.push("".join(units[at : at + size])) for at in range(0, len(units), size)]
        assert "".join(pieces) + deltas.flush() == whole
        for piece in pieces:
            piece.encode()


def units_of(text: str) -> list[str]:
    """Return the units of UTF-16 as Python has them when they come one by one."""
    data = text.encode("utf-16-le")
    return [data[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(data), 2)]


def test_half_a_pair_waits_for_the_other_and_no_longer() -> None:
    deltas = Deltas()
    assert [deltas.push("a" + FIRST), deltas.push(""), deltas.push("b"), deltas.flush()] == ["a", "", "\ufffdb", ""]
    assert [deltas.push(FIRST), deltas.push(FIRST), deltas.push(SECOND)] == ["", "\ufffd", SMILE]
    assert [deltas.push("end" + FIRST), deltas.flush(), deltas.flush()] == ["end", "\ufffd", ""]


def test_json_may_spell_in_escapes_what_its_text_does_not_hold() -> None:
    assert from_json(r'{"a\u0000": ["\ud83d", "\ud83d\ude00"]}') == {"a\ufffd": ["\ufffd", SMILE]}
    with pytest.raises(ValueError, match="Expecting"):
        from_json("[")
