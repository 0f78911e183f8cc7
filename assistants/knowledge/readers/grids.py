"""The rows of a table while it is read: what stands between cells, and merged cells again in each row that they cover.

Knows nothing about where the cells are from.
"""

BETWEEN = " | "
# A longer text is not said again.
LONGEST = 200


class Grid:
    """Where in a table the next cell stands."""

    def __init__(self) -> None:
        self._column = 0
        self._open: list[int] = []
        # By its column, in how many rows more a cell stands, and its text.
        self._merged: dict[int, tuple[int, str]] = {}

    def next_row(self) -> None:
        """Begin a row."""
        self._column = 0

    def next_cell(self, columns: int = 1) -> str:
        """Begin a cell of so many columns; return what stands before it: cells from above, and what is between them."""
        before = BETWEEN if self._column else ""
        merged = self.merged()
        self._open.append(self._column)
        self._column += columns
        return merged + BETWEEN if merged else before

    def merged(self) -> str:
        """Return the cells from above that stand next in this row, with what is between cells before them."""
        written = ""
        while self._column in self._merged:
            rows, text = self._merged.pop(self._column)
            if rows > 1:
                self._merged[self._column] = (rows - 1, text)
            written += (BETWEEN if self._column else "") + text
            self._column += 1
        return written

    def end_cell(self, text: str, rows: int) -> None:
        """End a cell that covers so many rows."""
        column = self._open.pop() if self._open else 0
        if rows > 1:
            line = " ".join(text.split())
            self._merged[column] = (rows - 1, line if len(line) <= LONGEST else "")
