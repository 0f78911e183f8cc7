"""Sentences: where they end in both languages, in drafts and in documents, and in how much time."""

import pytest

from assistants.sentences import ends, is_complete, sentences

# Each with a stroke where a sentence ends.
TEXTS = [
    "Dr. Roe paid 3.50 there.| It is no. 5 of pp. 3 to 7.",
    "Is it free? |No. |We ship it.",
    "J. K. Roe lives in St. Ives, e.g. Not in Rome.",
    "It takes 20 ms. |The next one is Ms. Li's.",
    "See app.py, v1.2, and http://a.example/?q=1&r=!x for more. |Then go on.",
    "![A picture](a.png) shows it.| **Why?** |_Because._ |Yes.",
    "“Really?” he asked. |He said: “Go!” |She went (at last.) |The end.",
    "Wait… |What?! |No... |Well... maybe. so it goes on. |So what? |i see! |fine.",
    "他走了。|“好。”|他说：“走吧！”|（真的？）|然后……|没有了。",
    "价格是3.5元.|下一句?|好!|版本2.0可用；另有说明。|使用app.py即可。",
    '他说。|"你好。|"',
    "1. Begin. |Then end.\n|2. Again.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_sentences_end_where_they_do(text: str) -> None:
    plain = text.replace("|", "")
    found = [plain[start:end] for start, end in sentences(plain)]
    assert found == [piece.strip() for piece in text.split("|") if piece.strip()]


def test_a_full_stop_at_the_end_of_a_line_is_no_abbreviation_of_the_next() -> None:
    text = "He is a Dr.\n\nThe next paragraph."
    assert [text[start:end] for start, end in sentences(text)] == ["He is a Dr.", "The next paragraph."]


def test_lines_of_a_document_go_on_and_the_signs_of_its_lists_are_left_out() -> None:
    text = "This line of a paragraph goes on until it is wrapped in the\nmiddle of it.\n- One item\n2. Two. Three.\nEnd"
    found = [text[start:end] for start, end in sentences(text, in_document=True)]
    assert found == [text[: text.index("\n- ")], "One item", "Two.", "Three.", "End"]
    assert len(sentences(text)) == 6


def test_what_ends_a_sentence_makes_it_whole() -> None:
    assert all(map(is_complete, ["Done.", "Done.”", "**Done!**", "完了。」", "So…"]))
    assert not any(map(is_complete, ["Done", "Done,", "完了", ""]))


@pytest.mark.parametrize("sign", [".", "!?", "…", ". ", "。", '?"', "水.", "\n", " ", "*_", ".”", "No. "])
def test_no_sign_takes_time_by_the_square(sign: str) -> None:
    # By the square, it would take minutes.
    assert sum(1 for _ in ends(sign * (200_000 // len(sign)), in_document=True)) <= 200_000
