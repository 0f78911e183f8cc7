"""CSV as people paste it, and what is wrong with it in one sentence."""

import pytest

from assistants.errors import InvalidInput
from assistants.playground import load_csv


@pytest.mark.parametrize(
    "text",
    ["text,expected\na,b\n", "\ufefftext;expected\r\na;b\r\n\r\n", "text\texpected\na\tb", ' text , expected\n"a",b'],
)
def test_commas_semicolons_and_tabs_part_cells(text: str) -> None:
    assert load_csv(text) == [{"text": "a", "expected": "b"}]


def test_a_cell_may_hold_lines_and_commas() -> None:
    assert load_csv('a,b\n"x, y\nz",""""') == [{"a": "x, y\nz", "b": '"'}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The table is empty"),
        ("a,b\n", "no rows below"),
        ("a,,c\n1,2,3", "Column 2 has no name"),
        ("a,a\n1,2", "two columns named a"),
        ("a,b\n1,2\n3", "Line 3 has 1 cells, and the header has 2"),
        ('a,b\n"1,2', "no CSV"),
        ("a\n" + "x\n" * 10_000, "more than 1000 rows"),
        ("a\n" + "x" * 20_001, "Line 2 has a cell of more than"),
        ("a\n\0", "is not text"),
        (",".join(f"c{n}" for n in range(101)) + "\n", "more than 100 columns"),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        load_csv(text)
