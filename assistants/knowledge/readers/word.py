"""Word files: put in order, and read by mammoth, so that nothing is left out but what is said.

What libraries leave out quietly is made into what they read: text boxes, fields, moved and wrapped text, charts,
diagrams, titles, headings by their level, formulas. What readers of the file do not see goes: hidden and deleted text.
Write has pandoc read what is put in order.
"""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from assistants.knowledge.chunking import Part
from assistants.knowledge.readers import charts, maths, pages
from assistants.knowledge.readers.notes import Notes
from assistants.knowledge.readers.package import SPACES, Package, choose, tag, unwrap
from assistants.knowledge.readers.styles import Styles, is_on

# Text that is wrapped into something else is what it is without it.
WRAPPERS = ("moveTo", "ins", "customXml", "smartTag", "fldSimple", "dir", "bdo", "sdt", "sdtContent")
# Half points of a size; what is smaller cannot be read.
SMALLEST = 3
LONGEST_HEADER = 60
OURS = "studio-"
# How mammoth leads from a note back to where it is of.
BACKLINK = re.compile(rf' ?<a href="#{OURS}(?:foot|end)note-ref-[^"]*">↑</a>')

HIDDEN = pages.HIDDEN
DELETED = "Deleted text (tracked changes) is left out ({count})."
COMMENTS = "Comments are left out ({count})."
HEADERS = "Headers and footers are left out: {names}."
EMBEDDED = "Embedded files are left out ({count})."
NUMBERS = "Automatic numbers of headings are left out ({count})."


def read(data: bytes, notes: Notes) -> Iterator[Part]:
    """Yield the text of a Word file."""
    import mammoth

    file = io.BytesIO(ordered(data, notes, _reduce))
    # A file may bring a map of styles with it, by which mammoth would leave out what it names.
    html = mammoth.convert_to_html(file, include_embedded_style_map=False, id_prefix=OURS).value
    yield from pages.read(BACKLINK.sub("", html), notes)


def ordered(data: bytes, notes: Notes, reduce: Callable[[Any, Notes], None] = lambda *_: None) -> bytes:
    """Return a Word file in which a library finds all that a reader sees, and nothing else.

    ``reduce`` changes each part of it further.
    """
    package = Package(data)
    styles = Styles(package)
    notes_parts = package.others(package.main, "footnotes", "endnotes")
    for name in (package.main, *notes_parts):
        tree = package.tree(name)
        _Order(package, name, styles, notes).put(tree)
        reduce(tree, notes)
        package.put(name, tree)
    for name in package.others(package.main, "comments"):
        notes.count(COMMENTS, len(package.tree(name).findall("w:comment", SPACES)))
    for name in package.others(package.main, "header", "footer"):
        words = "".join(package.tree(name).itertext(tag("w:t"))).strip()
        # A number of a page is none.
        if words and not words.isdigit():
            notes.name(HEADERS, words[:LONGEST_HEADER])
    styles.put(package)
    return package.packed()


class _Order:
    """Puts a part of a Word file in order."""

    def __init__(self, package: Package, name: str, styles: Styles, notes: Notes) -> None:
        self._package, self._name = package, name
        self._related = package.related(name)
        self._styles = styles
        self._notes = notes

    def put(self, tree: Any) -> None:
        """Change ``tree`` in place."""
        choose(tree)
        self._drop_dangling(tree)
        self._leave_out(tree)
        self._put_text(tree)
        _take_out_boxes(tree)
        for name in WRAPPERS:
            for element in list(tree.iter(tag(f"w:{name}"))):
                unwrap(element)
        for paragraph in tree.iter(tag("w:p")):
            self._put_heading(paragraph)

    def _drop_dangling(self, tree: Any) -> None:
        """Take out what refers to a relation or a note that is not there, which other readers do not forgive."""
        known = self._package.ids(self._name)
        for link in list(tree.iter(tag("w:hyperlink"))):
            if link.get(tag("r:id"), "") not in known:
                link.attrib.pop(tag("r:id"), None)
                if not link.get(tag("w:anchor")):
                    unwrap(link)
        for kind in ("footnote", "endnote"):
            parts = (self._package.tree(name) for name in self._package.others(self._package.main, f"{kind}s"))
            ids = {note.get(tag("w:id")) for part in parts for note in part.iter(tag(f"w:{kind}"))}
            for reference in list(tree.iter(tag(f"w:{kind}Reference"))):
                if reference.get(tag("w:id")) not in ids:
                    reference.getparent().remove(reference)

    def _leave_out(self, tree: Any) -> None:
        """Take out what was deleted, moved away or hidden."""
        gone = [*tree.iter(tag("w:del"), tag("w:moveFrom"))]
        self._notes.count(DELETED, sum(bool("".join(one.itertext(tag("w:delText"), tag("w:t")))) for one in gone))
        rows = [*tree.iter(tag("w:tr"))]
        deleted = [row for row in rows if row.find("w:trPr/w:del", SPACES) is not None]
        self._notes.count(DELETED, len(deleted))
        hidden = [row for row in rows if is_on(row.find("w:trPr/w:hidden", SPACES))]
        runs = [run for run in tree.iter(tag("w:r")) if self._is_hidden(run)]
        paragraphs = {one.getparent() for one in runs if "".join(one.itertext(tag("w:t"), tag("w:delText"))).strip()}
        self._notes.count(HIDDEN, len(hidden) + len(paragraphs))
        for element in (*gone, *deleted, *hidden, *runs):
            if (parent := element.getparent()) is not None:
                parent.remove(element)

    def _is_hidden(self, run: Any) -> bool:
        paragraph = next(run.iterancestors(tag("w:p")), None)
        if self._styles.hides(run, paragraph):
            return True
        size = run.find("w:rPr/w:sz", SPACES)
        return size is not None and size.get(tag("w:val"), "").isdigit() and int(size.get(tag("w:val"))) < SMALLEST

    def _put_text(self, tree: Any) -> None:
        """Put text in place of charts, diagrams and ruby, and say what else is embedded."""
        for element, lines in charts.drawn(self._package, tree, self._related, self._notes):
            drawing = next(element.iterancestors(tag("w:drawing"), tag("w:pict")), None)
            if drawing is not None and drawing.getparent() is not None:
                _write(drawing, lines)
        for field in list(tree.iter(tag("w:ddList"), tag("w:checkBox"))):
            _choose(field)
        # What is ticked stands there now.
        for code in tree.iter(tag("w:instrText")):
            code.text = (code.text or "").replace("FORMCHECKBOX", "")
        for ruby in list(tree.iter(tag("w:ruby"))):
            base, above = ("".join(ruby.find(f"w:{name}", SPACES).itertext(tag("w:t"))) for name in ("rubyBase", "rt"))
            _write(ruby, [f"{base}({above})"])
        self._notes.count(EMBEDDED, len([*tree.iter(tag("o:OLEObject"), tag("w:altChunk"))]))

    def _put_heading(self, paragraph: Any) -> None:
        """Give a heading the style of its level, and a line that pandoc keeps apart none."""
        level, is_apart = self._styles.heading(paragraph)
        properties = paragraph.find("w:pPr", SPACES)
        style = properties.find("w:pStyle", SPACES) if properties is not None else None
        if level:
            if self._styles.is_numbered(paragraph):
                self._notes.count(NUMBERS)
            if properties is None:
                properties = etree.Element(tag("w:pPr"))
                paragraph.insert(0, properties)
            for old in properties.findall("w:pStyle", SPACES) + properties.findall("w:numPr", SPACES):
                properties.remove(old)
            etree.SubElement(properties, tag("w:pStyle")).set(tag("w:val"), self._styles.of_level(level))
        elif is_apart and style is not None:
            properties.remove(style)


def _choose(field: Any) -> None:
    """Write what is chosen in a list or a box of an old form before it, for it stands nowhere else."""
    begin = next(field.iterancestors(tag("w:r")), None)
    is_box = field.tag == tag("w:checkBox")
    entries = (
        ["[ ] ", "[x] "] if is_box else [entry.get(tag("w:val"), "") for entry in field.iterfind("w:listEntry", SPACES)]
    )
    # What was chosen goes before what is chosen at first.
    found = next(field.iter(tag("w:checked" if is_box else "w:result")), None)
    found = found if found is not None else next(field.iter(tag("w:default")), None)
    chosen = found.get(tag("w:val"), "1") if found is not None else "0"
    chosen = str(int(is_on(found))) if is_box else chosen
    if begin is not None and chosen.isdigit() and int(chosen) < len(entries):
        run = etree.Element(tag("w:r"))
        text = etree.SubElement(run, tag("w:t"))
        text.text = entries[int(chosen)]
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        begin.addprevious(run)


def _reduce(tree: Any, notes: Notes) -> None:
    """Write formulas as LaTeX and take out pictures, which mammoth does not do."""
    for formula in list(tree.iter(tag("m:oMath"))):
        if next(formula.iterancestors(tag("m:oMath")), None) is None:
            run = etree.Element(tag("w:r"))
            etree.SubElement(run, tag("w:t")).text = rf"\({maths.latex(formula)}\)"
            formula.getparent().replace(formula, run)
    for paragraph in list(tree.iter(tag("m:oMathPara"))):
        unwrap(paragraph)
    for drawing in list(tree.iter(tag("w:drawing"), tag("w:pict"), tag("w:object"))):
        notes.count(pages.PICTURES_LEFT, len([*drawing.iter(tag("pic:pic"), tag("v:imagedata"))]))
        drawing.getparent().remove(drawing)


def _take_out_boxes(tree: Any) -> None:
    """Put what is in text boxes behind the paragraphs in which they are anchored."""
    last: dict[Any, Any] = {}
    for box in list(tree.iter(tag("w:txbxContent"))):
        paragraph = next(box.iterancestors(tag("w:p")), None)
        if paragraph is None:
            continue
        for block in list(box):
            last.get(paragraph, paragraph).addnext(block)
            last[paragraph] = block


def _write(element: Any, lines: list[str]) -> None:
    """Put lines of text in the place of something within a run."""
    parent, place = element.getparent(), element.getparent().index(element)
    written: list[Any] = []
    for line in lines:
        written += [etree.Element(tag("w:br")), etree.Element(tag("w:t"))]
        written[-1].text = line
    parent[place : place + 1] = written[1:] if len(lines) == 1 else written
