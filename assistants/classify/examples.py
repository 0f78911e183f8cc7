"""Examples: texts with their labels, as a person pastes them, and what is too few or too many of them.

Knows nothing about how anything is learned.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistants.errors import InvalidInput

LEAST = 2
MAX_LABELS = 200
MAX_EXAMPLES = 5000
MAX_LABEL = 80
MAX_TEXT = 2000
COMMA = re.compile("[,，]")


@dataclass(frozen=True)
class Example:
    """A text that belongs to a label."""

    text: str
    label: str


def parsed(pasted: str, field: str = "examples") -> tuple[Example, ...]:
    """Return the examples of pasted lines, ``label, text`` or ``label<tab>text``, checked; raises ``InvalidInput``."""
    found: list[Example] = []
    for number, line in enumerate(pasted.splitlines(), 1):
        if not line.strip():
            continue
        label, text = _row(line)
        if not (label and text):
            raise InvalidInput(field, "{field}: line {line} is not a label, a comma and a text.", line=number)
        found.append(Example(text, label))
    return check(found, field)


def _row(line: str) -> tuple[str, str]:
    """Return a line's label and text: parted by its first tab, or else by its first comma, a Chinese one, too."""
    label, _, text = line.partition("\t") if "\t" in line else COMMA.sub("\t", line, count=1).partition("\t")
    return _bare(label), _bare(text)


def _bare(cell: str) -> str:
    """Return a cell without the quotes that a spreadsheet puts around it."""
    cell = cell.strip()
    return cell[1:-1].replace('""', '"').strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def check(examples: Iterable[Example], field: str = "examples") -> tuple[Example, ...]:
    """Return the examples, each once, or raise ``InvalidInput`` where nothing can be learned from them."""
    known = tuple(dict.fromkeys(examples))
    _check_lengths(known, field)
    labels: dict[str, str] = {}
    for example in known:
        if labels.setdefault(example.text, example.label) != example.label:
            template = "{field}: “{text}” stands for {label} and for {other}."
            values = {"label": labels[example.text], "other": example.label, "text": example.text[:80]}
            raise InvalidInput(field, template, **values)
    counts = Counter(labels.values())
    if not 2 <= len(counts) <= MAX_LABELS:
        template = "{field} must have {low} to {high} labels, and has {count}."
        raise InvalidInput(field, template, low=2, high=MAX_LABELS, count=len(counts))
    label, count = min(counts.items(), key=lambda pair: pair[1])
    if count < LEAST:
        raise InvalidInput(field, "{field}: {label} needs at least {least} examples.", label=label, least=LEAST)
    return known


def _check_lengths(examples: Sequence[Example], field: str) -> None:
    if len(examples) > MAX_EXAMPLES:
        raise InvalidInput(field, "{field} may hold at most {max_length} entries.", max_length=MAX_EXAMPLES)
    for example in examples:
        if not (example.text.strip() and example.label.strip()):
            raise InvalidInput(field, "{field}: a text or a label is empty.")
        if len(example.text) > MAX_TEXT or len(example.label) > MAX_LABEL:
            template = "{field}: a text may have {text} characters, a label {label}."
            raise InvalidInput(field, template, text=MAX_TEXT, label=MAX_LABEL)
