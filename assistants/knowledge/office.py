"""Word, PowerPoint, Excel and PDF files as parts of text: headings as lines with #, table rows as lines of cells.

Knows the libraries that read them; knows nothing about what becomes of the text. Their sizes were checked before.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from assistants.knowledge.chunking import Part


def pptx(file: BinaryIO) -> Iterator[Part]:
    """Yield a part a slide, with its notes."""
    from pptx import Presentation

    for number, slide in enumerate(Presentation(file).slides, 1):
        title = slide.shapes.title.text_frame.text.strip() if slide.shapes.title is not None else ""
        texts: list[str] = []
        for shape in slide.shapes:
            if shape.has_text_frame and shape != slide.shapes.title:
                texts.append(shape.text_frame.text)
            elif getattr(shape, "has_table", False):
                rows = [[cell.text.strip() for cell in row.cells] for row in shape.table.rows]
                texts.append("\n".join(" | ".join(filter(None, row)) for row in rows))
        if slide.has_notes_slide:
            texts.append(slide.notes_slide.notes_text_frame.text)
        text = "\n\n".join(filter(str.strip, texts))
        yield Part(text or title, title or str(number))


def pdf(file: BinaryIO) -> Iterator[Part]:
    """Yield a part a page, below its number."""
    from pypdf import PdfReader

    for number, page in enumerate(PdfReader(file).pages, 1):
        yield Part(page.extract_text(), f"p. {number}")


READERS: dict[str, Callable[[BinaryIO], Iterator[Part]]] = {"pptx": pptx, "pdf": pdf}
