"""Markdown that a model wrote, as HTML that is safe to put into the page.

Everything here is hostile until it has been through ``markdown()``: raw HTML stays visible text, images become links
(so that nothing is ever fetched), links leave without a referrer, and a second, independent sanitiser goes over the
result. Every step is linear in the length of the text. Knows nothing about turns, jobs or languages.
"""

import re
from functools import cache, lru_cache
from typing import Any

import nh3
from latex2mathml.converter import convert as to_mathml
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

MAX_FORMULA = 2_000  # characters; longer ones are shown as their source
MAX_HIGHLIGHTED = 20_000  # characters; some lexers are slow on hostile text
SCHEMES = ("http://", "https://", "mailto:")  # any other could run something, or lead back into the studio
URL_TAIL = re.compile(r"://[^\s<>\"'`\\|，。；：！？、（）【】「」《》]{1,2000}")
URL_SCHEME = re.compile(r"(?<![A-Za-z0-9])https?$")

MATH = "math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot munder mover munderover mtable mtr mtd"
MATH += " menclose mpadded mphantom mstyle"
PROSE = "p br hr h1 h2 h3 h4 h5 h6 em strong s blockquote ul ol li a code pre span div table thead tbody tr th td"
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "pre": {"data-language"},
    "span": {"class"},
    "div": {"class"},
    "th": {"style"},
    "td": {"style"},
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "minsize", "maxsize", "separator"},
    "mspace": {"width", "linebreak"},
    "mfrac": {"linethickness"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"columnalign", "rowspacing", "columnspacing", "columnlines"},
    "mtd": {"columnalign"},
    "menclose": {"notation"},
}


@lru_cache(maxsize=512)
def markdown(text: str) -> Markup:
    """Turn Markdown with fenced code, tables and LaTeX into sanitised HTML; a long turn costs some 7 ms, once."""
    return Markup(sanitiser().clean(parser().render(text)))  # noqa: S704 - this is the place that makes it safe


@cache
def sanitiser() -> nh3.Cleaner:
    """Return the second fence: an allow-list of what ``parser()`` may have produced."""
    return nh3.Cleaner(
        tags=set(f"{PROSE} {MATH}".split()),
        attributes=ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
        filter_style_properties={"text-align"},
    )


@cache
def parser() -> MarkdownIt:
    """Return the Markdown reader: CommonMark with tables, strike-through, bare addresses and LaTeX, without HTML."""
    md = MarkdownIt("commonmark", {"html": False, "breaks": True})
    md.enable(["table", "strikethrough"])
    md.validateLink = lambda url: url.startswith(SCHEMES)
    md.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    md.inline.ruler.before("escape", "bracket_math", bracket_math)
    md.block.ruler.before("fence", "bracket_math_block", bracket_math_block, {"alt": ["paragraph", "list"]})
    md.inline.ruler.after("newline", "bare_url", bare_url)
    md.add_render_rule("image", image_as_link)
    for kind in ("fence", "code_block"):
        md.add_render_rule(kind, code_block)
    for kind in ("math_inline", "math_inline_double", "math_block"):
        md.add_render_rule(kind, formula)
    return md


def image_as_link(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Show an image as a link to it: fetching it would tell a stranger that this chat was read."""
    source, words = tokens[index].attrs["src"], tokens[index].content
    return Markup('<a href="{}">{}</a>').format(source, words or source)


def code_block(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Show code with pygments' short classes; the page's script adds a line with the language and a copy button."""
    source, info = tokens[index].content, tokens[index].info.split()
    language = info[0][:30] if info else ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False) if len(source) <= MAX_HIGHLIGHTED else None
    except ClassNotFound:
        lexer = None
    code = Markup(highlight(source, lexer, HtmlFormatter(nowrap=True))) if lexer else source  # noqa: S704
    return Markup('<pre data-language="{}"><code>{}</code></pre>\n').format(language, code)


def formula(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Show LaTeX as MathML, or as its own source where it cannot be read."""
    source, kind = tokens[index].content, tokens[index].type
    outer = Markup('<div class="math">{}</div>\n') if kind == "math_block" else Markup('<span class="math">{}</span>')
    plain = outer.format(Markup("<code>{}</code>").format(source))
    if len(source) > MAX_FORMULA:
        return plain
    try:
        # The converter copies "<" inside \text{} as it stands; followed by a space it cannot open a tag.
        mathml = to_mathml(source.replace("<", "< "), display="inline" if kind == "math_inline" else "block")
    except Exception:  # noqa: BLE001 - the converter answers bad LaTeX with a dozen unrelated exception types
        return plain
    return outer.format(Markup(mathml))  # noqa: S704


def bracket_math(state: StateInline, silent: bool) -> bool:
    r"""Read ``\(...\)`` and ``\[...\]`` within a paragraph."""
    opening = state.src[state.pos : state.pos + 2]
    if opening not in ("\\(", "\\["):
        return False
    start = state.pos + 2
    end = state.src.find("\\)" if opening == "\\(" else "\\]", start, min(start + MAX_FORMULA, state.posMax))
    if end <= start:
        return False
    if not silent:
        token = state.push("math_inline" if opening == "\\(" else "math_inline_double", "math", 0)
        token.content = state.src[start:end].strip()
    state.pos = end + 2
    return True


def bracket_math_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    r"""Read ``\[`` at the start of a line to ``\]`` at the end of one, so that lines between are not lists or rules."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("\\[", begin):
        return False
    end = state.src.find("\\]", begin + 2, begin + MAX_FORMULA)
    line = start_line
    while line < end_line and state.eMarks[line] < end:
        line += 1
    if end < 0 or line >= end_line or state.src[end + 2 : state.eMarks[line]].strip():
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block, token.map = True, [start_line, line + 1]
        token.content = state.src[begin + 2 : end].strip()
        state.line = line + 1
    return True


def bare_url(state: StateInline, silent: bool) -> bool:
    """Link an http(s) address that stands in the text; the reader stops at its colon, so look back for the scheme."""
    scheme = URL_SCHEME.search(state.pending[-6:]) if state.src.startswith("://", state.pos) else None
    tail = URL_TAIL.match(state.src, state.pos) if scheme and not state.linkLevel else None
    if not tail:
        return False
    rest = tail[0].rstrip(".,;:!?*_~)]")
    if len(rest) <= len("://"):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        address = scheme[0] + rest
        state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(address)}
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True
