"""When a text counts as going round, however it is cut into pieces."""

import pytest

from assistants.repetition import WINDOW, Circle


def rounds(text: str, size: int = 7) -> int | None:
    """Return after how many characters a text was found to go round, if it was."""
    circle = Circle()
    for start in range(0, len(text), size):
        if circle.push(text[start : start + size]):
            return start + size
    return None


@pytest.mark.parametrize("size", [1, 7, 4000])
@pytest.mark.parametrize("phrase", ["professional game night tournaments, ", "word ", "一只猫坐在桌子上。"])
def test_a_phrase_said_again_and_again_goes_round(phrase: str, size: int) -> None:
    assert rounds(phrase * 200, size)


def test_a_circle_is_found_in_its_third_round() -> None:
    phrase = " ".join(f"w{number}" for number in range(30)) + " "
    assert rounds(phrase * 2) is None
    assert rounds(phrase * 5) <= len(phrase) * 4


@pytest.mark.parametrize(
    "text",
    [
        " ".join(str(number) for number in range(1000)),
        "".join(f"| row {number} | {number * 7} |\n" for number in range(60)),
        "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, life is but a dream. " * 2,
        "".join(f"    if x == {number}:\n        return {number + 1}\n" for number in range(60)),
        "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳" * 2,
        "- " * 500,
    ],
)
def test_lists_tables_refrains_and_code_do_not(text: str) -> None:
    assert rounds(text) is None


def test_a_long_text_costs_the_same_at_its_end() -> None:
    circle = Circle()
    for number in range(20_000):
        assert not circle.push(f"w{number} ")
    assert len(circle._words) == WINDOW
    assert len(circle._begun) < 10
