"""An HTML page as plain text: what a reader sees of it, headings as lines with #, code between fences.

What is hidden from readers is left out, for it may be written for models only; that is told from attributes and inline
styles, not from style sheets, behind which answers of a list of questions often wait to be unfolded. Knows nothing
about fetching pages.
"""

import re
from collections.abc import Callable, Iterator

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.dammit import EncodingDetector
from bs4.element import PreformattedString

from assistants.knowledge.chunking import Part
from assistants.knowledge.readers.grids import Grid
from assistants.knowledge.readers.hiding import is_hidden
from assistants.knowledge.readers.notes import Notes
from assistants.knowledge.readers.scripts import subscript, superscript

# What no browser shows, or only where something is missing.
UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "datalist", "rp"})
PICTURES = frozenset({"img", "svg", "canvas", "picture"})
EMBEDDED = frozenset({"iframe", "object", "embed", "video", "audio", "applet"})
APART = frozenset({"p", "div", "section", "article", "table", "ul", "ol", "dl", "pre", "form", "fieldset", "dialog"})
APART |= {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = APART | {
    "address", "aside", "blockquote", "br", "caption", "dd", "details", "dt", "figcaption", "figure", "footer",
    "header", "hr", "legend", "li", "main", "optgroup", "summary", "tbody", "tfoot", "thead", "tr",
}  # fmt: skip
# Buttons and boxes stand beside each other.
BESIDE = frozenset({"button", "input", "label", "select", "textarea"})
CELLS = frozenset({"td", "th"})
# A longer cell, or one with headings, is a part of a page that is laid out by a table.
LONGEST_CELL = 1000
SPACES = re.compile(r"\s+")

HIDDEN = "Hidden text is left out ({count})."
NAVIGATION = "Navigation menus are left out ({count})."
PICTURES_LEFT = "Pictures and their descriptions are left out ({count})."
FORMULAS = "Formulas are read without their layout ({count})."
EMBEDDED_LEFT = "Embedded pages, sounds and films are left out ({count})."


class Raw(str):
    """A piece of text whose spaces count."""


def read(html: str, notes: Notes) -> Iterator[Part]:
    """Yield the text of a page, below its title where it has no heading of the first rank."""
    soup = BeautifulSoup(html, "html.parser")
    title = SPACES.sub(" ", soup.head.title.get_text()).strip() if soup.head and soup.head.title else ""
    text = _Writer(notes).text(soup)
    yield Part(text, "" if soup.h1 else title)


def declared(data: bytes) -> str:
    """Return the encoding that a page says it is in, or nothing."""
    return EncodingDetector.find_declared_encoding(data, is_html=True) or ""


def _left_out(tag: Tag) -> str | None:
    """Return what is to be said of a tag that is left out, which may be nothing, or None for one that is read."""
    if tag.name in UNSEEN or tag.get("role") == "doc-backlink":
        return ""
    if tag.name in PICTURES:
        return PICTURES_LEFT
    if tag.name in EMBEDDED:
        return EMBEDDED_LEFT
    if not (tag.name == "nav" or is_hidden(tag)):
        return None
    words = tag.get_text(strip=True)
    return "" if not words else NAVIGATION if tag.name == "nav" else HIDDEN


class _Writer:
    """Goes through a page and writes down its text; a tag that needs all of its text at its end has where it began."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._pieces: list[str] = []
        self._begun: list[int] = []
        # The next numbers of the lists that are open, 0 where they have none, and the tables. Tags that nobody closed
        # are no matter so.
        self._lists: list[int] = []
        self._grids: list[Grid] = []
        # Whether nothing stands behind the mark of an item yet.
        self._is_marked = False
        self._preformatted = 0

    def text(self, soup: Tag) -> str:
        """Return the text of all that is in ``soup``."""
        # Pages may be nested deeper than calls.
        inside = [(soup, iter(soup.children))]
        while inside:
            child = next(inside[-1][1], None)
            if child is None:
                self._end(inside.pop()[0])
            elif isinstance(child, Tag):
                if self._begin(child):
                    inside.append((child, iter(child.children)))
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                self._pieces.append(child if self._preformatted else SPACES.sub(" ", child))
                self._is_marked = self._is_marked and child.isspace()
        return _joined(self._pieces)

    def _begin(self, tag: Tag) -> bool:
        """Write what a tag begins with, and say whether it is read."""
        said = _left_out(tag)
        if said is not None:
            if said:
                self._notes.count(said)
            return False
        if tag.name == "math":
            self._pieces.append(_formula(tag, self._notes))
            return False
        self._pieces.append(self._place(tag) or _opening(tag, self._is_marked))
        self._is_marked = tag.name == "li" or (self._is_marked and tag.name != "input")
        if tag.name in WHOLE or tag.name in CELLS:
            self._begun.append(len(self._pieces))
            self._preformatted += tag.name == "pre"
        return True

    def _place(self, tag: Tag) -> str:
        """Return what stands before an item, a cell or an option, and count it; nothing for any other tag."""
        if tag.name in ("ol", "ul"):
            self._lists.append(_count(tag, "start") if tag.name == "ol" else 0)
        elif tag.name in ("table", "select"):
            self._grids.append(Grid())
        elif tag.name == "tr" and self._grids:
            self._grids[-1].next_row()
        elif tag.name == "li":
            number = self._lists.pop() if self._lists else 0
            self._lists.append(number + 1 if number else 0)
            return f"\n{number}. " if number else "\n- "
        elif tag.name in CELLS and self._grids:
            return self._grids[-1].next_cell(_count(tag, "colspan"))
        elif tag.name == "option" and self._grids:
            return ", " if self._grids[-1].next_cell() else ""
        return ""

    def _end(self, tag: Tag) -> None:
        if tag.name in WHOLE or tag.name in CELLS:
            begun = self._begun.pop()
            inner, before = "".join(self._pieces[begun:]), "".join(self._pieces[max(begun - 4, 0) : begun]).rstrip()
            if tag.name in WHOLE:
                self._pieces[begun:] = [WHOLE[tag.name](inner, before)]
            elif (line := _cell(inner)) is not None:
                self._pieces[begun:] = [line]
            if tag.name in CELLS and self._grids:
                self._grids[-1].end_cell(inner, _count(tag, "rowspan"))
            self._preformatted -= tag.name == "pre"
        if tag.name in ("ol", "ul") and self._lists:
            self._lists.pop()
        elif tag.name in ("table", "select") and self._grids:
            self._grids.pop()
        elif tag.name == "tr" and self._grids:
            self._pieces.append(self._grids[-1].merged())
        if tag.name in BLOCKS:
            self._pieces.append("\n\n" if tag.name in APART else "\n")
        elif tag.name in BESIDE:
            self._pieces.append(" ")


def _cell(inner: str) -> str | None:
    """Return what is in a cell as one line, or None for a cell that holds a part of a page."""
    is_line = len(inner) <= LONGEST_CELL and not re.search("\n(?:#|`{3})", inner)
    return SPACES.sub(" ", inner).strip() if is_line else None


def _code(inner: str, _before: str) -> str:
    longest = max(map(len, re.findall("`{3,}", inner)), default=2)
    fence = "`" * (longest + 1)
    return Raw(f"{fence}\n{inner.strip(chr(10))}\n{fence}") if inner.strip() else ""


def _struck(inner: str, _before: str) -> str:
    words = inner.strip()
    return inner.replace(words, f"~~{words}~~", 1) if words and "\n" not in words else inner


WHOLE: dict[str, Callable[[str, str], str]] = {
    "pre": _code,
    "del": _struck,
    "s": _struck,
    "strike": _struck,
    "sup": superscript,
    "sub": lambda inner, _before: subscript(inner),
    "q": lambda inner, _before: f"“{inner}”",
    "rt": lambda inner, _before: f"({inner})",
}


def _opening(tag: Tag, is_marked: bool) -> str:
    name = tag.name
    if re.fullmatch("h[1-6]", name):
        return f"\n\n{'#' * int(name[1])} "
    if name == "input":
        return f" {_value(tag)} "
    if name in BLOCKS:
        # The first paragraph of an item stands behind its mark.
        return "" if is_marked else "\n\n" if name in APART else "\n"
    return " " if name in BESIDE else ""


def _count(tag: Tag, attribute: str) -> int:
    """Return a number that a tag gives from 1 on, or 1."""
    number = str(tag.get(attribute, "1"))
    return int(number) if re.fullmatch("[1-9][0-9]{0,8}", number) else 1


def _formula(tag: Tag, notes: Notes) -> str:
    """Return the LaTeX that a formula carries with it, else its signs one after the other."""
    source = tag.find("annotation", encoding="application/x-tex")
    if source is not None:
        return f" \\({source.get_text().strip()}\\) "
    notes.count(FORMULAS)
    return f" {tag.get_text(' ', strip=True)} "


def _value(tag: Tag) -> str:
    """Return what a box of a form shows."""
    kind = str(tag.get("type", "text")).lower()
    if kind in ("checkbox", "radio"):
        return "[x]" if tag.has_attr("checked") else "[ ]"
    # An empty box shows what is to be put in.
    value = str(tag.get("value") or tag.get("placeholder", ""))
    return "" if kind in ("hidden", "password", "image", "file") else value


def _joined(pieces: list[str]) -> str:
    """Return the pieces as lines, with single spaces where they do not count."""
    written: list[str] = []
    plain: list[str] = []
    for piece in [*pieces, Raw()]:
        if isinstance(piece, Raw):
            lines = [SPACES.sub(" ", line).strip() for line in "".join(plain).split("\n")]
            written += ["\n".join(lines), piece]
            plain = []
        else:
            plain.append(piece)
    return "".join(written)
