"""PDF files, read by PDFium: a part a page, with its headings and what is filled into its forms.

A scan is read as far as text recognition has put its text behind the picture. Knows nothing about how lines become
text, which ``lines`` does; and not whether a text has the colour of what is behind it.
"""

import ctypes
import math
import threading
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from assistants.knowledge.chunking import Part
from assistants.knowledge.headings import headings
from assistants.knowledge.readers import Locked, pages, word
from assistants.knowledge.readers.lines import Layout, Line
from assistants.knowledge.readers.notes import Notes

# PDFium does one thing at a time in a process.
LOCK = threading.Lock()
# Points; what is smaller cannot be read.
SMALLEST = 1.5
# What is a comment's window, or leads elsewhere: what they say stands in the comment or on the page.
BESIDE = (pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_LINK)
UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
TICKED = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
FILLED = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
XFA = (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND)

PAGES = "Pages without text are left out: {names}. If they are scans, run text recognition (OCR) on them first."
DYNAMIC = "What is filled into this form (XFA) is left out. Print it to PDF to have it read."


def read(data: bytes, notes: Notes) -> Iterator[Part]:
    """Yield the pages of a PDF file; raises ``Locked`` for one with a password."""
    with LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == pdfium.FPDF_ERR_PASSWORD:
                raise Locked from error
            raise
        try:
            document.init_forms()
            yield from _pages(document, notes)
        finally:
            document.close()


def _pages(document: Any, notes: Notes) -> Iterator[Part]:
    notes.count(word.EMBEDDED, pdfium.FPDFDoc_GetAttachmentCount(document))
    if document.get_formtype() in XFA:
        notes.say(DYNAMIC)
    found = [_page(document, document[number], notes) for number in range(len(document))]
    layout = Layout([lines for lines, _ in found])
    path: dict[int, str] = {}
    for number, (lines, filled) in enumerate(found, 1):
        text = "\n\n".join(filter(None, (layout.text(lines), *filled)))
        if not text.strip():
            notes.name(PAGES, str(number))
        # A section goes on behind the end of a page.
        first = next((heading.start for heading in headings(text)), len(text))
        yield Part(text[:first], " > ".join((f"p. {number}", *path.values())))
        yield Part(text[first:], f"p. {number}")
        for heading in headings(text):
            path = {level: title for level, title in path.items() if level < heading.level}
            path[heading.level] = heading.title


def _page(document: Any, page: Any, notes: Notes) -> tuple[list[Line], list[str]]:
    """Return the lines of a page, and what its forms and notes say."""
    text = page.get_textpage()
    try:
        lines = [*_lines(page, text, notes)]
    finally:
        text.close()
    filled = [*_annotations(document, page, notes)]
    notes.count(pages.PICTURES_LEFT, sum(1 for _ in page.get_objects([pdfium.FPDF_PAGEOBJ_IMAGE])) if lines else 0)
    page.close()
    return lines, filled


def _lines(page: Any, text: Any, notes: Notes) -> Iterator[Line]:
    words = text.get_text_range()
    left, bottom, right, top = page.get_cropbox()
    # Where a sign is two for PDFium and one here, no place is known, and so no size.
    is_placed = len(words) == text.count_chars()
    place = 0
    for line in words.split("\n"):
        begin, end = place + len(line) - len(line.lstrip()), place + len(line.rstrip()) - 1
        place += len(line) + 1
        if not line.strip():
            continue
        if not is_placed:
            yield Line(line.strip(), 0, 0, 0)
            continue
        box, size = text.get_charbox(begin, loose=True), _size(text, begin)
        if size < SMALLEST or box[2] < left or box[0] > right or box[3] < bottom or box[1] > top:
            notes.count(pages.HIDDEN)
        else:
            yield Line(line.strip(), size, box[0], text.get_charbox(end, loose=True)[2])


def _size(text: Any, place: int) -> float:
    """Return the height of a sign in points: that of its font, as the page makes it larger or smaller."""
    matrix = pdfium.FS_MATRIX()
    size = pdfium.FPDFText_GetFontSize(text, place)
    is_known = pdfium.FPDFText_GetMatrix(text, place, matrix)
    return size * math.hypot(matrix.c, matrix.d) if is_known and size else SMALLEST


def _annotations(document: Any, page: Any, notes: Notes) -> Iterator[str]:
    """Yield what is filled in and written upon a page; comments, stamps among them, and what is hidden are counted."""
    for place in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, place)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            contents = _string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
            is_hidden = pdfium.FPDFAnnot_GetFlags(annotation) & UNSEEN
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                filled, is_secret = _field(document.formenv, annotation) if document.formenv else ("", False)
                if is_hidden or is_secret:
                    notes.count(pages.HIDDEN, int(bool(filled)))
                else:
                    yield filled
            elif kind != pdfium.FPDF_ANNOT_FREETEXT:
                notes.count(word.COMMENTS, int(bool(contents) and kind not in BESIDE))
            elif is_hidden:
                notes.count(pages.HIDDEN, int(bool(contents)))
            else:
                yield contents
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _field(form: Any, annotation: Any) -> tuple[str, bool]:
    """Return the name of a field of a form and what is in it, or nothing where it is empty; and if it is a secret."""
    is_secret = False
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in TICKED:
        value = _string(pdfium.FPDFAnnot_GetFormFieldExportValue, form, annotation)
        value = (value or "x") if pdfium.FPDFAnnot_IsChecked(form, annotation) else ""
    elif kind in FILLED:
        is_secret = pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & pdfium.FPDF_FORMFLAG_TEXT_PASSWORD
        is_secret = bool(is_secret) and kind == pdfium.FPDF_FORMFIELD_TEXTFIELD
        value = _chosen(form, annotation) or _string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    else:
        value = ""
    name = _string(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
    name = name or _string(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
    return f"{name}: {value}" if name and value else value, is_secret


def _chosen(form: Any, annotation: Any) -> str:
    """Return the options of a list that are chosen, as the form shows them; nothing for other fields."""
    places = range(max(0, pdfium.FPDFAnnot_GetOptionCount(form, annotation)))
    chosen = [place for place in places if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, place)]
    return ", ".join(_string(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, place) for place in chosen)


def _string(function: Any, *arguments: Any) -> str:
    """Return what a function of PDFium writes into a buffer as UTF-16 that ends with a zero."""
    length = function(*arguments, None, 0)
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return buffer.raw[: length - 2].decode("utf-16-le", "replace")
