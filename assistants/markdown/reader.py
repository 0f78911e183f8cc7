"""The reader of Markdown. Knows nothing about what becomes of what it reads, but how tasks are written."""

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import emphasis, strikethrough
from mdit_py_plugins.footnote import footnote_plugin

from assistants.markdown.flanking import friendly
from assistants.markdown.formulas import formulas_plugin
from assistants.markdown.tags import small_tag
from assistants.markdown.whole import MAX_NESTING

# As deep as ``whole`` looks; and a link says which definition it is by.
OPTIONS = {"maxNesting": MAX_NESTING + 1, "store_labels": True}


def reader() -> MarkdownIt:
    """Return a reader of CommonMark without HTML but a few small tags, of tables, tasks, footnotes and formulas.

    A line stays a line. It is for ``whole.parsed``.
    """
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "tasklists": True, **OPTIONS})
    md.enable(["table", "strikethrough"])
    md.inline.ruler.at("emphasis", friendly(emphasis.tokenize))
    md.inline.ruler.at("strikethrough", friendly(strikethrough.tokenize))
    md.use(formulas_plugin)
    md.use(footnote_plugin, inline=False)
    md.inline.ruler.before("html_inline", "small_tag", small_tag)
    md.add_render_rule("list_item_open", _item)
    return md


def _item(renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Begin an item, that of a task with its box: a sign, which is copied and printed as it looks."""
    item = renderer.renderToken(tokens, index, options, env)
    checked = tokens[index].meta.get("checked")
    return item if checked is None else f'{item}<span class="task">{"☑" if checked else "☐"}</span> '
