"""Excel workbooks: the tables of each sheet, with cells as a spreadsheet program shows them.

A sheet may hold several tables, with titles above them; what is merged counts for all the cells that it covers. Hidden
sheets, rows and columns are left out. Knows which cells belong together; ``tables`` writes them.
"""

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from openpyxl import load_workbook

from assistants.knowledge.chunking import Part
from assistants.knowledge.readers import charts, pages, tables, word
from assistants.knowledge.readers.formats import HIDING, shown
from assistants.knowledge.readers.notes import Notes
from assistants.knowledge.readers.package import RELATIONS, SPACES, Package, relations_of, tag
from assistants.knowledge.readers.scripts import subscript, superscript
from assistants.knowledge.readers.worksheet import Facts, facts

HIDDEN_SHEETS = "Hidden sheets are left out: {names}."
HIDDEN_CELLS = "Hidden rows and columns are left out ({count})."
FORMULAS = "Formulas without a stored result are shown as formulas ({count}). To store results, save the file in Excel."
EMPTY = f'<Relationships xmlns="{RELATIONS}"/>'.encode()
# What a longer text in a merged cell says is said once.
LONGEST_MERGED = 200

Cells = list[list[str]]


def read(data: bytes, notes: Notes) -> Iterator[Part]:
    """Yield the tables of a workbook, sheet by sheet."""
    package = Package(data)
    for name in package.others(package.main, "sharedStrings"):
        _raise(package, name)
    parts = _parts(package)
    for name in parts.values():
        # openpyxl does not expect a sheet that is one chart to have none.
        if "/chartsheets/" in name:
            package.parts.setdefault(relations_of(name), EMPTY)
    workbook = load_workbook(io.BytesIO(package.packed()), read_only=True, data_only=True)
    try:
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                notes.name(HIDDEN_SHEETS, sheet.title)
            elif sheet.title in parts:
                yield from _sheet(sheet, facts(package.parts[parts[sheet.title]]), notes)
                yield from _drawings(package, parts[sheet.title], sheet.title, notes)
        for sheet in workbook.chartsheets:
            yield from _drawings(package, parts.get(sheet.title, ""), sheet.title, notes)
    finally:
        workbook.close()


def _parts(package: Package) -> dict[str, str]:
    """Return the parts of the sheets by their titles."""
    related = package.related(package.main)
    sheets = package.tree(package.main).iter(tag("x:sheet"))
    found = ((sheet.get("name", ""), related.get(sheet.get(tag("r:id"), ""))) for sheet in sheets)
    return {title: relation.target for title, relation in found if relation}


def _raise(package: Package, name: str) -> None:
    """Write superscripts and subscripts within texts as such."""
    tree = package.tree(name)
    for run in tree.iter(tag("x:r")):
        align, text = run.find("x:rPr/x:vertAlign", SPACES), run.find("x:t", SPACES)
        if align is not None and text is not None and text.text:
            text.text = {"superscript": superscript, "subscript": subscript}.get(align.get("val"), str)(text.text)
    package.put(name, tree)


def _sheet(sheet: Any, found: Facts, notes: Notes) -> Iterator[Part]:
    # What the sheet says of its own size may be wrong.
    sheet.reset_dimensions()
    cells: Cells = []
    bold: list[bool] = []
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells.append([_text(cell, found, number, column, notes) for column, cell in enumerate(row, 1)])
        filled = [cell for cell in row if cell.value is not None]
        bold.append(bool(filled) and all(cell.font.b for cell in filled))
    for words in found.headers:
        notes.name(word.HEADERS, words)
    merged = _merge(cells, found)
    _leave_out(cells, found, notes)
    yield from _tables(cells, bold, merged, sheet.title, notes)


def _text(cell: Any, found: Facts, row: int, column: int, notes: Notes) -> str:
    if cell.value is None:
        if (formula := found.formulas.get((row, column))) is None:
            return ""
        notes.count(FORMULAS)
        return formula
    if cell.number_format.replace(" ", "") == HIDING:
        notes.count(pages.HIDDEN)
    return shown(cell.value, cell.number_format)


def _merge(cells: Cells, found: Facts) -> set[int]:
    """Write what is merged into all cells that it covers, unless it is alone; return the rows of groups of columns."""
    groups: set[int] = set()
    for top, left, bottom, right in found.merged:
        if top > len(cells) or left > len(cells[top - 1]) or not (text := cells[top - 1][left - 1]):
            continue
        row = cells[top - 1]
        has_others = any(cell for column, cell in enumerate(row, 1) if cell and not left <= column <= right)
        if len(text) > LONGEST_MERGED or not (has_others or bottom > top):
            continue
        if has_others and right > left and bottom == top:
            groups.add(top - 1)
        for number in range(top, min(bottom, len(cells)) + 1):
            line = cells[number - 1]
            last = min(right, max(len(line), len(row))) if has_others else left
            line += [""] * (last - len(line))
            line[left - 1 : last] = [text] * (last - left + 1)
    return groups


def _leave_out(cells: Cells, found: Facts, notes: Notes) -> None:
    """Empty the rows and columns that are hidden."""
    width = max(map(len, cells), default=0)
    rows = [row for row in found.hidden_rows if row <= len(cells) and any(cells[row - 1])]
    columns = {column for first, last in found.hidden_columns for column in range(first, min(last, width) + 1)}
    filled = {column for column in columns if any(column <= len(row) and row[column - 1] for row in cells)}
    notes.count(HIDDEN_CELLS, len(rows) + len(filled))
    for number in rows:
        cells[number - 1] = []
    for row in cells if filled else []:
        for column in (column for column in filled if column <= len(row)):
            row[column - 1] = ""


def _tables(cells: Cells, bold: list[bool], groups: set[int], heading: str, notes: Notes) -> Iterator[Part]:
    title = ""
    above: tuple[tuple[int, int], list[str], Cells] | None = None
    for first, last, left, right in _blocks(cells):
        rows = [row[left:right] + [""] * (right - left - len(row)) for row in cells[first:last]]
        filled = [cell for row in rows for cell in row if cell]
        path = f"{heading} > {title}" if title else heading
        if len(filled) == 1 and last < len(cells):
            title = filled[0]
            yield Part(title, heading)
            continue
        title = ""
        head = len(tables.titles_of(rows))
        if first + head in groups and len(rows) > head + 1:
            names = zip(*rows[head : head + 2], strict=True)
            rows[head : head + 2] = [[" ".join(dict.fromkeys(filter(None, pair))) for pair in names]]
        is_header = bold[first] and not all(bold[first:last])
        if above and above[0] == (left, right) and not is_header and _goes_on(rows[0], above[2]):
            yield from (Part(tables.line(row, above[1]), path) for row in rows)
            continue
        above = ((left, right), rows[0], rows[1:])
        yield from tables.table(rows, notes, path)


def _goes_on(row: list[str], above: Cells) -> bool:
    """Say whether a row below a gap has numbers where the rows above it have some, and so is no header."""
    numbers = [
        place
        for place in range(len(row))
        if any(column := [line[place] for line in above if line[place]]) and all(map(tables.NUMBER.fullmatch, column))
    ]
    return any(row[place] and tables.NUMBER.fullmatch(row[place]) for place in numbers)


def _blocks(cells: Cells) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rows and columns of each region with nothing around it, as a spreadsheet program finds them."""
    gaps = [-1, *(place for place, row in enumerate(cells) if not any(row)), len(cells)]
    for before, after in pairwise(gaps):
        if after - before > 1:
            rows = cells[before + 1 : after]
            yield from ((before + 1, after, left, right) for left, right in _columns(rows))


def _columns(rows: Cells) -> list[tuple[int, int]]:
    """Return where the columns of tables beside each other begin and end; a column by itself is part of one table."""
    used = sorted({place for row in rows for place, cell in enumerate(row) if cell})
    starts = [used[0], *(after for before, after in pairwise(used) if after - before > 1)]
    ends = [*(before for before, after in pairwise(used) if after - before > 1), used[-1]]
    spans = [(start, end + 1) for start, end in zip(starts, ends, strict=True)]
    return spans if all(end - start > 1 for start, end in spans) else [(used[0], used[-1] + 1)]


def _drawings(package: Package, sheet: str, heading: str, notes: Notes) -> Iterator[Part]:
    """Yield what is in boxes and charts above the cells, and say what else is there."""
    for name in package.others(sheet, "comments"):
        notes.count(word.COMMENTS, len([*package.tree(name).iter(tag("x:comment"))]))
    for name in package.others(sheet, "drawing"):
        tree, related = package.tree(name), package.related(name)
        notes.count(pages.PICTURES_LEFT, len([*tree.iter(tag("xdr:pic"))]))
        for shape in tree.iter(tag("xdr:sp")):
            lines = ("".join(one.itertext(tag("a:t"))) for one in shape.iter(tag("a:p")))
            yield Part("\n".join(filter(str.strip, lines)), heading)
        yield from (Part("\n".join(lines), heading) for _, lines in charts.drawn(package, tree, related, notes))
