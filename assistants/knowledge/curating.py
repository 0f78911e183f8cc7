"""Curated answers: a source of their own in a base, with an entry for each question that somebody answered by hand.

Every change is a new version of that source, so that an earlier answer can still show what it saw. Knows nothing about
when a curated answer is given.
"""

import hashlib
from collections.abc import Iterator
from itertools import groupby

from assistants.errors import InvalidInput
from assistants.knowledge.chunking import Part, compose
from assistants.knowledge.cleaning import clean
from assistants.knowledge.rows import Rows

SOURCE = "curated answers"
MAX_QUESTION = 500
MAX_ANSWER = 10_000


def curate(rows: Rows, knowledge: str, question: str, answer: str) -> None:
    """Add an entry to a base, in place of one with the same question; raises ``InvalidInput``."""
    question, answer = clean(" ".join(question.split())), clean(answer)
    for field, text, limit in (("question", question, MAX_QUESTION), ("answer", answer, MAX_ANSWER)):
        if not text:
            raise InvalidInput(field, "{field} is empty.")
        if len(text) > limit:
            raise InvalidInput(field, "{field} may hold at most {max_length} characters.", max_length=limit)
    entries = {part.question: part for part in _entries(rows, knowledge)} | {question: Part(answer, "", question)}
    text, chunks = compose(entries.values())
    digest = hashlib.sha256(text.encode()).hexdigest()
    with rows.together():
        source = rows.expect(knowledge, SOURCE, digest, job=None)
        rows.fill(source, text, chunks)
        rows.publish(source)


def _entries(rows: Rows, knowledge: str) -> Iterator[Part]:
    """Yield the entries there are; the chunks of a long answer make one again."""
    source = next((one for one in rows.sources(knowledge) if one.name == SOURCE and one.status == "ready"), None)
    if source is None:
        return
    text = rows.text(source.id)
    for question, chunks in groupby(rows.chunks_of(source.id), key=lambda chunk: chunk.question):
        first, *_, last = [*(own := list(chunks)), own[-1]]
        yield Part(text[first.start : last.start + len(last.text)], "", question)
