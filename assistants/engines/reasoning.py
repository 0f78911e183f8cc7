"""Reasoning: what a model thinks before it answers, told apart from the answer in a text that comes in pieces.

It stands between tags at the beginning of the text, whose first one the prompt may end with, or in a block that begins
a line. A tag in quotes or in code is only mentioned. Knows nothing about models or where their texts come from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.messages import AIMessageChunk, BaseMessage

from assistants.engines.stopping import Alongside, said

# It ends a message of any kind, and so says nothing by itself.
HARMONY_END = "<|end|>"
# How models write it: most as Qwen and DeepSeek do, then Seed, Gemini and EXAONE, Mistral, those that were told to by
# Anthropic's examples, Kimi, Cohere, Sky-T1 and OpenThinker, Apertus, and gpt-oss.
TAGS = {
    "<think>": "</think>",
    "<seed:think>": "</seed:think>",
    "<thought>": "</thought>",
    "[THINK]": "[/THINK]",
    "<thinking>": "</thinking>",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<|channel|>analysis<|message|>": HARMONY_END,
}
# What some put around the answer that comes behind it.
WRAPS = (
    "<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|begin_of_solution|>", "<|end_of_solution|>",
    "<|start|>assistant<|channel|>final<|message|>",
)  # fmt: skip
MARKS = (*TAGS, *TAGS.values(), *WRAPS)
TAG = re.compile("|".join(map(re.escape, MARKS)))
BEGINNINGS = {tag[:size] for tag in MARKS for size in range(1, len(tag))}
# What stands behind a tag tells whether it is only mentioned.
LOOK_AHEAD = 2
FENCE = re.compile(r"\s*(`{3,}|~{3,})")
QUOTES = dict(zip("`\"'“‘「『《(（", "`\"'”’」』》)）", strict=True))
# Prose goes on so: "the </think> tag".
PROSE = re.compile(r"\s[a-z]|[,;:)]")


Kind = Literal["answer", "reasoning", "mark", "retracted"]


@dataclass(frozen=True)
class Piece:
    """More of the answer or of the reasoning, or a ``mark``, which is neither.

    ``retracted``: its text is all of the answer so far, and was reasoning.
    """

    kind: Kind
    text: str


class Code:
    """Whether a text that comes in pieces is in a block or a span of code, as Markdown has them."""

    def __init__(self) -> None:
        self.line = ""
        self._fence = ""

    def push(self, text: str) -> None:
        """Take more of the text."""
        first, *rest = text.split("\n")
        self.line += first
        for line in rest:
            found = FENCE.match(self.line)
            if found and not self._fence:
                self._fence = found[1]
            elif found and found[1].startswith(self._fence) and not self.line[found.end() :].strip():
                self._fence = ""
            self.line = line

    @property
    def is_open(self) -> bool:
        """Whether what comes next is code."""
        return bool(self._fence) or self.line.count("`") % 2 == 1


class Splitter:
    """Tells the reasoning in a text apart from its answer.

    ``begun`` says whether the prompt ends with the opening tag. Where that is None, nobody knows: a closing tag tells,
    and all that came before it is retracted.
    """

    def __init__(self, begun: bool | None = False) -> None:
        self.begun = begun
        # The opening tag of the block that the text is in; empty where it stands in the prompt.
        self._tag: str | None = "" if begun else None
        self._is_told_apart = False
        self._code = Code()
        self._held = self._blank = ""
        self._answer: list[str] = []
        # A block that may be none: one in the middle of an answer, or behind a closing tag that stands in code.
        self._doubtful: list[str] | None = None

    @property
    def is_unclosed(self) -> bool:
        """Whether the text is within the reasoning that the prompt began."""
        return self._tag == ""

    def begin_answer(self) -> None:
        """Take it that no more of the reasoning comes, for it comes in another way."""
        self.begun, self._tag = False, None

    def push(self, text: str) -> list[Piece]:
        """Return what is certain once ``text`` has come."""
        self._held += text
        return list(self._pieces(LOOK_AHEAD))

    def flush(self, *, is_whole: bool = True) -> list[Piece]:
        """Return the rest; ``is_whole`` says that the text came to its own end."""
        pieces = [*self._pieces(0), *self._plain(self._held)]
        self._held = ""
        return [*pieces, *self._left(is_whole)]

    def _pieces(self, ahead: int) -> Iterator[Piece]:
        while found := TAG.search(self._held):
            if len(self._held) - found.end() < ahead:
                break
            before, tag, self._held = self._held[: found.start()], found[0], self._held[found.end() :]
            yield from self._plain(before)
            yield from self._wrapped(tag) if tag in WRAPS else self._opened(tag) if tag in TAGS else self._closed(tag)
        # A tag may have begun at the end.
        sizes = range(min(len(self._held), max(map(len, BEGINNINGS))), 0, -1)
        begun = next((size for size in sizes if self._held[-size:] in BEGINNINGS), 0)
        certain = found.start() if found else len(self._held) - begun
        plain, self._held = self._held[:certain], self._held[certain:]
        yield from self._plain(plain)

    def _plain(self, text: str) -> Iterator[Piece]:
        """Yield a text without a tag that counts."""
        if not text:
            return
        self._code.push(text)
        if self._doubtful is not None:
            self._doubtful.append(text)
        elif self._tag is not None:
            yield Piece("reasoning", text)
        elif self._answer:
            self._answer.append(text)
            yield Piece("answer", text)
        else:
            # The space between the reasoning and the answer is neither; before a text without any it is the text's.
            text, self._blank = self._blank + text, ""
            shown = text.lstrip() if self._is_told_apart else text
            if not text.strip():
                self._blank = text
                return
            if shown != text:
                yield Piece("mark", text[: -len(shown)])
            self._answer.append(shown)
            yield Piece("answer", shown)

    def _wrapped(self, tag: str) -> Iterator[Piece]:
        """Yield what stands around an answer: it says nothing where reasoning came before."""
        is_around = self._is_told_apart and self._tag is None and not self._code.is_open
        yield from [Piece("mark", self._blank + tag)] if is_around else self._plain(tag)
        self._blank = "" if is_around else self._blank

    def _opened(self, tag: str) -> Iterator[Piece]:
        begins_line = not self._code.line.strip()
        if self._tag is not None or self._code.is_open or not begins_line:
            yield from self._plain(tag)
            return
        if self._answer:
            self._doubtful = [tag]
        else:
            yield Piece("mark", self._blank + tag)
        self._blank, self._tag, self._code = "", tag, Code()

    def _closed(self, tag: str) -> Iterator[Piece]:
        if self._is_mentioned() or (self._tag and tag != TAGS[self._tag]):
            yield from self._plain(tag)
        elif self._tag is None:
            yield from self._retracted(tag)
        elif self._code.is_open:
            self._doubtful = self._doubtful or []
            yield from self._plain(tag)
        else:
            yield from self._end(tag)

    def _end(self, tag: str) -> Iterator[Piece]:
        """Yield the end of a block."""
        opening, *rest = (self._doubtful or [""]) if self._answer else ["", *(self._doubtful or [])]
        pieces = (Piece("mark", opening), Piece("reasoning", "".join(rest)), Piece("mark", tag))
        yield from (piece for piece in pieces if piece.text)
        self._tag, self._doubtful, self._code, self._is_told_apart = None, None, Code(), True

    def _retracted(self, tag: str) -> Iterator[Piece]:
        """Yield that what seemed to be the answer was reasoning, if a closing tag can mean that."""
        is_prose = self._code.line.endswith(" ") and PROSE.match(self._held)
        if self.begun is False or self._is_told_apart or self._code.is_open or is_prose or tag == HARMONY_END:
            yield from self._plain(tag)
            return
        yield Piece("retracted", "".join(self._answer))
        yield Piece("mark", self._blank + tag)
        self.begun, self._is_told_apart = True, True
        self._answer, self._blank, self._code = [], "", Code()

    def _is_mentioned(self) -> bool:
        """Say whether the tag that comes next stands in quotes."""
        quote = self._code.line[-1:]
        return quote in QUOTES and self._held[:1] == QUOTES[quote]

    def _left(self, is_whole: bool) -> Iterator[Piece]:
        """Yield what is left of a text that ends in a block, or before its first word."""
        text = "".join(self._doubtful or ())
        if self._answer and self._tag is not None:
            yield Piece("answer", text)
        elif text and is_whole:
            # The closing tag in code was the one, for there was no other.
            tag = next(tag for tag in TAGS.values() if text.startswith(tag))
            answer = text.removeprefix(tag).lstrip()
            yield Piece("mark", text.removesuffix(answer))
            yield Piece("answer", answer)
        elif text:
            yield Piece("reasoning", text)
        elif self._blank:
            yield Piece("mark" if self._is_told_apart else "answer", self._blank)


def answer_in(text: str) -> str:
    """Return a text without the reasoning in it."""
    if not TAG.search(text):
        return text
    splitter = Splitter(None)
    answer = ""
    for piece in splitter.push(text) + splitter.flush():
        answer = "" if piece.kind == "retracted" else answer + piece.text * (piece.kind == "answer")
    return answer


class Unsplit(Splitter):
    """Leaves a text as it is, such as one that goes on from a raw prompt."""

    def push(self, text: str) -> list[Piece]:
        """Return all of it."""
        return [Piece("answer", text)]

    def flush(self, *, is_whole: bool = True) -> list[Piece]:
        """Return nothing: nothing was held back."""
        return []


class ThoughtTokens:
    """Counts the tokens of the reasoning before an answer."""

    def __init__(self) -> None:
        self.count = 0
        self._is_reasoning: bool | None = None

    def take(self, chunk: BaseMessage, written: int | None) -> None:
        """Note what came when so many tokens were written: all are reasoning until there is a word of the answer."""
        if chunk.text:
            self._is_reasoning = False
        elif self._is_reasoning is None and chunk.additional_kwargs.get("reasoning_content"):
            self._is_reasoning = True
        if self._is_reasoning and written is not None:
            self.count = written


def chunk_of(pieces: list[Piece], tokens: Alongside, *, is_last: bool = False) -> AIMessageChunk:
    """Return a message's chunk: the answer is its text, the reasoning beside it, as LangChain has it.

    Of the ``tokens`` it has those of the answer. ``retracted`` in its metadata: all text so far is reasoning.
    """
    answer, reasoning = "", ""
    shown: list[dict[str, Any]] = []
    metadata: dict[str, Any] = {}
    for piece in pieces:
        if piece.kind == "retracted":
            reasoning, answer, metadata = reasoning + piece.text, "", {"retracted": True}
            continue
        entries = tokens.pop(piece.text)
        if piece.kind == "answer":
            answer, shown = answer + piece.text, shown + entries
        elif piece.kind == "reasoning":
            reasoning += piece.text
    if is_last:
        shown += tokens.pop("", all=True)
    beside = {"reasoning_content": reasoning} if reasoning else {}
    return AIMessageChunk(content=answer, additional_kwargs=beside, response_metadata=metadata | said(shown))
