"""Tables of rows as people paste or upload them: CSV with a header. Knows nothing about what the columns are for."""

import csv
import io
from collections.abc import Iterator

from assistants.errors import InvalidInput
from assistants.playground.request import MAX_ROWS, MAX_VALUE

MAX_COLUMNS = 100
# What spreadsheets put between cells.
SEPARATORS = ",;\t"


def load_csv(text: str, limit: int = MAX_ROWS) -> list[dict[str, str]]:
    """Return the rows of a CSV text by its header; raises ``InvalidInput`` that names the line that is wrong.

    Cells are parted by commas, semicolons or tabs, whichever the header has; empty lines are left out.
    """
    return [row for _, row in numbered(text, limit)]


def numbered(text: str, limit: int = MAX_ROWS) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield what ``load_csv`` returns, each row with the line that it begins in."""
    if "\0" in text:
        raise InvalidInput("csv", "{field} is not text.")
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=_separator(text), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(header)
        count, line = 0, lines.line_num + 1
        for cells in lines:
            begins, line = line, lines.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                template = "Line {line} has {count} cells, and the header has {columns}."
                raise InvalidInput("csv", template, line=lines.line_num, count=len(cells), columns=len(header))
            if any(len(cell) > MAX_VALUE for cell in cells):
                template = "Line {line} has a cell of more than {limit} characters."
                raise InvalidInput("csv", template, line=lines.line_num, limit=MAX_VALUE)
            if count == limit:
                raise InvalidInput("csv", "The table has more than {limit} rows.", limit=limit)
            count += 1
            yield begins, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InvalidInput("csv", "Line {line} is no CSV: {cause}.", line=lines.line_num, cause=str(error)) from error
    if not count:
        raise InvalidInput("csv", "The table has no rows below its header.")


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
