"""Readers: the bytes of a document become parts of text, and notes about what of it is left out or changed.

    notes.py       what is said about a document
    encodings.py   bytes as text
    marked.py      Markdown and plain text
    tables.py      CSV, and the rows of any table
    structures.py  JSON
    pages.py       HTML

Each is a plain function of the bytes: it opens no other file and no address. Nothing is left out without a note, but
for what no reader of the document sees either: scripts, styles, the names of fields and of variables.
"""


class Locked(Exception):
    """A document cannot be opened without a password."""
