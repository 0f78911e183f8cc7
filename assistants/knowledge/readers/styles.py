"""The styles of a Word file: which paragraphs are headings, of which level, and what a style hides.

A style takes from the one that it is based on what it does not say itself. Knows nothing about the text.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from assistants.knowledge.readers.package import SPACES, Package, tag

HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
# What pandoc takes for facts about the document, and leaves out of its text.
APART = ("subtitle", "author", "date", "abstract", "abstract title")
# Markdown and HTML have no more.
LEVELS = 6
# Levels of an outline are counted from 0; this one is that of plain text.
PLAIN = 9
OURS = "StudioHeading"


def is_on(toggle: Any) -> bool:
    """Say whether a property is there that is on or off, and is on."""
    return toggle is not None and toggle.get(tag("w:val"), "1") not in ("0", "false", "off", "none")


class Styles:
    """The styles by their ids."""

    def __init__(self, package: Package) -> None:
        self._name = next(iter(package.others(package.main, "styles")), None)
        self._tree = package.tree(self._name) if self._name else None
        styles = self._tree.iterfind("w:style", SPACES) if self._tree is not None else []
        self._styles = {style.get(tag("w:styleId")): style for style in styles}

    def _chain(self, style: str | None) -> Iterator[Any]:
        """Yield a style and those that it is based on, each once."""
        seen: set[str | None] = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield self._styles[style]
            based = self._styles[style].find("w:basedOn", SPACES)
            style = based.get(tag("w:val")) if based is not None else None

    def _first(self, style: str | None, path: str) -> Any:
        found = (one.find(path, SPACES) for one in self._chain(style))
        return next((one for one in found if one is not None), None)

    def hides(self, run: Any, paragraph: Any) -> bool:
        """Say whether a run is hidden, by itself or by a style."""
        own = run.find("w:rPr/w:vanish", SPACES)
        if own is None:
            own = self._first(_value(run, "w:rPr/w:rStyle"), "w:rPr/w:vanish")
        if own is None and paragraph is not None:
            own = self._first(_value(paragraph, "w:pPr/w:pStyle"), "w:rPr/w:vanish")
        return is_on(own)

    def heading(self, paragraph: Any) -> tuple[int, bool]:
        """Return the level of a heading, 0 for what is none, and whether pandoc would keep it out of the text."""
        style = _value(paragraph, "w:pPr/w:pStyle")
        names = [_value(one, "w:name").lower() for one in self._chain(style)]
        outline = paragraph.find("w:pPr/w:outlineLvl", SPACES)
        outline = outline if outline is not None else self._first(style, "w:pPr/w:outlineLvl")
        level = int(outline.get(tag("w:val"), PLAIN)) + 1 if outline is not None else 0
        if not 1 <= level <= PLAIN:
            level = next((int(found[1]) for name in names if (found := HEADING.fullmatch(name))), 0)
        if names[:1] == ["title"]:
            level = 1
        return min(level, LEVELS), names[:1] != [] and names[0] in APART

    def is_numbered(self, paragraph: Any) -> bool:
        """Say whether Word counts a paragraph; the number 0 takes it off."""
        own = paragraph.find("w:pPr/w:numPr/w:numId", SPACES)
        own = own if own is not None else self._first(_value(paragraph, "w:pPr/w:pStyle"), "w:pPr/w:numPr/w:numId")
        return own is not None and own.get(tag("w:val")) != "0"

    def of_level(self, level: int) -> str:
        """Return the id of the style of headings of a level, which is made where it is missing."""
        name = f"{OURS}{level}"
        if name not in self._styles and self._tree is not None:
            style = etree.SubElement(self._tree, tag("w:style"))
            style.set(tag("w:type"), "paragraph")
            style.set(tag("w:styleId"), name)
            etree.SubElement(style, tag("w:name")).set(tag("w:val"), f"heading {level}")
            self._styles[name] = style
        return name

    def put(self, package: Package) -> None:
        """Keep what was made."""
        if self._name:
            package.put(self._name, self._tree)


def _value(element: Any, path: str) -> str:
    found = element.find(path, SPACES)
    return found.get(tag("w:val"), "") if found is not None else ""
