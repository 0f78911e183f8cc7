"""Markdown as HTML for an export, read as the page reads it: HTML in it is words, and no word of it vanishes.

A definition that nothing refers to stays as it is written, and so do cells beyond the columns of a table. Formulas are
taken out, for pandoc to write. Runs in a child (``bounded``); knows nothing about drafts or the forms of files.
"""

import re
import sys
from functools import cache
from html import escape
from itertools import takewhile
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from assistants.errors import InvalidInput

# What lies deeper is left out by the reader.
MAX_NESTING = 100
TOO_DEEP = "{field} has lists or quotations more than {limit} levels deep."
# Of pictures, those that a file may hold.
INLINE = re.compile(r"data:image/(?:png|jpeg|gif);base64,")
# Where a formula stood: no text looks like this, for its < is written as an entity.
PLACE, FORMULA = "<formula {}>", re.compile(r"<formula (\d+)>")
NOTE = re.compile(r"[ \t>]*\[\^([^\]\s]+)\]:")
# A definition that was not may be one once another is text; this is the end of it.
ROUNDS = 4


def html(text: str) -> dict[str, Any]:
    """Return the ``html`` of a text and its ``formulas``: of each whether it is on a line of its own, and its LaTeX."""
    # A level takes a few calls.
    sys.setrecursionlimit(20 * MAX_NESTING + 1000)
    for _ in range(ROUNDS):
        tokens, env = _parsed(text)
        whole = _as_text(_narrowed(text, tokens), _unused(text, tokens, env))
        if whole == text:
            break
        text = whole
    return {"html": _reader().renderer.render(tokens, _reader().options, env), "formulas": env["formulas"]}


def _parsed(text: str) -> tuple[list[Token], dict[str, Any]]:
    env: dict[str, Any] = {"formulas": []}
    tokens = _reader().parse(text, env)
    if any(token.level >= MAX_NESTING for token in tokens):
        raise InvalidInput("draft", TOO_DEEP, limit=MAX_NESTING)
    return tokens, env


def _unused(text: str, tokens: list[Token], env: dict[str, Any]) -> dict[int, int]:
    """Return the lines, from the first to the one behind the last, of definitions that nothing refers to."""
    inlines = [child for token in tokens for child in token.children or ()]
    used = {token.meta.get("label") for token in inlines}
    links = [one for label, one in env.get("references", {}).items() if label not in used]
    found = dict(one["map"] for one in links + env.get("duplicate_refs", []))
    code = {line for token in tokens if token.type in ("fence", "code_block") for line in range(*token.map)}
    known = {label[1:]: number for label, number in env.get("footnotes", {}).get("refs", {}).items()}
    for line, content in enumerate(text.split("\n")):
        if (note := NOTE.match(content)) and line not in code and known.pop(note[1], -1) < 0:
            found[line] = line + 1
    return found


def _narrowed(text: str, tokens: list[Token]) -> str:
    """Return a text whose tables have no more cells in a row than columns: what is more stands in the last one."""
    lines = text.split("\n")
    tables = [place for place, token in enumerate(tokens) if token.type == "table_open"]
    for place in tables:
        first, last = tokens[place].map
        head = takewhile(lambda token: token.type != "thead_close", tokens[place:])
        width = sum(token.type == "th_open" for token in head)
        for line in range(first + 2, last):
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


@cache
def _reader() -> MarkdownIt:
    """Return the page's reader (``webapp.render``), with footnotes, which files of Word have."""
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": MAX_NESTING + 1, "store_labels": True})
    md.enable(["table", "strikethrough"])
    # Where a link may lead is said where the HTML is cleaned; its words stay.
    md.validateLink = lambda url: True
    md.use(footnote_plugin, inline=False)
    md.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    md.add_render_rule("image", _picture)
    for kind in ("math_inline", "math_inline_double", "math_block"):
        md.add_render_rule(kind, _formula)
    return md


def _picture(_renderer: Any, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
    """Write a picture that is in the text itself, and of any other its words."""
    source, words = str(tokens[index].attrs["src"]), escape(tokens[index].content)
    return f'<img src="{escape(source)}" alt="{words}">' if INLINE.match(source) else words


def _formula(_renderer: Any, tokens: list[Token], index: int, _options: Any, env: Any) -> str:
    token = tokens[index]
    env["formulas"].append([token.type != "math_inline", token.content.strip()])
    place = PLACE.format(len(env["formulas"]) - 1)
    return f"<p>{place}</p>\n" if token.type == "math_block" else place
