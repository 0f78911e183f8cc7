"""Examples as people paste them, and the sentence for each thing that is wrong with them."""

import pytest

from assistants.classify import Example, parsed
from assistants.errors import InvalidInput


def test_lines_are_read_with_commas_tabs_and_a_spreadsheets_quotes() -> None:
    pasted = (
        'buy, I want one, please\n\nbuy\tTwo, please\nleave,"Stop, ""now"""\n退货，我要退货\n退货, 怎么退\n leave, bye'
    )
    assert parsed(pasted) == (
        Example("I want one, please", "buy"),
        Example("Two, please", "buy"),
        Example('Stop, "now"', "leave"),
        Example("我要退货", "退货"),
        Example("怎么退", "退货"),
        Example("bye", "leave"),
    )


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "2 to 200 labels, and has 0"),
        ("a, x\na, y", "2 to 200 labels, and has 1"),
        ("a, x\na, y\nb, z", "b needs at least 2 examples"),
        ("a, x\nno label here", "line 2 is not a label"),
        ("a, x\n, y", "line 2 is not a label"),
        ("a, x\na, y\nb, x\nb, z", "“x” stands for a and for b."),
        (f"a, {'x' * 2001}\na, y\nb, 1\nb, 2", "a text may have 2000 characters, a label 80"),
        (f"{'a' * 81}, x\n{'a' * 81}, y\nb, 1\nb, 2", "a text may have 2000 characters, a label 80"),
        ("\n".join(f"a, {n}" for n in range(5001)), "at most 5000 entries"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_a_sentence(pasted: str, said: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        parsed(pasted)
    assert said in str(wrong.value)
    assert wrong.value.field == "examples"


def test_the_same_example_counts_once() -> None:
    assert len(parsed("a, x\na, x\na, y\nb, 1\nb, 2")) == 4
