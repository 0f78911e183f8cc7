"""Editing a chunk: the source gets a new version with other words in that place, and all other chunks as they were.

So quotes are still cut from a source's own text, and an earlier answer still shows what it saw. Knows nothing about how
a file was cut into chunks.
"""

import hashlib

from assistants.errors import InvalidInput, NotFound
from assistants.knowledge.chunking import Chunk
from assistants.knowledge.cleaning import clean
from assistants.knowledge.rows import Rows

MAX_CHUNK = 4000


def edit(rows: Rows, knowledge: str, number: int, text: str) -> None:
    """Put ``text`` in place of a chunk's; raises ``NotFound`` or ``InvalidInput``."""
    text = clean(text)
    if not text:
        raise InvalidInput("text", "{field} is empty.")
    if len(text) > MAX_CHUNK:
        raise InvalidInput("text", "{field} may hold at most {max_length} characters.", max_length=MAX_CHUNK)
    with rows.together():
        _replace(rows, knowledge, number, text)


def _replace(rows: Rows, knowledge: str, number: int, text: str) -> None:
    kept = rows.chunks([number]).get(number)
    source = rows.source(knowledge, kept.source) if kept else None
    if kept is None or source is None or source.status != "ready" or source.replaced:
        raise NotFound("There is no such chunk.")
    whole, end = rows.text(source.id), kept.start + len(kept.text)
    whole = whole[: kept.start] + text + whole[end:]
    longer = len(text) - len(kept.text)
    chunks = [
        Chunk(
            one.start if one.start <= kept.start else one.start + longer,
            text if one.number == number else one.text,
            one.heading,
            one.question,
        )
        for one in rows.chunks_of(source.id)
    ]
    digest = hashlib.sha256(f"{source.name}\n{whole}".encode()).hexdigest()
    made = rows.expect(knowledge, source.name, digest, job=None)
    rows.fill(made, whole, chunks, source.notes)
    rows.publish(made)
