"""An HTML page as plain text: what a reader sees of it, headings as lines with #.

What is hidden from readers is left out, for it may be written for models only. Knows nothing about fetching pages.
"""

import re

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString

UNSEEN = frozenset({
    "script", "style", "template", "noscript", "head", "nav", "iframe", "object", "svg", "form", "button", "select",
})  # fmt: skip
APART = frozenset({"p", "div", "section", "article", "table", "ul", "ol", "dl"})
BLOCKS = APART | {
    "address", "aside", "blockquote", "br", "dd", "details", "dt", "fieldset", "figcaption", "figure", "footer", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "pre", "summary", "tbody", "thead", "tr",
}  # fmt: skip
HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|font-size\s*:\s*0|"
    r"(?:left|top|text-indent)\s*:\s*-\d{3,}|(?:^|;)\s*(?:width|height)\s*:\s*0",
    re.IGNORECASE,
)
SPACES = re.compile(r"\s+")


def page(html: str) -> str:
    """Return the text of a page."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in [tag for tag in soup.find_all(True) if _is_hidden(tag)]:
        tag.extract()
    pieces: list[str] = []
    for node in soup.descendants:
        if isinstance(node, Tag):
            pieces.append(_opening(node.name))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            pieces.append(SPACES.sub(" ", node))
            if _closes_block(node):
                pieces.append("\n")
    lines = [SPACES.sub(" ", line).strip() for line in "".join(pieces).split("\n")]
    return "\n".join(lines)


def _is_hidden(tag: Tag) -> bool:
    if tag.name in UNSEEN or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    style = tag.get("style")
    return isinstance(style, str) and HIDING.search(style) is not None


def _opening(name: str) -> str:
    if re.fullmatch("h[1-6]", name):
        return f"\n\n{'#' * int(name[1])} "
    if name == "li":
        return "\n- "
    if name in ("td", "th"):
        return " "
    if name in APART:
        return "\n\n"
    return "\n" if name in BLOCKS else ""


def _closes_block(node: NavigableString) -> bool:
    """Say whether a block ends behind ``node``."""
    parent = node.parent
    while parent is not None and node.next_sibling is None:
        if parent.name in BLOCKS:
            return True
        node, parent = parent, parent.parent
    return False
