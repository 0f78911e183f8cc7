"""Stop strings, however the text is cut into pieces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistants.engines.stopping import StopStrings

LETTERS = st.text("ab\n", max_size=12)


def cut(pieces: list[str], stops: list[str]) -> str:
    texts, shown = StopStrings(stops), ""
    for piece in pieces:
        shown += texts.push(piece)
        if texts.found:
            return shown
    return shown + texts.flush()


@settings(deadline=None, derandomize=True, database=None)
@given(pieces=st.lists(LETTERS, max_size=6), stops=st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3))
def test_the_text_ends_before_the_first_stop_string(pieces: list[str], stops: list[str]) -> None:
    text = "".join(pieces)
    shown = cut(pieces, stops)
    assert text.startswith(shown)
    assert not any(stop in shown for stop in stops)
    if shown != text:
        assert any(text[len(shown) :].startswith(stop) for stop in stops)


@pytest.mark.parametrize("stops", [None, [], [""]])
def test_without_a_stop_string_nothing_is_held_back(stops: list[str] | None) -> None:
    texts = StopStrings(stops)
    assert [texts.push("one "), texts.push("two"), texts.flush(), texts.found] == ["one ", "two", "", False]
