"""The reader of Markdown. Knows nothing about what becomes of what it reads."""

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
    """Return a reader: CommonMark without HTML, of GitHub's what is no HTML, formulas; a line stays a line.

    It is for ``whole.parsed``.
    """
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "tasklists": True, **OPTIONS})
    md.enable(["table", "strikethrough"])
    md.inline.ruler.at("emphasis", friendly(emphasis.tokenize))
    md.inline.ruler.at("strikethrough", friendly(strikethrough.tokenize))
    md.use(formulas_plugin)
    md.use(footnote_plugin, inline=False)
    md.inline.ruler.before("html_inline", "small_tag", small_tag)
    return md
