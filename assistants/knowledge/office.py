"""Word, PowerPoint, Excel and PDF files as parts of text: headings as lines with #, table rows as lines of cells.

Knows the libraries that read them; knows nothing about what becomes of the text. Their sizes were checked before.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from assistants.knowledge.chunking import Part


def pdf(file: BinaryIO) -> Iterator[Part]:
    """Yield a part a page, below its number."""
    from pypdf import PdfReader

    for number, page in enumerate(PdfReader(file).pages, 1):
        yield Part(page.extract_text(), f"p. {number}")


READERS: dict[str, Callable[[BinaryIO], Iterator[Part]]] = {"pdf": pdf}
