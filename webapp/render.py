"""Markdown that a model wrote, as HTML that is safe to put into the page.

Everything here is hostile until it has been through ``markdown()``: raw HTML stays visible text, images become links
(so that nothing is ever fetched from elsewhere; a picture that lies in this studio is shown), links leave without a
referrer, and a second, independent sanitiser goes over the result. It is made in a child with a budget, for code in
some languages takes pygments for ever. Knows nothing about turns, jobs or languages.
"""

import re
from functools import cache, lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from assistants import bounded
from assistants.bounded import Budget, OverBudget
from assistants.errors import QueueFull
from assistants.markdown.reader import reader
from assistants.markdown.whole import TooDeep, parsed
from webapp.formulas import formula

MAX_HIGHLIGHTED = 20_000  # characters; what is longer is no longer read for its colours
BUDGET = Budget(1, 300, "pages")
SCHEMES = ("http://", "https://", "mailto:")  # any other could run something, or lead back into the studio
OWN_FILE = re.compile(r"api/files/[0-9a-f]{32}")
URL_TAIL = re.compile(r"://[^\s<>\"'`\\|，。；：！？、（）【】「」《》]{1,2000}")
URL_SCHEME = re.compile(r"(?<![A-Za-z0-9])https?$")

# Blocks whose writing may go from right to left.
DIRECTED = frozenset({
    "paragraph_open", "heading_open", "blockquote_open", "bullet_list_open", "ordered_list_open", "list_item_open",
    "th_open", "td_open",
})  # fmt: skip

MATH = "math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot munder mover munderover mtable mtr mtd"
MATH += " menclose mpadded mphantom mstyle mmultiscripts mprescripts"
PROSE = "p br hr h1 h2 h3 h4 h5 h6 em strong s sup sub blockquote ul ol li a code pre span div table thead tbody tr th"
PROSE += " td img"
STYLED = {name: {"style"} for name in ("mtable", "mtd", "mrow", "mspace", "mpadded")}
# What formulas are set with; nothing that could lie over the page.
STYLES = {"text-align", "justify-items", "padding-left", "padding-right", "width"}
STYLES |= {f"border-{side}" for side in ("top", "right", "bottom", "left")}
ATTRIBUTES = (
    STYLED
    | {
        "a": {"href", "title"},
        "img": {"src", "alt", "loading"},
        "ol": {"start", "dir"},
        "pre": {"data-language", "dir"},
        "span": {"class"},
        "div": {"class", "tabindex"},
        "th": {"style", "dir"},
        "td": {"style", "dir"},
        "math": {"display"},
        "mi": {"mathvariant"},
        "mo": {
            "stretchy",
            "fence",
            "form",
            "minsize",
            "maxsize",
            "separator",
            "lspace",
            "rspace",
            "symmetric",
            "largeop",
        },
        "mspace": {"width", "style"},
        "mfrac": {"linethickness"},
        "mstyle": {"displaystyle", "scriptlevel"},
        "mtable": {"displaystyle", "scriptlevel", "style"},
        "mover": {"accent"},
        "munder": {"accentunder"},
        "munderover": {"accent", "accentunder"},
        "mrow": {"style", "class"},
        "mpadded": {"width", "height", "depth", "lspace", "voffset", "style"},
        "menclose": {"notation"},
    }
    | {name: {"dir"} for name in ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "li")}
)


def markdown(text: str) -> Markup:
    """Turn Markdown with fenced code, tables and LaTeX into sanitised HTML; a long turn costs some 7 ms, once.

    What takes too long comes without colours, or else as it is written.
    """
    try:
        return _made(text)
    except QueueFull:
        return plain(text)


@lru_cache(maxsize=512)
def _made(text: str) -> Markup:
    for colours in (True, False):
        try:
            made = bounded.call(html, text, colours, field="text", budget=BUDGET)
        except OverBudget:
            continue
        return Markup(sanitiser().clean(made)) if made else plain(text)  # noqa: S704 - this makes it safe
    return plain(text)


def plain(text: str) -> Markup:
    """Return a text as it is written, line by line."""
    return Markup("<p>{}</p>").format(Markup("<br>").join(text.split("\n")))


def html(text: str, colours: bool) -> str:
    """Return Markdown as HTML, its code in colours or not; nothing where it is nested too deep. Runs in a child."""
    env: dict[str, Any] = {"colours": colours}
    try:
        tokens = parsed(parser(), text, env)
    except TooDeep:
        return ""
    return parser().renderer.render(tokens, parser().options, env)


@cache
def sanitiser() -> nh3.Cleaner:
    """Return the second fence: an allow-list of what ``parser()`` may have produced."""
    return nh3.Cleaner(
        tags=set(f"{PROSE} {MATH}".split()),
        attributes=ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        attribute_filter=own_pictures,
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
        filter_style_properties=STYLES,
    )


@cache
def parser() -> MarkdownIt:
    """Return the Markdown reader with what only the page does: links, directions, and how all of it is written."""
    md = reader()
    md.validateLink = lambda url: url.startswith(SCHEMES) or bool(OWN_FILE.fullmatch(url))  # type: ignore[method-assign]  # the library's own way
    md.core.ruler.push("direction", set_direction)
    md.inline.ruler.after("newline", "bare_url", bare_url)
    for name, written in RULES.items():
        md.add_render_rule(name, written)
    return md


def image_as_link(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Show an image as a link to it, unless it is kept here: fetching it would tell a stranger who reads this."""
    source, words = tokens[index].attrs["src"], tokens[index].content
    if OWN_FILE.fullmatch(source):
        return Markup('<img src="{}" alt="{}" loading="lazy">').format(source, words)
    return Markup('<a href="{}">{}</a>').format(source, words or source)


def own_pictures(tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute, if it may have that: no picture comes from elsewhere, no link leads inside."""
    is_own = bool(OWN_FILE.fullmatch(value))
    if (tag, attribute) == ("img", "src"):
        return value if is_own else None
    return None if (tag, attribute) == ("a", "href") and is_own else value


def code_block(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Show code with pygments' short classes; the page's script adds a line with the language and a copy button."""
    source, info = tokens[index].content, tokens[index].info.split()
    language = info[0][:30] if info else ""
    try:
        lexer = (
            get_lexer_by_name(language, stripnl=False) if env["colours"] and len(source) <= MAX_HIGHLIGHTED else None
        )
    except ClassNotFound:
        lexer = None
    code = Markup(highlight(source, lexer, HtmlFormatter(nowrap=True))) if lexer else source  # noqa: S704
    return Markup('<pre dir="ltr" data-language="{}"><code>{}</code></pre>\n').format(language, code)


def table_open(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Put a table into a frame in which it can be moved, for its words are not broken."""
    return '<div class="wide" tabindex="0"><table>\n'


def footnote_mark(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Show the number of a footnote; a link to it would need a name that no other turn has."""
    return f"<sup>[{tokens[index].meta['id'] + 1}]</sup>"


RULES = {
    "image": image_as_link,
    "fence": code_block,
    "code_block": code_block,
    "table_open": table_open,
    "table_close": lambda *_: "</table></div>\n",
    "footnote_ref": footnote_mark,
    "footnote_block_open": lambda *_: "<hr>\n<ol>\n",
    "footnote_block_close": lambda *_: "</ol>\n",
    "footnote_open": lambda *_: "<li>",
    "footnote_close": lambda *_: "</li>\n",
    "footnote_anchor": lambda *_: "",
    "math_inline": formula,
    "math_inline_double": formula,
    "math_block": formula,
}


def set_direction(state: StateCore) -> None:
    """Let each block be written from the side from which its first letter is."""
    for token in state.tokens:
        if token.type in DIRECTED:
            token.attrSet("dir", "auto")


def bare_url(state: StateInline, silent: bool) -> bool:
    """Link an http(s) address that stands in the text; the reader stops at its colon, so look back for the scheme."""
    scheme = URL_SCHEME.search(state.pending[-6:]) if state.src.startswith("://", state.pos) else None
    if not scheme or state.linkLevel:
        return False
    tail = URL_TAIL.match(state.src, state.pos)
    if not tail:
        return False
    rest = _ended(tail[0])
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


def _ended(address: str) -> str:
    """Return an address without the signs of the sentence behind it; brackets that it opens itself are its own."""
    while address:
        last = address[-1]
        opening = {")": "(", "]": "["}.get(last)
        is_own = opening is not None and address.count(opening) >= address.count(last)
        if is_own or last not in ".,;:!?*_~)]":
            break
        address = address[:-1]
    return address
