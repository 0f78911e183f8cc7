"""PowerPoint files: each slide with its notes, its boxes in the order in which they are read.

Boxes are kept in the order in which they were drawn; a reader goes from top to bottom and from left to right, column by
column where there are some. Knows nothing about how a slide looks.
"""

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pptx import Presentation

from assistants.knowledge.chunking import Part
from assistants.knowledge.readers import charts, maths, pages, word
from assistants.knowledge.readers.grids import Grid
from assistants.knowledge.readers.notes import Notes
from assistants.knowledge.readers.package import Package, choose, tag
from assistants.knowledge.readers.scripts import subscript, superscript

HIDDEN_SLIDES = "Hidden slides are left out: {names}."
# Placeholders: the title, what stands below every slide, and the number of the slide, which is said anyway.
TITLES, AROUND, NUMBER = ("title", "ctrTitle"), ("ftr", "dt", "hdr"), "sldNum"

Box = tuple[float, float, float, float]


def read(data: bytes, notes: Notes) -> Iterator[Part]:
    """Yield a part a slide, with its notes."""
    package = Package(data)
    _put_in_order(package)
    for number, slide in enumerate(Presentation(io.BytesIO(package.packed())).slides, 1):
        reader = _Slide(package, slide, notes)
        if slide._element.get("show") in ("0", "false"):
            notes.name(HIDDEN_SLIDES, f"{number} ({reader.title})" if reader.title else str(number))
            continue
        text = reader.text()
        yield Part(text or reader.title, reader.title or str(number))


def _put_in_order(package: Package) -> None:
    """Drop slides that lead to nothing, and keep the newer of alternatives."""
    tree, related = package.tree(package.main), package.related(package.main)
    for slide in list(tree.iter(tag("p:sldId"))):
        if slide.get(tag("r:id")) not in related:
            slide.getparent().remove(slide)
    package.put(package.main, tree)
    for name in [one.target for one in related.values() if one.kind == "slide"]:
        slide = package.tree(name)
        choose(slide)
        package.put(name, slide)


class _Slide:
    """Reads a slide."""

    def __init__(self, package: Package, slide: Any, notes: Notes) -> None:
        self._package = package
        self._slide = slide
        self._name = str(slide.part.partname).lstrip("/")
        self._related = package.related(self._name)
        self._notes = notes
        title = slide.shapes.title
        self.title = " ".join(_text(title._element).split()) if title is not None else ""

    def text(self) -> str:
        """Return what stands on the slide below its title, and its notes."""
        for name in self._package.others(self._name, "comments"):
            self._notes.count(word.COMMENTS, sum(1 for _ in self._package.tree(name).iter("{*}cm")))
        texts = [*self._texts(self._slide.shapes)]
        frame = self._slide.notes_slide.notes_text_frame if self._slide.has_notes_slide else None
        if frame is not None:
            texts.append(_text(frame._txBody))
        return "\n\n".join(filter(str.strip, texts))

    def _texts(self, shapes: Any) -> Iterator[str]:
        found = [(_box(shape), text) for shape in shapes if (text := self._shape(shape)).strip()]
        placed = [(box, text) for box, text in found if box is not None]
        yield from (text for box, text in found if box is None)
        yield from _in_order(placed)

    def _shape(self, shape: Any) -> str:
        """Return the text of a shape, or nothing where it is left out."""
        element = shape._element
        kind = next((one.get("type", "") for one in element.iterfind(f"*/*/{tag('p:ph')}")), "")
        if kind in TITLES or kind == NUMBER:
            return ""
        if next((one.get("hidden") for one in element.iterfind(f"*/{tag('p:cNvPr')}")), "0") in ("1", "true"):
            self._notes.count(pages.HIDDEN, int(bool(_text(element).strip())))
            return ""
        if kind in AROUND:
            if _text(element).strip():
                self._notes.name(word.HEADERS, _text(element))
            return ""
        if element.tag == tag("p:grpSp"):
            return "\n\n".join(self._texts(shape.shapes))
        if element.tag == tag("p:pic"):
            is_film = any(True for _ in element.iter(tag("a:videoFile"), tag("a:audioFile")))
            self._notes.count(pages.EMBEDDED_LEFT if is_film else pages.PICTURES_LEFT)
            return ""
        return self._frame(element) if element.tag == tag("p:graphicFrame") else _text(element)

    def _frame(self, element: Any) -> str:
        """Return a table, a chart or a diagram."""
        self._notes.count(word.EMBEDDED, sum(1 for _ in element.iter(tag("p:oleObj"))))
        tables = ["\n".join(_rows(table)) for table in element.iter(tag("a:tbl"))]
        drawn = ["\n".join(lines) for _, lines in charts.drawn(self._package, element, self._related, self._notes)]
        return "\n\n".join([*tables, *drawn])


def _rows(table: Any) -> Iterator[str]:
    grid = Grid()
    for row in table.iter(tag("a:tr")):
        grid.next_row()
        line = ""
        for cell in row.iterfind(tag("a:tc")):
            if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                continue
            text = " ".join(_text(cell).split())
            line += grid.next_cell(int(cell.get("gridSpan", 1))) + text
            grid.end_cell(text, int(cell.get("rowSpan", 1)))
        yield line + grid.merged()


def _text(element: Any) -> str:
    """Return the paragraphs of a shape or a cell."""
    numbers: dict[str, int] = {}
    return "\n".join(_paragraph(paragraph, numbers) for paragraph in element.iter(tag("a:p")))


def _paragraph(paragraph: Any, numbers: dict[str, int]) -> str:
    """Return a paragraph; ``numbers`` counts those that PowerPoint numbers, by their levels."""
    words = "".join(_piece(piece) for piece in paragraph)
    counted = paragraph.find(f"{tag('a:pPr')}/{tag('a:buAutoNum')}")
    if counted is None or not words.strip():
        if words.strip():
            numbers.clear()
        return words
    level = paragraph.find(tag("a:pPr")).get("lvl", "0")
    numbers[level] = numbers.get(level, int(counted.get("startAt", 1)) - 1) + 1
    return f"{numbers[level]}. {words}"


def _piece(piece: Any) -> str:
    if piece.tag == tag("a:br"):
        return "\n"
    if piece.tag not in (tag("a:r"), tag("a:fld")):
        return "".join(rf"\({maths.latex(formula)}\)" for formula in piece.iter(tag("m:oMath")))
    text = piece.findtext(tag("a:t")) or ""
    properties = piece.find(tag("a:rPr"))
    if properties is None or not text.strip():
        return text
    raised = properties.get("baseline", "0").rstrip("%")
    if raised not in ("", "0"):
        text = subscript(text) if raised.startswith("-") else superscript(text)
    return text if properties.get("strike", "noStrike") == "noStrike" else f"~~{text}~~"


def _box(shape: Any) -> Box | None:
    """Return the left, top, right and bottom of a shape; a placeholder may have them from its layout."""
    sizes = (shape.left, shape.top, shape.width, shape.height)
    if None in sizes:
        return None
    left, top, width, height = sizes
    return left, top, left + width, top + height


def _in_order(boxes: list[tuple[Box, str]]) -> Iterator[str]:
    """Yield texts as they are read: what the widest gap parts comes one after the other (recursive X-Y cut)."""
    if len(boxes) < 2:
        yield from (text for _, text in boxes)
        return
    gap_down, rows = _cut(boxes, 1)
    gap_across, columns = _cut(boxes, 0)
    parts = rows if gap_down >= gap_across else columns
    if parts is None:
        yield from (text for _, text in sorted(boxes, key=lambda one: (one[0][1], one[0][0])))
        return
    for part in parts:
        yield from _in_order(part)


def _cut(boxes: list[tuple[Box, str]], axis: int) -> tuple[float, list[list[tuple[Box, str]]] | None]:
    """Return the widest gap along an axis, below 0 where there is none, and the boxes before and behind it."""
    ordered = sorted(boxes, key=lambda one: one[0][axis])
    best, place, reach = -1.0, 0, ordered[0][0][axis + 2]
    for number, (before, after) in enumerate(pairwise(ordered), 1):
        reach = max(reach, before[0][axis + 2])
        if after[0][axis] - reach > best:
            best, place = after[0][axis] - reach, number
    return best, [ordered[:place], ordered[place:]] if place else None
