"""A file becomes parts of text: which kind it is, what cannot be read, and the kinds that are text themselves.

The kind is told from the bytes as far as they tell it. Knows nothing about what becomes of the text.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from assistants.errors import InvalidInput
from assistants.knowledge.chunking import Part

MAX_CHARACTERS = 10_000_000
MAX_UNPACKED = 300 * 1024 * 1024
MAX_MEMBERS = 20_000
MAX_DEPTH = 100

# What a zip file is, by one that it must hold.
OFFICE = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
TEXTS = {
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "table", ".tsv": "table", ".json": "json",
    ".jsonl": "json", ".rst": "text", ".log": "text", ".md": "text", ".markdown": "text", ".txt": "text",
    ".text": "text", "": "text",
}  # fmt: skip
QUESTIONS = ("question", "questions", "q", "问题", "问", "提问", "标准问")
ANSWERS = ("answer", "answers", "a", "reply", "response", "答案", "答", "回答", "回复")

UNKNOWN_KIND = "{name} is of a kind that cannot be read. Send PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown, JSON or text."
BROKEN = "{name} is damaged or locked and cannot be read."
BOMB = "{name} unpacks to more than {limit} MB, which no document needs."
NO_TEXT = "{name} holds no text. If it is a scan, run text recognition (OCR) on it first."
TOO_LONG = "{name} holds more than {limit} million characters. Split it."


def kind_of(name: str, data: bytes) -> str:
    """Return how a file is to be read; raises ``InvalidInput`` for one that cannot be, before anything is unpacked."""
    if not data.strip():
        raise InvalidInput("file", "{name} is empty.", name=name)
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(name, data)
    kind = TEXTS.get(PurePath(name.lower()).suffix)
    if kind is None or (b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise InvalidInput("file", UNKNOWN_KIND, name=name)
    return kind


def _zip_kind(name: str, data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise InvalidInput("file", BROKEN, name=name) from None
    kind = next((OFFICE[member.filename] for member in members if member.filename in OFFICE), None)
    if kind is None:
        raise InvalidInput("file", UNKNOWN_KIND, name=name)
    # zipfile unpacks no more of a member than it says here.
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise InvalidInput("file", BOMB, name=name, limit=MAX_UNPACKED >> 20)
    return kind


def read(name: str, data: bytes) -> Iterator[Part]:
    """Yield the parts of a file as they are read; raises ``InvalidInput`` for what cannot be."""
    kind = kind_of(name, data)
    length = 0
    try:
        for part in _parts(kind, data):
            length += len(part.text)
            if length > MAX_CHARACTERS:
                raise InvalidInput("file", TOO_LONG, name=name, limit=MAX_CHARACTERS // 1_000_000)
            yield part
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput("file", BROKEN, name=name) from error


def _parts(kind: str, data: bytes) -> Iterator[Part]:
    if kind in ("docx", "pptx", "xlsx", "pdf"):
        from assistants.knowledge import office

        yield from office.READERS[kind](io.BytesIO(data))
        return
    text = decoded(data)
    if kind == "html":
        from assistants.knowledge.pages import page

        yield Part(page(text))
    elif kind == "table":
        yield from table(list(csv.reader(io.StringIO(text, newline=""), _dialect(text))))
    elif kind == "json":
        yield from structure(_json(text))
    else:
        yield Part(text)


def decoded(data: bytes) -> str:
    """Return the text of ``data``: UTF-8, UTF-16 with its mark, GB18030 where that is likely, or a guess."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if _is_gb18030(data):
        return data.decode("gb18030", "replace")
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return str(best) if best else data.decode("cp1252", "replace")


def _is_gb18030(data: bytes) -> bool:
    """Say whether most of what is not ASCII are the everyday characters of the Chinese standard, by their bytes."""
    text = data[: 1 << 20].decode("gb18030", "ignore")
    foreign = [character for character in text if not character.isascii()]
    common = 0
    for character in foreign:
        raw = character.encode("gb18030")
        common += len(raw) == 2 and 0xA1 <= raw[0] <= 0xD7 and raw[1] >= 0xA1
    return len(foreign) > 0 and common / len(foreign) > 0.8


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        return csv.excel


def table(rows: list[list[str]], heading: str = "") -> Iterator[Part]:
    """Yield the rows of a table: an entry each where it has columns of questions and answers, else as lines."""
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return
    names, question, answer = rows[0], _column(rows[0], QUESTIONS), _column(rows[0], ANSWERS)
    if question is not None and answer is not None:
        for row in rows[1:]:
            if max(question, answer) < len(row) and row[question] and row[answer]:
                yield Part(row[answer], heading, row[question])
        return
    for row in rows[1:] or rows:
        cells = [f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell]
        yield Part("; ".join(cells if len(rows) > 1 else row), heading)


def _column(names: list[str], known: tuple[str, ...]) -> int | None:
    return next((place for place, name in enumerate(names) if name.casefold().strip() in known), None)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def structure(data: Any, path: str = "", depth: int = 0) -> Iterator[Part]:
    """Yield what JSON holds: an entry where an object has a question and an answer, else a part for each object."""
    if isinstance(data, list):
        for item in data:
            yield from structure(item, path, depth + 1)
    elif not isinstance(data, dict):
        yield Part(_plain(data), path)
    else:
        lowered = {str(key).casefold(): value for key, value in data.items()}
        question = next((lowered[key] for key in QUESTIONS if isinstance(lowered.get(key), str)), None)
        answer = next((lowered[key] for key in ANSWERS if isinstance(lowered.get(key), str)), None)
        if question and answer:
            yield Part(answer, path, question)
            return
        nested = {key: value for key, value in data.items() if isinstance(value, dict | list)}
        lines = [f"{key}: {_plain(value)}" for key, value in data.items() if key not in nested]
        if lines:
            yield Part("\n".join(lines), path)
        if depth < MAX_DEPTH:
            for key, value in nested.items():
                yield from structure(value, f"{path} > {key}" if path else str(key), depth + 1)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
