"""Tables as parts of text: an entry a row where there are questions and answers, else a line a row with its headers.

Knows how CSV is written, as RFC 4180 and spreadsheet programs do; knows nothing about files.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice, zip_longest

from assistants.knowledge.chunking import Part
from assistants.knowledge.readers.notes import Notes

QUESTIONS = ("question", "questions", "q", "问题", "问", "提问", "标准问")
ANSWERS = ("answer", "answers", "a", "reply", "response", "答案", "答", "回答", "回复")
SEPARATORS = ",;\t|"
# Rows that are looked at to find out what stands between cells, and how many of them must agree.
LOOKED_AT = 200
AGREEING = 0.6
# What is in no text.
NO_SEPARATOR = "\x1f"
# Python's own limit is 131,072 characters.
LONGEST_CELL = 2**31 - 1
SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
NUMBER = re.compile(r"[-+(]?[$€£¥￥]?\s?\d[\d.,\s%)]*")
YEAR = re.compile(r"(?:19|20)\d\d")

UNASKED = "Of entries only the question and the answer are read, not: {names}."
UNANSWERED = "Rows without a question or without an answer are left out ({count})."

Rows = list[list[str]]


def read(text: str, notes: Notes) -> Iterator[Part]:
    """Yield the rows of a CSV file."""
    said = SEPARATOR_LINE.match(text)
    separator = said[1] if said else _separator(text)
    text = text[said.end() :] if said else text
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator or NO_SEPARATOR,
        skipinitialspace=separator is not None and _has_spaces(text, separator),
    )
    yield from table(list(rows), notes)


def _separator(text: str) -> str | None:
    """Return what most rows agree on to be between their cells, or None where there is one column."""
    best, found = 0.0, None
    for separator in SEPARATORS:
        start = text[: 1 << 20]
        has_spaces = _has_spaces(start, separator)
        rows = csv.reader(io.StringIO(start, newline=""), delimiter=separator, skipinitialspace=has_spaces)
        widths = [len(row) for row in islice((row for row in rows if row), LOOKED_AT)]
        width, agreeing = max(Counter(widths).items(), key=lambda pair: (pair[1], pair[0]), default=(1, 0))
        share = agreeing / len(widths) if widths else 0.0
        is_mark = not re.search(rf"{re.escape(separator)}(?! )", text)
        # A mark of sentences always stands before a space, and the name of their column has none.
        if is_mark and (share < AGREEING or separator not in text.partition("\n")[0]):
            continue
        if ((width > 1 and share >= AGREEING) or min(widths, default=1) > 1) and share * width > best:
            best, found = share * width, separator
    return found


def _has_spaces(text: str, separator: str) -> bool:
    """Say whether quotes behind a separator and a space are those of cells, not of words in them."""
    return not re.search(rf'{re.escape(separator)} +"[^"]*" *[^{re.escape(separator)}"\s]', text)


def table(rows: Rows, notes: Notes, heading: str = "") -> Iterator[Part]:
    """Yield the rows of a table below ``heading``; titles above it are parts of their own, and go into the heading."""
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    titles = titles_of(rows)
    for title in titles:
        yield Part(title, heading)
    rows, heading = rows[len(titles) :], " > ".join(filter(None, (heading, *titles)))
    if not rows:
        return
    question, answer = _column(rows[0], QUESTIONS), _column(rows[0], ANSWERS)
    if question is not None and answer is not None:
        yield from _entries(rows, question, answer, notes, heading)
    elif len(rows) > 1 and max(map(len, rows)) > 1 and _has_names(rows):
        yield from (Part(line(row, rows[0]), heading) for row in rows[1:])
    else:
        yield from (Part(line(row), heading) for row in rows)


def line(row: list[str], names: list[str] | None = None) -> str:
    """Return a row as one line, each cell below its name; one beyond the last name has none."""
    cells = [(name, " ".join(cell.split())) for name, cell in zip_longest(names or [], row, fillvalue="")]
    return "; ".join(f"{' '.join(name.split())}: {cell}" if name else cell for name, cell in cells if cell)


def titles_of(rows: Rows) -> list[str]:
    """Return what stands by itself above a table that has more columns."""
    count = 0
    while count < len(rows) and sum(map(bool, rows[count])) == 1:
        count += 1
    has_table = count < len(rows) and all(sum(map(bool, row)) > 1 for row in rows[count : count + 1])
    return [next(filter(None, row)) for row in rows[:count]] if has_table else []


def _has_names(rows: Rows) -> bool:
    """Say whether the first row names the columns: not where it holds a number above others, unless that is a year."""
    for place, cell in enumerate(rows[0]):
        below = [row[place] for row in rows[1:LOOKED_AT] if place < len(row) and row[place]]
        if NUMBER.fullmatch(cell) and not YEAR.fullmatch(cell) and below and all(map(NUMBER.fullmatch, below)):
            return False
    return True


def _entries(rows: Rows, question: int, answer: int, notes: Notes, heading: str) -> Iterator[Part]:
    for place, name in enumerate(rows[0]):
        if place not in (question, answer) and any(place < len(row) and row[place] for row in rows[1:]):
            notes.name(UNASKED, name or str(place + 1))
    for row in rows[1:]:
        if max(question, answer) < len(row) and row[question] and row[answer]:
            yield Part(row[answer], heading, row[question])
        else:
            notes.count(UNANSWERED)


def _column(names: list[str], known: tuple[str, ...]) -> int | None:
    return next((place for place, name in enumerate(names) if name.casefold().strip() in known), None)
