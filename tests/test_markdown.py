"""Markdown: which lines are code, and how code that is open is ended."""

import pytest
from markdown_it import MarkdownIt

from assistants.markdown.fences import closed, lines


@pytest.mark.parametrize(
    "text",
    [
        "```\ncode",
        "~~~~ py\n~~~\ncode\n",
        "- a\n  ```\n  code",
        "> ```\n> code",
        "1. x\n   - ```\n     code",
        "````\n```\ncode",
    ],
)
def test_open_code_is_ended_where_it_stands(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"{closed(text)}\n\nAfter.")
    assert [token.content for token in tokens if token.type == "inline"][-1] == "After."
    assert "code" in next(token.content for token in tokens if token.type == "fence")
    assert closed(closed(text)) == closed(text)


@pytest.mark.parametrize("text", ["", "words", "```\ncode\n```", "``` in ``` line", "a\n~~~\nb\n~~~~\n"])
def test_what_is_no_open_code_stays(text: str) -> None:
    assert closed(text) == text


def test_lines_say_whether_they_are_code() -> None:
    text = "a\n```\n# b\n```\nc"
    found = list(lines(text))
    assert [is_code for _, _, is_code in found] == [False, True, True, True, False]
    assert all(text.startswith(line, start) for start, line, _ in found)
