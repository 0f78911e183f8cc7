"""When a text counts as going round, however it is cut into pieces, and what of it is shown."""

import pytest

from assistants.generation.loops import LONGEST, LoopDetector, Unwatched


def watched(text: str, size: int = 7) -> tuple[str, str, int | None]:
    """Return what is shown of a text, what is left of what was taken, and after how many characters it was found."""
    circle, shown = LoopDetector(), ""
    for start in range(0, len(text), size):
        shown += circle.push(text[start : start + size])
        if circle.found:
            return shown, circle.rest(), start + size
    return shown + circle.rest(), "", None


SENTENCE = "The studio offers professional game night tournaments, and everybody is welcome to join them. "
PARAGRAPH = " ".join(f"w{number}" for number in range(100)) + ".\n\n"
CIRCLES = {
    "a phrase": "professional game night tournaments, " * 60,
    "a sentence": SENTENCE * 20,
    "a word": "word " * 200,
    "Chinese": "一只猫坐在桌子上。" * 40,
    "a paragraph": PARAGRAPH * 6,
    "a short line": "I am sorry, I cannot do that.\n" * 60,
    "a list": "- Be kind to each other.\n" * 80,
    "a dialogue": "User: Are you there?\n\nAssistant: Yes, I am here. How can I help you, and what is it?\n\n" * 40,
    "after a good beginning": "A short story of a cat, a dog and a river. " + SENTENCE * 20,
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, 4000])
@pytest.mark.parametrize("text", CIRCLES.values(), ids=CIRCLES)
def test_what_is_said_again_and_again_goes_round(text: str, size: int) -> None:
    shown, cut, found = watched(text, size)
    assert found and cut
    assert text.startswith(shown + cut)
    if size < 10:
        assert found < len(text) * 0.95


@pytest.mark.parametrize("size", [1, 3, 11, 50])
def test_nothing_is_cut_but_what_was_said_before(size: int) -> None:
    beginning = "A short story of a cat, a dog and a river, which nobody has told before. "
    shown, cut, _ = watched(beginning + SENTENCE * 20, size)
    assert shown.startswith(beginning + SENTENCE)
    assert cut.strip() in SENTENCE * 20
    assert shown.count("tournaments") >= 2


def test_a_circle_is_found_in_its_fourth_round() -> None:
    assert watched(PARAGRAPH * 3)[2] is None
    assert watched(PARAGRAPH * 8)[2] <= len(PARAGRAPH) * 4.1
    longer = " ".join(f"w{number}" for number in range(LONGEST)) + " "
    assert watched(longer * 8)[2]


def test_what_goes_on_otherwise_is_shown_whole() -> None:
    text = SENTENCE * 3 + "But then the river rose, and nobody played any more. " + SENTENCE * 3 + "The end"
    circle = LoopDetector()
    pieces = [circle.push(text[start : start + 5]) for start in range(0, len(text), 5)]
    assert not circle.found
    assert max(map(len, pieces)) > 30, "it was held back for a while"
    assert "".join(pieces) + circle.rest() == text
    assert circle.rest() == ""


ENGLISH = {
    "counting": " ".join(str(number) for number in range(1000)),
    "a table": "| Day | Open | Note |\n|---|---|---|\n" + "| Monday | 9 to 5 | closed at noon |\n" * 60,
    "a table without edges": "Monday | 9 to 5 | closed\n" * 80,
    "a numbered table": "".join(f"| row {number} | {number * 7} |\n" for number in range(60)),
    "tabs": "Monday\tnine to five\tclosed at noon\n\tor so\n" * 60,
    "CSV": "name,price,open\n" + "apple,12,yes\n" * 90,
    "multiplication": "".join(f"{one} times {two} is {one * two}\n" for one in range(9) for two in range(9)),
    "JSON": "[\n" + '  {"name": "apple", "price": 12, "open": true},\n' * 80 + "]",
    "JSON in many lines": "[\n" + '  {\n    "name": "apple",\n    "price": 12\n  },\n' * 80 + "]",
    "YAML": "fruits:\n" + "  - name: apple\n    price: twelve\n" * 24,
    "HTML": "<ul>\n" + "<li>an apple a day keeps the doctor away for ever</li>\n" * 60,
    "SQL": "".join("INSERT INTO fruits VALUES ('an apple', 'a pear', 'a plum');\n" for _ in range(60)),
    "code": "".join(f"    if x == {number}:\n        return {number + 1}\n" for number in range(60)),
    "fenced code": "```python\n" + "print('round and round it goes and never ends again')\n" * 60 + "```\n",
    "fenced with tildes": "~~~\n" + "move forward then turn left and move forward once more\n" * 60 + "~~~\n",
    "code without a fence": "turn_left()\nmove_forward()\n" * 80,
    "assignments": "total = total + price of apple\n" * 60,
    "a matrix": "0 0 1 0 1 0 0 1\n" * 60,
    "a matrix in LaTeX": "\\begin{pmatrix}\n" + "one & zero & zero & one \\\\\n" * 60 + "\\end{pmatrix}",
    "an empty form": "- [ ] Task\n" * 40,
    "list rows": "- Push-ups, three sets of ten\n" * 10 + "- Rest for a day and sleep well\n" * 5,
    "numbered rows": "".join(f"{number}. To be done\n" for number in range(1, 40)),
    "dashes": "- " * 500,
    "a refrain": "Row, row, row your boat, gently down the stream. Merrily, merrily, life is but a dream. " * 3,
    "lyrics": ("Let it be, let it be\n" * 4 + "There will be an answer\n\n") * 4,
    "a long outro": "Na na na na-na-na na\nNa-na-na na\nHey Jude\n" * 9,
    "a chorus between verses": "".join(
        f"Verse {number} of the song tells of the harbour\nand of lamp {number}\n\n" + "Oh, sail away\n" * 4 + "\n"
        for number in range(12)
    ),
    "a mantra": "Om mani padme hum\n" * 40,
    "laughter": "Ha ha ha ha ha ha ha ha ha ha! " + "No, no, no, no, no! " * 4 + "Location, location, location.",
    "a speech": "".join(
        f"I have a dream that one day {what} will be free. " for what in ("the hills", "rivers", "the towns")
    ),
    "a contract": "".join(
        f"{number}.1 The Supplier shall deliver the goods named in Annex {number} to the Buyer in good order. "
        for number in range(1, 30)
    ),
    "a recipe": "Stir for a minute. Add an egg. " * 3 + "Then bake it.",
    "questions": "Q: What is a tree?\nA: A tall plant.\n\nQ: What is a bush?\nA: A short plant.\n\n" * 3,
    "an ASCII drawing": "+---+---+---+\n|   |   |   |\n" * 60,
    "chess": "1. e4 e5 2. Nf3 Nf6 3. Ng1 Ng8 " * 6,
}  # fmt: skip
CHINESE = {
    "诗": "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳" * 2,
    "歌词": "两只老虎\n两只老虎\n跑得快\n跑得快\n一只没有耳朵\n一只没有尾巴\n真奇怪\n真奇怪\n\n" * 4,
    "副歌": "啦啦啦，啦啦啦，我是卖报的小行家\n" * 6,
    "表格": "| 星期 | 时间 | 备注 |\n|---|---|---|\n" + "| 星期一 | 九点到五点 | 中午休息 |\n" * 60,
    "课程表": "".join(f"星期{day}：上午语文数学英语，下午体育音乐美术\n" for day in "一二三四五六日"),
    "清单": "- [ ] 待办事项\n" * 30,
    "编号清单": "".join(f"{number}、请填写姓名\n" for number in range(1, 30)),
    "数据": '{"名称": "苹果", "价格": 12}\n' * 80,
    "逗号分隔": "苹果,梨,桃\n" * 90,
    "口号": "加油！加油！加油！加油！加油！加油！",
    "顺口溜": "一二三四五，上山打老虎，老虎没打到，打到小松鼠。" * 2,
    "代码": "```\n" + "打印 你好 世界 再见\n" * 60 + "```\n",
    "排比": "".join(f"如果你是{what}，我愿意一生陪在你的身边，看日出日落。" for what in ("山", "海", "风", "云", "树")),
    "条款": "".join(f"第{number}条 乙方应当按照附件{number}的规定按时向甲方交付货物。" for number in range(1, 30)),
}


@pytest.mark.parametrize("size", [1, 9, 4000])
@pytest.mark.parametrize("text", [*ENGLISH.values(), *CHINESE.values()], ids=[*ENGLISH, *CHINESE])
def test_good_texts_are_shown_whole(text: str, size: int) -> None:
    assert watched(text, size) == (text, "", None)


def test_a_circle_after_code_is_found_and_the_code_stays() -> None:
    code = "```\n" + "print('again and again')\n" * 30 + "```\n\n"
    shown, cut, found = watched(code + SENTENCE * 20)
    assert found and shown.startswith(code + SENTENCE) and cut


def test_a_long_text_costs_the_same_at_its_end() -> None:
    circle = LoopDetector()
    for number in range(5000):
        circle.push(f"w{number} ")
        assert not circle.found
    assert len(circle._words) == LONGEST
    assert len(circle._text) < 20 and len(circle._lines) < 1000
    endless = LoopDetector()
    for _ in range(3000):
        endless.push("| cell ")
    assert len(endless._line) < 1000


def test_a_text_that_nobody_watches_is_shown_as_it_comes() -> None:
    text = Unwatched()
    assert [text.push(SENTENCE) for _ in range(50)] == [SENTENCE] * 50
    assert (text.found, text.rest()) == (False, "")
