"""Markdown, read so that no word of it vanishes: what a reader would leave out without a word is made text first.

That is a definition, of a link or a footnote, that nothing refers to, and cells beyond the columns of a table. Knows
nothing about what is made of it.
"""

import re
import sys
from itertools import takewhile
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from assistants.markdown.indenting import indented

# What lies deeper a reader leaves out, too.
MAX_NESTING = 100
NOTE = re.compile(r"[ \t>]*\[\^([^\]\s]+)\]:")
# A definition that was none may be one once another is text; this is the end of it.
ROUNDS = 4


class TooDeep(ValueError):
    """A text has lists or quotations more than ``MAX_NESTING`` levels deep."""


def parsed(reader: MarkdownIt, text: str, env: dict[str, Any]) -> list[Token]:
    """Return the tokens of a text, and put into ``env`` what they refer to; raises ``TooDeep``."""
    # A level takes a few calls.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20 * MAX_NESTING + 1000))
    given, text = dict(env), indented(text)
    for _ in range(ROUNDS):
        env.clear()
        env.update(given)
        tokens = reader.parse(text, env)
        if any(token.level >= MAX_NESTING for token in tokens):
            raise TooDeep
        whole = _as_text(_narrowed(text, tokens), _unused(text, tokens, env))
        if whole == text:
            break
        text = whole
    return tokens


def _unused(text: str, tokens: list[Token], env: dict[str, Any]) -> dict[int, int]:
    """Return the lines, from the first to the one behind the last, of definitions that nothing refers to."""
    inlines = [child for token in tokens for child in token.children or ()]
    used = {token.meta.get("label") for token in inlines}
    links = [one for label, one in env.get("references", {}).items() if label not in used]
    found = dict(one["map"] for one in links + env.get("duplicate_refs", []))
    if "footnotes" in env:
        blocks = [token.map for token in tokens if token.type in ("fence", "code_block") and token.map]
        code = {line for first, end in blocks for line in range(first, end)}
        known = {label[1:]: number for label, number in env["footnotes"].get("refs", {}).items()}
        for line, content in enumerate(text.split("\n")):
            if (note := NOTE.match(content)) and line not in code and known.pop(note[1], -1) < 0:
                found[line] = line + 1
    return found


def _narrowed(text: str, tokens: list[Token]) -> str:
    """Return a text whose tables have no more cells in a row than columns: what is more stands in the last one."""
    lines = text.split("\n")
    for place, table in enumerate(tokens):
        if table.type != "table_open" or table.map is None:
            continue
        head = takewhile(lambda token: token.type != "thead_close", tokens[place:])
        width = sum(token.type == "th_open" for token in head)
        for line in range(table.map[0] + 2, table.map[1]):
            before = lines[line][: -len(lines[line].lstrip(" \t>"))]
            cells = escapedSplit(lines[line][len(before) :].strip())
            cells = [cell.replace("|", "\\|") for cell in cells[not cells[0] : len(cells) - (not cells[-1])]]
            if len(cells) > width:
                cells = [*cells[: width - 1], "\\|".join(cells[width - 1 :])]
                lines[line] = f"{before}|{'|'.join(cells)}|"
    return "\n".join(lines)


def _as_text(text: str, definitions: dict[int, int]) -> str:
    """Return a text in which these definitions are paragraphs."""
    lines = text.split("\n")
    for first, last in sorted(definitions.items(), reverse=True):
        before, _, rest = lines[first].partition("[")
        lines[first] = f"{before}\\[{rest}"
        lines.insert(last, before.rstrip() if ">" in before else "")
    return "\n".join(lines)
