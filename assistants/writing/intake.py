"""A file as Markdown that a person writes on with, and what of the file does not come along.

Pandoc reads Word files that ``knowledge.readers.word`` has put in order. Tables of Markdown have cells of one line:
what a Word table has beyond that is written into them. Runs in a child (``bounded``), pandoc beside it; knows nothing
about drafts.
"""

import io
import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

from assistants import provenance
from assistants.errors import InvalidInput
from assistants.knowledge import reading
from assistants.knowledge.headings import headings
from assistants.knowledge.readers import encodings, marked, word
from assistants.knowledge.readers.notes import Notes
from assistants.store.documents import Document, Section, count, new_document, new_section

# What a file of words unpacks to.
MAX_UNPACKED = 50 * 1024 * 1024
MAX_ENTRIES = 2000
# A picture inside a Word file.
INSIDE = re.compile(r"!\[([^\]]*)\]\(media/[^)]*\)")

# What front matter calls the title.
TITLE = re.compile(r"title[ \t]*[:=][ \t]*([^\[{|>\s].*)", re.IGNORECASE)
# A longer one is a paragraph.
MAX_HEADING = 300

NO_WORD = "{field} is no Word file, or is damaged."
UNPACKED = "{field} unpacks to more than {limit} MB."
LEVELS = "Lower-level headings become section headings ({count})."
PICTURES = "Pictures do not come along ({count}); their descriptions stand in their places."
MERGED = "Merged table cells are split, and the extra cells are empty ({count})."
NESTED = "Tables inside table cells become lines of text ({count})."

Node = dict[str, Any]
BREAK: Node = {"t": "RawInline", "c": ["gfm", "<br>"]}
PLAIN_COLUMN = [{"t": "AlignDefault"}, {"t": "ColWidthDefault"}]


def split(text: str, notes: Notes) -> Document:
    """Return a Markdown text as a document: a first heading of the first rank is its title, the others its sections.

    Front matter stays as it is, above the text; what it calls the title is one where there is no other.
    """
    front = marked.front_matter(text)
    before = front[0].strip() if front else ""
    text = text[front.end() :] if front else text
    named = next(filter(None, map(TITLE.fullmatch, before.splitlines())), None)
    title, start = named[1].strip("\"' ") if named else "", 0
    found = [heading for heading in headings(text) if len(heading.title) <= MAX_HEADING]
    if found and found[0].level == 1 and not text[: found[0].start].strip():
        first = found.pop(0)
        title, start = first.title, first.end
    notes.count(LEVELS, sum(heading.level > 2 for heading in found))
    ends = [*(heading.start for heading in found), len(text)]
    sections = [_section("", f"{before}\n\n{text[start : ends[0]]}")]
    sections += [_section(one.title, text[one.end : end]) for one, end in zip(found, ends[1:], strict=True)]
    if not sections[0]["text"]:
        sections.pop(0)
    return new_document(title=title[:MAX_HEADING], sections=tuple(sections))


def _section(heading: str, body: str) -> Section:
    return new_section(heading, None, "", re.sub(r"\n{3,}", "\n\n", body.strip()))


def word_in_order(name: str, content: bytes) -> dict[str, Any]:
    """Return the ``data``, in base64, of a Word file in which pandoc finds all that a reader sees, and ``notes``."""
    notes = Notes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise InvalidInput("file", UNPACKED, limit=MAX_UNPACKED // 2**20)
            if reading.kind_of(name, content) != "docx":
                raise InvalidInput("file", NO_WORD)
            _check_sizes(archive, entries)
        return {"data": b64encode(word.ordered(content, notes)).decode(), "notes": list(notes)}
    except InvalidInput as error:
        if error.template == reading.UNKNOWN_KIND:
            raise InvalidInput("file", NO_WORD) from error
        raise
    except Exception as error:
        if content.startswith(reading.COMPOUND):
            reading.kind_of(name, content)
        raise InvalidInput("file", NO_WORD) from error


def _check_sizes(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Unpack what the archive says it holds, piece by piece: a bomb says less than it is."""
    left = MAX_UNPACKED
    for entry in entries:
        with archive.open(entry) as file:
            while piece := file.read(1 << 16):
                left -= len(piece)
                if left < 0:
                    raise InvalidInput("file", UNPACKED, limit=MAX_UNPACKED // 2**20)


def reduced(tree: str) -> dict[str, Any]:
    """Return pandoc's ``tree`` of a Word file with no more than Markdown has, as JSON, and ``notes``."""
    notes, whole = Notes(), json.loads(tree)
    whole["blocks"] = _reduced(whole["blocks"], notes)
    return {"tree": json.dumps(whole), "notes": list(notes)}


def from_word(text: str) -> dict[str, Any]:
    """Return what ``plain`` does of the Markdown that pandoc made of a Word file."""
    notes = Notes()
    text, pictures = INSIDE.subn(r"\1", text)
    notes.count(PICTURES, pictures)
    return _drafted(text, notes)


def plain(content: bytes) -> dict[str, Any]:
    """Return the ``document`` that a file of text is, its ``language``, and ``notes`` about what did not come along."""
    if b"\0" in content and not encodings.is_wide(content):
        raise InvalidInput("file", "{field} is no text.")
    notes = Notes()
    text = encodings.decoded(content, notes).replace("\r\n", "\n").replace("\r", "\n")
    return _drafted(text, notes)


def _drafted(text: str, notes: Notes) -> dict[str, Any]:
    is_chinese = len(re.findall("[\u4e00-\u9fff]", text)) * 3 > count(text)
    document = split(provenance.unlabelled(text), notes)
    return {"document": document, "language": "zh" if is_chinese else "en", "notes": list(notes)}


def _reduced(node: Any, notes: Notes) -> Any:
    """Return a piece of a document with tables of plain cells, and formulas between dollars as people write them."""
    if isinstance(node, list):
        return [_reduced(one, notes) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("t") == "Math":
        sign = "$$" if node["c"][0]["t"] == "DisplayMath" else "$"
        return {"t": "RawInline", "c": ["gfm", f"{sign}{node['c'][1].strip()}{sign}"]}
    node = {name: _reduced(value, notes) for name, value in node.items()}
    return _table(node, notes) if node.get("t") == "Table" else node


def _table(table: Node, notes: Notes) -> Node:
    attributes, caption, columns, head, bodies, foot = table["c"]
    width = len(columns)
    grids = [head[1], *(rows for body in bodies for rows in body[2:]), foot[1]]
    merged: dict[int, int] = {}
    for row in (row for rows in grids for row in rows):
        row[1] = _row(row[1], width, merged, notes)
    # A table has one head; other rows of it are rows.
    body = [["", [], []], 0, [], [*head[1][1:], *(row for rows in grids[1:] for row in rows)]]
    head[1] = head[1][:1]
    columns = [[column[0], PLAIN_COLUMN[1]] for column in columns]
    return {"t": "Table", "c": [attributes, caption, columns, head, [body], [foot[0], []]]}


def _row(cells: list[Any], width: int, merged: dict[int, int], notes: Notes) -> list[Any]:
    """Return a row of as many cells as there are columns; ``merged`` says by column how many rows more one covers."""
    row: list[Any] = []
    waiting = iter(cells)
    while len(row) < width:
        if merged.get(len(row), 0) > 0:
            merged[len(row)] -= 1
            row.append(_cell([]))
        elif (cell := next(waiting, None)) is None:
            row.append(_cell([]))
        else:
            _, _, rows, columns, blocks = cell
            notes.count(MERGED, int(rows > 1 or columns > 1))
            for place in range(len(row), min(len(row) + columns, width)):
                merged[place] = rows - 1
            row += [_cell(_line(blocks, notes)), *(_cell([]) for _ in range(columns - 1))]
    return row[:width]


def _cell(inlines: list[Node]) -> list[Any]:
    return [["", [], []], {"t": "AlignDefault"}, 1, 1, [{"t": "Plain", "c": inlines}] if inlines else []]


def _line(blocks: list[Node], notes: Notes) -> list[Node]:
    """Return blocks as what stands in one cell, with breaks between them."""
    lines = [line for block in blocks for line in _lines(block, notes) if line]
    joined = [inline for line in lines for inline in (BREAK, *line)][1:]
    return [BREAK if one["t"] == "LineBreak" else {"t": "Space"} if one["t"] == "SoftBreak" else one for one in joined]


def _lines(block: Node, notes: Notes) -> Iterator[list[Node]]:
    kind, content = block["t"], block.get("c")
    if kind == "Table":
        notes.count(NESTED)
    yield from BLOCKS.get(kind, lambda *_: iter(()))(content, notes)


def _every(blocks: list[Node], notes: Notes) -> Iterator[list[Node]]:
    for block in blocks:
        yield from _lines(block, notes)


def _items(items: list[list[Node]], notes: Notes, mark: str) -> Iterator[list[Node]]:
    for number, item in enumerate(items, 1):
        for place, line in enumerate(_every(item, notes)):
            yield [_word(mark.format(number)), *line] if place == 0 else line


def _nested(content: list[Any], notes: Notes) -> Iterator[list[Node]]:
    """Yield the rows of a table that was reduced already."""
    *_, head, bodies, foot = content
    for row in [*head[1], *(row for body in bodies for row in body[3]), *foot[1]]:
        cells = [_line(cell[4], notes) for cell in row[1]]
        yield [inline for cell in cells for inline in (_word(", "), *cell)][1:]


def _word(text: str) -> Node:
    return {"t": "Str", "c": text}


BLOCKS: dict[str, Callable[[Any, Notes], Iterator[list[Node]]]] = {
    "Plain": lambda content, _: iter([content]),
    "Para": lambda content, _: iter([content]),
    "Header": lambda content, _: iter([[{"t": "Strong", "c": content[2]}]]),
    "CodeBlock": lambda content, _: ([{"t": "Code", "c": [["", [], []], line]}] for line in content[1].split("\n")),
    "LineBlock": lambda content, _: iter(content),
    "BlockQuote": _every,
    "Div": lambda content, notes: _every(content[1], notes),
    "Figure": lambda content, notes: _every(content[2], notes),
    "BulletList": lambda content, notes: _items(content, notes, "- "),
    "OrderedList": lambda content, notes: _items(content[1], notes, "{}. "),
    "DefinitionList": lambda content, notes: (
        line for term, meanings in content for line in [term, *(one for m in meanings for one in _every(m, notes))]
    ),
    "Table": _nested,
}
