"""Tables of rows as people paste or upload them: CSV with a header. Knows nothing about what the columns are for."""

import csv
import io

from assistants.errors import InvalidInput
from assistants.playground.request import MAX_ROWS, MAX_VALUE

MAX_COLUMNS = 100
# What spreadsheets put between cells.
SEPARATORS = ",;\t"


def load_csv(text: str, limit: int = MAX_ROWS) -> list[dict[str, str]]:
    """Return the rows of a CSV text by its header; raises ``InvalidInput`` that names the line that is wrong.

    Cells are parted by commas, semicolons or tabs, whichever the header has; empty lines are left out.
    """
    if "\0" in text:
        raise InvalidInput("csv", "{field} is not text.")
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=_separator(text), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(header)
        rows: list[dict[str, str]] = []
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                template = "Line {line} has {count} cells, and the header has {columns}."
                raise InvalidInput("csv", template, line=lines.line_num, count=len(cells), columns=len(header))
            if any(len(cell) > MAX_VALUE for cell in cells):
                template = "Line {line} has a cell of more than {limit} characters."
                raise InvalidInput("csv", template, line=lines.line_num, limit=MAX_VALUE)
            if len(rows) == limit:
                raise InvalidInput("csv", "The table has more than {limit} rows.", limit=limit)
            rows.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InvalidInput("csv", "Line {line} is no CSV: {cause}.", line=lines.line_num, cause=str(error)) from error
    if not rows:
        raise InvalidInput("csv", "The table has no rows below its header.")
    return rows


def _separator(text: str) -> str:
    first = text.partition("\n")[0]
    return max(SEPARATORS, key=first.count)


def _check_header(header: list[str]) -> None:
    if not any(header):
        raise InvalidInput("csv", "The table is empty: it needs a header with the names of the columns.")
    if "" in header:
        raise InvalidInput("csv", "Column {number} has no name.", number=header.index("") + 1)
    if len(header) > MAX_COLUMNS:
        raise InvalidInput("csv", "The table has more than {limit} columns.", limit=MAX_COLUMNS)
    if twice := next((name for name in header if header.count(name) > 1), None):
        raise InvalidInput("csv", "There are two columns named {name}.", name=twice[:80])
