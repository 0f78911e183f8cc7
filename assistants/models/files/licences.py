"""Licences: what has to lie beside a model that was fetched, so that it can be passed on: its licence and its origin.

Knows the texts of two licences; a model under another one gets its origin alone, where that is to be read.
"""

import contextlib
from pathlib import Path

from assistants.models.files.catalog import Entry

LICENCE = "LICENSE"
ORIGIN = "ORIGIN.txt"
APACHE = Path(__file__).parents[3] / "LICENSE"
MIT = Path(__file__).with_name("mit.txt")
PAGE = "https://huggingface.co/{repo}"


def write(folder: Path, entry: Entry) -> None:
    """Put licence and origin into a model's ``folder``, unless they are there; one that cannot be written has none."""
    with contextlib.suppress(OSError):
        if not (folder / LICENCE).exists() and (text := text_of(entry)):
            (folder / LICENCE).write_text(text, encoding="utf-8")
        if not (folder / ORIGIN).exists():
            (folder / ORIGIN).write_text(origin(entry), encoding="utf-8")


def text_of(entry: Entry) -> str | None:
    """Return the licence of a model in full, where it is one of those that are known."""
    if entry.license == "Apache-2.0":
        return APACHE.read_text(encoding="utf-8")
    if entry.license == "MIT" and entry.hub:
        return MIT.read_text(encoding="utf-8").format(maker=entry.hub.repo.partition("/")[0])
    return None


def origin(entry: Entry) -> str:
    """Return what a model is, where it comes from and which files it is made of."""
    lines = [
        entry.title,
        f"Licence: {entry.license or 'see its page'}",
        *([f"Page: {PAGE.format(repo=entry.hub.repo)}, revision {entry.hub.revision}"] if entry.hub else []),
        "The files are unmodified:",
        *(f"  {file.name}  sha256 {file.sha256 or 'not known'}" for file in entry.files),
    ]
    return "\n".join(lines) + "\n"
