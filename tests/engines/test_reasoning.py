"""Reasoning is told apart from the answer, however the text is cut into pieces, and nothing of it is lost."""

import pytest

from assistants.engines.reasoning import Piece, Splitter, Unsplit, chunk_of
from assistants.engines.stopping import Alongside

SIZES = (1, 2, 3, 7, 1000)


def pieces(splitter: Splitter, text: str, size: int, *, is_whole: bool = True) -> list[Piece]:
    found = [piece for at in range(0, len(text), size) for piece in splitter.push(text[at : at + size])]
    return found + splitter.flush(is_whole=is_whole)


def told_apart(text: str, begun: bool | None = False, *, is_whole: bool = True) -> tuple[str, str]:
    """Return the reasoning and the answer, which are the same for pieces of every size."""
    found = set()
    for size in SIZES:
        answer = reasoning = raw = ""
        for piece in pieces(Splitter(begun), text, size, is_whole=is_whole):
            if piece.kind == "retracted":
                assert piece.text == answer
                reasoning, answer = reasoning + answer, ""
                continue
            raw += piece.text
            answer += piece.text if piece.kind == "answer" else ""
            reasoning += piece.text if piece.kind == "reasoning" else ""
        assert raw == text, "every character is in one of the pieces"
        found.add((reasoning, answer))
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<think>Four?</think>\n\nFour.", "Four?", "Four."),
        ("\n<think>\nFour?\n</think>\n\nFour.", "\nFour?\n", "Four."),
        ("<think></think>Four.", "", "Four."),
        ("<think>\n\n</think>\n\nFour.", "\n\n", "Four."),
        ("[THINK]Four?[/THINK]Four.", "Four?", "Four."),
        ("<seed:think>Four?</seed:think>Four.", "Four?", "Four."),
        ("<thought>Four?</thought>Four.", "Four?", "Four."),
        ("<thinking>Four?</thinking>\nFour.", "Four?", "Four."),
        ("◁think▷Four?◁/think▷Four.", "Four?", "Four."),
        ("<|START_THINKING|>Four?<|END_THINKING|><|START_RESPONSE|>Four.<|END_RESPONSE|>", "Four?", "Four."),
        (
            "<|begin_of_thought|>\nFour?\n<|end_of_thought|>\n\n<|begin_of_solution|>\nFour.<|end_of_solution|>",
            "\nFour?\n",
            "Four.",
        ),
        ("<|inner_prefix|>Four?<|inner_suffix|>Four.", "Four?", "Four."),
        (
            "<|channel|>analysis<|message|>Four?<|end|><|start|>assistant<|channel|>final<|message|>Four.",
            "Four?",
            "Four.",
        ),
        ("<think>a</think>\n<think>b</think>c", "ab", "c"),
        ("<think>only", "only", ""),
        ("<think>only</think>", "only", ""),
        ("<think>a <think> b</think>c", "a <think> b", "c"),
        ("<think>a</thought>b</think>c", "a</thought>b", "c"),
        # A second closing tag closes nothing.
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        # A block that begins a line in the middle of an answer.
        ("Well.\n<think>Four?\n</think>\nFour.", "Four?\n", "Well.\n\nFour."),
        # One that does not end, and one that begins no line, are text.
        ("Well.\n<think>Four?", "", "Well.\n<think>Four?"),
        ("Well, <think>Four?</think>", "", "Well, <think>Four?</think>"),
        # What stands in code or in quotes is only mentioned.
        ("Use `<think>` and `</think>`.", "", "Use `<think>` and `</think>`."),
        ("```xml\n<think>x</think>\n```\nso", "", "```xml\n<think>x</think>\n```\nso"),
        ("~~~~\n<think>\n~~~\n</think>\n~~~~\nso", "", "~~~~\n<think>\n~~~\n</think>\n~~~~\nso"),
        ("<think>the “</think>” and `</think>` tags</think>so", "the “</think>” and `</think>` tags", "so"),
        ("<think>say\n```\n</think>\n```\nthen\n</think>\nso", "say\n```\n</think>\n```\nthen\n", "so"),
        # A block of code that does not end: the tag was the one after all.
        ("<think>say\n```\nx = 1\n</think>\n\nso", "say\n```\nx = 1\n", "so"),
        ("<think>an odd ` tick\n</think>\n\nso", "an odd ` tick\n", "so"),
        ("a < b <thin", "", "a < b <thin"),
        ("  Four", "", "  Four"),
        (" \n", "", " \n"),
        ("", "", ""),
        ("思考</thin", "", "思考</thin"),
    ],
)
def test_reasoning_stands_between_tags(text: str, reasoning: str, answer: str) -> None:
    assert told_apart(text) == (reasoning, answer)


@pytest.mark.parametrize("begun", [True, None])
@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("Four?\n</think>\n\nFour.", "Four?\n", "Four."),
        ("Four?</think>Four.", "Four?", "Four."),
        ("想一想</think>四", "想一想", "四"),
        ("\n\n</think>\n\nFour.", "\n\n", "Four."),
        ("</think>Four.", "", "Four."),
        ("say\n```\nx\n```\n</think>\nso", "say\n```\nx\n```\n", "so"),
        ("a</think>b</think>c", "a", "b</think>c"),
    ],
)
def test_the_prompt_may_have_the_opening_tag(text: str, reasoning: str, answer: str, begun: bool | None) -> None:
    found = told_apart(text, begun)
    assert (found[0].strip(), found[1]) == (reasoning.strip(), answer)


@pytest.mark.parametrize(
    "text",
    [
        "The </think> tag ends it.",
        'Write "</think>" at its end.',
        "Write `</think>` at its end.",
        "```\nFour?\n</think>\n```\n",
        "It ends with </think>, mostly.",
    ],
)
def test_a_closing_tag_that_is_mentioned_takes_nothing_back(text: str) -> None:
    assert told_apart(text, None) == ("", text)


def test_where_the_prompt_has_no_tag_a_closing_one_is_text() -> None:
    assert told_apart("Four?</think>Four.", False) == ("", "Four?</think>Four.")


def test_a_text_that_was_cut_off_while_the_model_thought_is_reasoning() -> None:
    assert told_apart("Four?\n", True) == ("Four?\n", "")
    assert told_apart("<think>say\n```\n</think>\nx", is_whole=False) == ("say\n```\n</think>\nx", "")


def test_the_answer_comes_while_it_is_written() -> None:
    splitter = Splitter(None)
    assert splitter.push("Four") == [Piece("answer", "Four")]
    assert splitter.push(" <") == [Piece("answer", " ")]
    assert splitter.push("5.") == [Piece("answer", "<5.")]
    assert Splitter(True).push("Four?") == [Piece("reasoning", "Four?")]


def test_a_raw_text_is_left_as_it_is() -> None:
    assert pieces(Unsplit(), "<think>a</think>b", 1000) == [Piece("answer", "<think>a</think>b")]


def test_of_the_tokens_those_of_the_answer_are_told() -> None:
    tokens, splitter = Alongside(), Splitter()
    said = []
    for token in ["<think>", "Fo", "ur?", "</", "think>", "\n\n", "Four", "."]:
        tokens.push([{"token": token, "bytes": list(token.encode())}])
        said.append(chunk_of(splitter.push(token), tokens))
    said.append(chunk_of(splitter.flush(), tokens, is_last=True))
    entries = [one["token"] for chunk in said for one in chunk.response_metadata.get("logprobs", {}).get("content", ())]
    assert entries == ["Four", "."]
    assert "".join(chunk.text for chunk in said) == "Four."
    assert "".join(chunk.additional_kwargs.get("reasoning_content", "") for chunk in said) == "Four?"
