"""Lists within lists that are indented by less than CommonMark asks for, made so that they stay within them.

Below "1. ", models indent by two spaces, where three are needed. Knows nothing else about Markdown.
"""

import re

ORDERED = re.compile(r"( {0,3})(\d{1,9}[.)] +)\S")
ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)]) ")
FENCE = re.compile(r" *(`{3,}|~{3,})")
LEAST = 2


def indented(text: str) -> str:
    """Return ``text`` with lists, code and paragraphs below a numbered item moved in as far as its words begin."""
    if not ORDERED.search(text):
        return text
    lines: list[str] = []
    # Where the item above begins, where its words do, where the list below it begins, and how far that is moved.
    item = words = begins = moved = 0
    fence, is_apart = "", True
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        mark = FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) and not line.strip(" `~") else fence
        elif line.strip():
            moved = moved if indent >= begins else 0
            numbered = ORDERED.match(line)
            if moved or (words <= indent and words):
                pass
            elif item + LEAST <= indent < words and (mark or is_apart or ITEM.match(line, indent)):
                begins, moved = indent, words - indent
            elif numbered:
                item, words = len(numbered[1]), len(numbered[1]) + len(numbered[2])
            elif is_apart or ITEM.match(line, indent):
                item = words = 0
            fence = mark[1] if mark else ""
        is_apart = not line.strip()
        lines.append(" " * moved + line if moved and line.strip() else line)
    return "\n".join(lines)
