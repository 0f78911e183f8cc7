"""What a worksheet says beside the values of its cells: what is merged or hidden, and which formulas have no result.

Goes through the sheet once, without keeping it. Knows nothing about the workbook.
"""

import io
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.utils import get_column_letter, range_boundaries

from assistants.knowledge.readers.package import SPACES, tag

# Codes for pages, dates and letters in what is printed above and below.
CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|\d+|.)')
PRINTED = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass
class Facts:
    """Facts about a sheet, rows and columns counted from 1."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    # Formulas that more cells share, by their number: what the first one says, and where it stands.
    shared: dict[str, tuple[str, str]] = field(default_factory=dict)


def facts(sheet: bytes) -> Facts:
    """Return what a sheet says; merged areas are given by their first and last rows and columns."""
    found = Facts()
    row = 0
    tags = [tag(f"x:{name}") for name in ("row", "mergeCell", "col", *PRINTED)]
    events = etree.iterparse(
        io.BytesIO(sheet), events=("end",), tag=tags, resolve_entities=False, no_network=True, load_dtd=False
    )
    for _, element in events:
        match etree.QName(element).localname:
            case "row":
                row = int(element.get("r", row + 1))
                _row(element, row, found)
                element.clear()
            case "mergeCell":
                left, top, right, bottom = range_boundaries(element.get("ref", "A1"))
                found.merged.append((top, left, bottom, right))
            case "col" if _is_on(element.get("hidden")):
                found.hidden_columns.append((int(element.get("min", 1)), int(element.get("max", 1))))
            case name if name in PRINTED:
                words = " ".join(CODES.sub(" ", element.text or "").split())
                found.headers += [words] if words else []
    return found


def _row(element: Any, row: int, found: Facts) -> None:
    if _is_on(element.get("hidden")):
        found.hidden_rows.append(row)
    column = 0
    for cell in element.iterfind("x:c", SPACES):
        place = CELL.fullmatch(cell.get("r", ""))
        column = _number(place[1]) if place else column + 1
        formula = cell.find("x:f", SPACES)
        if formula is not None and formula.text and formula.get("t") == "shared":
            found.shared[formula.get("si", "")] = (f"={formula.text}", f"{get_column_letter(column)}{row}")
        if formula is not None and not cell.findtext("x:v", "", SPACES) and cell.get("t") != "str":
            found.formulas[row, column] = _formula(formula, row, column, found)


def _formula(formula: Any, row: int, column: int, found: Facts) -> str:
    """Return a formula; of one that is shared only the first cell has the text, which means others elsewhere."""
    if formula.text or formula.get("si") not in found.shared:
        return f"={formula.text or '…'}"
    text, origin = found.shared[formula.get("si")]
    try:
        return str(Translator(text, origin).translate_formula(f"{get_column_letter(column)}{row}"))
    except (TokenizerError, TranslatorError):
        return f"{text} ({origin})"


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _is_on(value: str | None) -> bool:
    return value in ("1", "true")
