"""Markdown as HTML for an export, read as the page reads it: HTML in it is words, and no word of it vanishes.

Formulas are taken out, for pandoc to write. Runs in a child (``bounded``); knows nothing about drafts or the forms of
files.
"""

import re
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistants.errors import InvalidInput
from assistants.markdown.reader import reader
from assistants.markdown.whole import MAX_NESTING, TooDeep, parsed

TOO_DEEP = "{field} has lists or quotations more than {limit} levels deep."
# Of pictures, those that a file may hold.
INLINE = re.compile(r"data:image/(?:png|jpeg|gif);base64,")
# Where a formula stood: no text looks like this, for its < is written as an entity.
PLACE, FORMULA = "<formula {}>", re.compile(r"<formula (\d+)>")


def html(text: str) -> dict[str, Any]:
    """Return the ``html`` of a text and its ``formulas``: of each whether it is on a line of its own, and its LaTeX."""
    env: dict[str, Any] = {"formulas": []}
    try:
        tokens = parsed(_reader(), text, env)
    except TooDeep as error:
        raise InvalidInput("draft", TOO_DEEP, limit=MAX_NESTING) from error
    return {"html": _reader().renderer.render(tokens, _reader().options, env), "formulas": env["formulas"]}


@cache
def _reader() -> MarkdownIt:
    """Return the reader with how all of it is written in a file."""
    md = reader()
    # Where a link may lead is said where the HTML is cleaned; its words stay.
    md.validateLink = lambda url: True  # type: ignore[method-assign]  # the library's own way
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
