"""A corpus of small documents, made in memory: every feature that readers must know, with the words that it holds.

``python -m tests.knowledge.corpus`` prints the table of docs/documents.md: words found, of how many, in each file.
"""

from assistants.knowledge.chunking import compose
from assistants.knowledge.reading import Reading, read
from tests.knowledge.corpus import excel, markup, portable, powerpoint, tables, texts, word
from tests.knowledge.corpus.file import File
from webapp.i18n import t

KINDS = (texts, markup, tables, word, excel, powerpoint, portable)


def files() -> list[File]:
    """Return all of them."""
    return [file for kind in KINDS for file in kind.files()]


def found(reading: Reading) -> str:
    """Return all that a question can find of a document: its text, headings and questions, with single spaces."""
    text, chunks = compose(reading.parts)
    return " ".join(" ".join([text, *(chunk.indexed for chunk in chunks)]).split())


def missing(file: File, text: str) -> list[str]:
    """Return which phrases of a file ``text`` lacks."""
    return [phrase for phrase in file.phrases if phrase not in text]


def score(file: File) -> tuple[int, int]:
    """Return how many words were found, and how many there are."""
    lost = sum(len(phrase.split()) for phrase in missing(file, found(read(file.name, file.data, file.charset))))
    total = sum(len(phrase.split()) for phrase in file.phrases)
    return total - lost, total


def table() -> str:
    """Return the table of the corpus in Markdown."""
    lines = ["| file | what is in it | words found | what is said |", "|---|---|---|---|"]
    for file in files():
        notes = read(file.name, file.data, file.charset).notes
        said = " ".join(t(note["template"], "en", **note["values"]) for note in notes).replace("<", "&lt;")
        got, total = score(file)
        lines.append(f"| {file.name} | {file.about} | {got} / {total} | {said} |")
    return "\n".join(lines)
