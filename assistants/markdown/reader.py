"""The reader of Markdown. Knows nothing about what becomes of what it reads."""

from markdown_it import MarkdownIt
from markdown_it.rules_inline import emphasis, strikethrough
from mdit_py_plugins.footnote import footnote_plugin

from assistants.markdown.flanking import friendly
from assistants.markdown.formulas import formulas_plugin


def reader() -> MarkdownIt:
    """Return a reader: CommonMark without HTML, of GitHub's what is no HTML, formulas; a line stays a line.

    What it reads must have been ``indenting.indented``.
    """
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "tasklists": True})
    md.enable(["table", "strikethrough"])
    md.inline.ruler.at("emphasis", friendly(emphasis.tokenize))
    md.inline.ruler.at("strikethrough", friendly(strikethrough.tokenize))
    md.use(formulas_plugin)
    md.use(footnote_plugin, inline=False)
    return md
