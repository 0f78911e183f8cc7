"""Fenced code in Markdown: which lines belong to it, and whether it is still open at the end.

Knows nothing else about Markdown.
"""

import re
from collections.abc import Iterator

# A fence may stand in a list or a quotation.
FENCE = re.compile(r"[ \t]*(?:(?:[-*+>]|\d+[.)])[ \t]+)*(`{3,}|~{3,})(.*)")


def lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield where each line begins, the line, and whether it belongs to fenced code."""
    start, fence = 0, ""
    for line in text.split("\n"):
        is_code = bool(fence)
        fence = _after(line, fence)
        yield start, line, is_code or bool(fence)
        start += len(line) + 1


def closed(text: str) -> str:
    """Return ``text`` with an end for code that is open at its end, so that nothing behind it becomes code."""
    fence = before = ""
    for line in text.split("\n"):
        opened, fence = not fence, _after(line, fence)
        if fence and opened:
            # Within a list or a quotation, only what stands there ends it.
            before = re.sub(r"[^>\s]", " ", line[: line.index(fence)])
    return f"{text.rstrip(chr(10))}\n{before}{fence}" if fence else text


def _after(line: str, fence: str) -> str:
    """Return the fence that is open behind a line, or nothing."""
    if fence:
        mark = line.strip(" \t>")
        return "" if len(mark) >= len(fence) and not mark.strip(fence[0]) else fence
    opened = FENCE.match(line)
    return opened[1] if opened and not (opened[1][0] == "`" and "`" in opened[2]) else ""
