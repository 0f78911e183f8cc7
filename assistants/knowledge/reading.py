"""A file becomes parts of text, and notes about what of it is left out: which kind it is, and what cannot be read.

The kind is told from the bytes as far as they tell it. Knows nothing about what becomes of the text.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from assistants.errors import InvalidInput
from assistants.knowledge.chunking import Part
from assistants.knowledge.cleaning import count_unseen
from assistants.knowledge.readers import Locked, encodings
from assistants.knowledge.readers.notes import Notes

MAX_CHARACTERS = 10_000_000
MAX_UNPACKED = 300 * 1024 * 1024
MAX_MEMBERS = 20_000

# What a file of Office is, by what it says that its main part is; templates and files with macros hold the same.
CONTENTS = "[Content_Types].xml"
OFFICE = {
    "docx": re.compile(rb"(?:wordprocessingml\.|ms-word\.)(?:document|template)[\w.]*\.main\+xml"),
    "pptx": re.compile(rb"(?:presentationml|ms-powerpoint)\.(?:presentation|slideshow|template)[\w.]*\.main\+xml"),
    "xlsx": re.compile(rb"(?:spreadsheetml|ms-excel)\.(?:sheet|template)[\w.]*\.main\+xml"),
}
TEXTS = {
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "table", ".tsv": "table", ".json": "json",
    ".jsonl": "json", ".ndjson": "json", ".rst": "text", ".log": "text", ".md": "marked", ".markdown": "marked",
    ".txt": "text", ".text": "text", "": "text",
}  # fmt: skip
# What Office kept files in before 2007, and keeps locked ones in: folders with names in UTF-16.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")
# Programs that read PDF look for its beginning in so many bytes.
PDF, PDF_BEGINS = b"%PDF-", 1024
# In the flags of a member of a zip: it is encrypted.
ENCRYPTED = 1

UNKNOWN_KIND = "{name} is of a kind that cannot be read. Send PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown, JSON or text."
OLD_KIND = "{name} is in an older Office format. Save it as DOCX, PPTX or XLSX."
BROKEN = "{name} is damaged and cannot be read."
LOCKED = "{name} is locked with a password. Save it without one."
BOMB = "{name} unpacks to more than {limit} MB, which no document needs."
NO_TEXT = "{name} holds no text. If it is a scan, run text recognition (OCR) on it first."
TOO_LONG = "{name} holds more than {limit} million characters. Split it."
INVISIBLE = "Invisible characters are left out ({count})."


@dataclass(frozen=True)
class Reading:
    """What was read: the parts, and a sentence (template and values) about everything that is left out or changed."""

    parts: tuple[Part, ...]
    notes: tuple[dict[str, Any], ...]


def kind_of(name: str, data: bytes) -> str:
    """Return how a file is to be read; raises ``InvalidInput`` for one that cannot be, before anything is unpacked."""
    if not data.strip():
        raise InvalidInput("file", "{name} is empty.", name=name)
    suffix = PurePath(name.lower()).suffix
    if PDF in data[:PDF_BEGINS] and (suffix == ".pdf" or data.lstrip(b"\xef\xbb\xbf\0 \t\r\n").startswith(PDF)):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(name, data)
    if data.startswith(COMPOUND):
        raise InvalidInput("file", LOCKED if LOCKED_OFFICE in data else OLD_KIND, name=name)
    kind = TEXTS.get(suffix)
    if kind is None or (b"\0" in data and not encodings.is_wide(data)):
        raise InvalidInput("file", UNKNOWN_KIND, name=name)
    return kind


def _zip_kind(name: str, data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            # zipfile unpacks no more of a member than it says here.
            if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
                raise InvalidInput("file", BOMB, name=name, limit=MAX_UNPACKED >> 20)
            if any(member.flag_bits & ENCRYPTED for member in members):
                raise InvalidInput("file", LOCKED, name=name)
            contents = archive.read(CONTENTS) if CONTENTS in archive.namelist() else b""
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, zlib.error):
        raise InvalidInput("file", BROKEN, name=name) from None
    kind = next((kind for kind, main in OFFICE.items() if main.search(contents)), None)
    if kind is None:
        raise InvalidInput("file", UNKNOWN_KIND, name=name)
    return kind


def read(name: str, data: bytes, charset: str = "") -> Reading:
    """Return what a file says; ``charset`` is what a server says of it. Raises ``InvalidInput`` for what is no text."""
    kind = kind_of(name, data)
    notes = Notes()
    parts: list[Part] = []
    length = 0
    try:
        for part in _parts(kind, name, data, charset, notes):
            length += len(part.text)
            if length > MAX_CHARACTERS:
                raise InvalidInput("file", TOO_LONG, name=name, limit=MAX_CHARACTERS // 1_000_000)
            parts.append(part)
    except InvalidInput:
        raise
    except Locked as error:
        raise InvalidInput("file", LOCKED, name=name) from error
    except Exception as error:
        raise InvalidInput("file", BROKEN, name=name) from error
    notes.count(INVISIBLE, sum(count_unseen(part.text) for part in parts))
    return Reading(tuple(parts), tuple(notes))


def _parts(kind: str, name: str, data: bytes, charset: str, notes: Notes) -> Iterator[Part]:
    """Read a file with the reader of its kind, the only one that is loaded."""
    if kind == "docx":
        from assistants.knowledge.readers import word

        yield from word.read(data, notes)
    elif kind == "xlsx":
        from assistants.knowledge.readers import sheets

        yield from sheets.read(data, notes)
    elif kind == "pptx":
        from assistants.knowledge.readers import slides

        yield from slides.read(data, notes)
    elif kind == "pdf":
        from assistants.knowledge.readers import portable

        yield from portable.read(data, notes)
    elif kind == "html":
        from assistants.knowledge.readers import pages

        yield from pages.read(encodings.decoded(data, notes, charset or pages.declared(data)), notes)
    elif kind == "table":
        from assistants.knowledge.readers import tables

        yield from tables.read(encodings.decoded(data, notes), notes)
    elif kind == "json":
        from assistants.knowledge.readers import structures

        yield from structures.read(name, encodings.decoded(data, notes), notes)
    elif kind == "marked":
        from assistants.knowledge.readers import marked

        yield from marked.read(encodings.decoded(data, notes), notes)
    else:
        yield Part(encodings.decoded(data, notes, charset))
