"""Words before they are drawn: wildcards, and Chinese for a model that reads English only."""

import json
from pathlib import Path

import pytest

from assistants.errors import InvalidInput
from assistants.images.chinese import TABLE, is_chinese, translated
from assistants.images.wildcards import escaped, expanded

STARTER = Path(__file__).parents[2] / "assistants/models/starter_image"


def test_the_same_seed_chooses_the_same(tmp_path: Path) -> None:
    text = "a {red|green|{light|dark} blue} {cat|dog}"
    said = {expanded(text, seed, tmp_path) for seed in range(60)}
    assert said == {
        f"a {colour} {one}" for colour in ("red", "green", "light blue", "dark blue") for one in ("cat", "dog")
    }
    assert expanded(text, 3, tmp_path) == expanded(text, 3, tmp_path)


def test_lines_of_a_file_may_hold_choices(tmp_path: Path) -> None:
    (tmp_path / "moods.txt").write_text("{calm|wild} sea\n\n# no\n", encoding="utf-8")
    assert {expanded("__moods__", seed, tmp_path) for seed in range(20)} == {"calm sea", "wild sea"}


def test_escaped_braces_stay(tmp_path: Path) -> None:
    assert expanded(r"a \{b\} c", 0, tmp_path) == "a {b} c"
    assert expanded(escaped("a {b} c"), 0, tmp_path) == "a {b} c"


@pytest.mark.parametrize("text", ["a {b", "a b}", "__missing__", "__../../etc/passwd__x {"])
def test_what_does_not_add_up_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput):
        expanded(text, 0, tmp_path)


def test_files_that_lead_into_circles_end(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("__a__ __a__", encoding="utf-8")
    with pytest.raises(InvalidInput):
        expanded("__a__", 0, tmp_path)


@pytest.mark.parametrize(
    ("chinese", "english", "unknown"),
    [
        ("雪地里的企鹅", "a penguin in the snow", ()),
        ("太空中的火箭", "a rocket in space", ()),
        ("宇航员骑着马在火星上", "an astronaut riding a horse on mars", ()),
        ("草地上的猫和狗", "a cat and a dog on the grass", ()),
        ("火星上的一只猫", "a cat on mars", ()),
        ("宇航员在火星上骑马", "an astronaut riding a horse on mars", ()),
        ("两个苹果和一只小狗", "two apples and a dog", ()),
        ("三只红色的猫和1个苹果", "three red cats and an apple", ()),
        ("2位宇航员在太空中", "two astronauts in space", ()),
        ("四只老鼠", "four mice", ()),
        ("夜晚的红色汽车", "a red car at night", ()),
        ("一只猫在哲学里", "a cat", ("哲学",)),
        ("粉色背景上的猫", "a cat on a pink background", ()),
        ("海上的帆船", "a sailboat on the sea", ()),
        ("太空中的火箭和哲学", "a rocket in space", ("哲学",)),
        ("a cat 在月球上", "a cat on the moon", ()),
    ],
)
def test_chinese_becomes_what_the_model_was_taught(chinese: str, english: str, unknown: tuple[str, ...]) -> None:
    found = translated(chinese, STARTER)
    assert (found.text, found.unknown) == (english, unknown)


def test_english_is_no_chinese(tmp_path: Path) -> None:
    assert not is_chinese("a café") and is_chinese("a 猫")
    (tmp_path / TABLE).write_text(json.dumps({"猫": "cat"}), encoding="utf-8")
    assert translated("猫", tmp_path).text == "a cat"
