"""Knowledge: what support answers from. Bases hold sources, sources are cut into chunks, chunks are found.

    reading.py, readers/    a file becomes parts of text, and notes about what is left out
    fetching.py, sites.py   a site's pages
    cleaning.py             no characters that only a model sees
    terms.py                the words of a text that tell something
    headings.py             headings in Markdown, by where they stand
    chunking.py             parts become one text and its chunks, by offsets
    injections.py           which sentences speak to a model
    rows.py                 the tables
    vector_rows.py          the vectors, and whose they are
    vectors.py              the nearest vectors
    graph.py                which these may be, in a large base
    wording.py              what a base says and offers, and which words mean the same
    retrieval.py            words and vectors together
    curating.py             answers that somebody wrote by hand
    editing.py              other words in place of a chunk's
    samples.py              the bases that come with the studio

Everybody may ask, and sees answers with what they quote; only the operator changes anything, and reads sources in full
where a base does not let everybody. Knows nothing about models, jobs or answers.
"""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from assistants.errors import InvalidInput, NotAllowed
from assistants.history import History
from assistants.knowledge import curating, editing, samples, wording
from assistants.knowledge.retrieval import Found, Retrieval
from assistants.knowledge.rows import Base, Rows, Source, StoredChunk
from assistants.knowledge.terms import share_chinese
from assistants.knowledge.vector_rows import VectorRows
from assistants.knowledge.vectors import Vectors
from assistants.principals import OPERATOR, Principal, must_be_operator
from assistants.visibility import may_see

__all__ = ["Base", "Found", "Knowledge", "Source", "StoredChunk"]

MAX_NAME = 64
SUGGESTIONS = 4
NAME = re.compile(r"\w[\w .-]*")


class Knowledge:
    """The bases of one home folder; one that has none begins with the samples."""

    def __init__(self, history: History, home: Path) -> None:
        self.rows = Rows(history.store, history.files, history.kinds)
        self.vector_rows = VectorRows(history.store)
        self.vectors = Vectors(history.store, home / "knowledge")
        if not self.rows.bases():
            samples.add(self.rows)
        self.find = Retrieval(history.store, self.rows, self.vectors).find

    def bases(self) -> list[Base]:
        """Return every base, by name."""
        return self.rows.bases()

    def base(self, name: str | None, question: str = "") -> Base:
        """Return a base, by default the one made last, or the sample in the language of ``question``.

        Raises ``NotFound``.
        """
        bases = self.bases()
        if name or not bases:
            return self.rows.base(name or samples.ENGLISH)
        own = [base for base in bases if base.name not in samples.NAMES]
        sample = samples.CHINESE if share_chinese(question) > samples.MOSTLY else samples.ENGLISH
        if own:
            return max(own, key=lambda base: base.created)
        return next((base for base in bases if base.name == sample), bases[0])

    def may_read(self, name: str, who: Principal) -> bool:
        """Say whether ``who`` may read a base's sources in full, old versions and disabled chunks, too.

        Raises ``NotFound``.
        """
        base = self.rows.base(name)
        return may_see(who, OPERATOR.id, base.visibility, base.people)

    def sources(self, name: str, who: Principal) -> list[Source]:
        """Return the sources of a base, without those that were replaced, the newest first.

        Raises ``NotFound`` or ``NotAllowed``.
        """
        self._must_read(name, who)
        return self.rows.sources(name)

    def source(self, name: str, source: str, who: Principal) -> tuple[Source, str, list[StoredChunk]]:
        """Return a source, its text and its chunks, also of one that was replaced.

        Raises ``NotFound`` or ``NotAllowed``.
        """
        self._must_read(name, who)
        found = self.rows.source(name, source)
        return found, self.rows.text(found.id), self.rows.chunks_of(found.id)

    def _must_read(self, name: str, who: Principal) -> None:
        if not self.may_read(name, who):
            raise NotAllowed("Only the operator may read the sources of {name} in full.", name=name)

    def create(self, name: str, who: Principal) -> None:
        """Make a base, unless there is one of that name; raises ``NotAllowed`` or ``InvalidInput``."""
        must_be_operator(who)
        if not (NAME.fullmatch(name) and len(name) <= MAX_NAME):
            template = "{field} may hold letters, digits, spaces, points and dashes, at most {limit} of them."
            raise InvalidInput("knowledge", template, limit=MAX_NAME)
        self.rows.create(name)

    def change(self, name: str, who: Principal, /, *, people: Collection[str] | None = None, **texts: str) -> None:
        """Set what a base says, offers and who sees it, by the names of the fields of ``Base``; None leaves ``people``.

        Raises ``NotAllowed``, ``NotFound`` or ``InvalidInput``.
        """
        must_be_operator(who)
        checked = wording.checked(**texts)
        if people is not None:
            checked["people"] = json.dumps(sorted(people))
        self.rows.set_up(self.rows.base(name).name, **checked)

    def suggestions(self, name: str) -> list[str]:
        """Return questions to begin with: the operator's, else those that somebody answered by hand."""
        base = self.rows.base(name)
        return wording.lines_of(base.suggested) or self.rows.curated_questions(base.name, SUGGESTIONS)

    def curate(self, name: str, question: str, answer: str, who: Principal) -> None:
        """Give a question an answer by hand; raises ``NotAllowed``, ``NotFound`` or ``InvalidInput``."""
        must_be_operator(who)
        curating.curate(self.rows, self.rows.base(name).name, question, answer)

    def delete_base(self, name: str, who: Principal) -> None:
        """Delete a base and all that is in it; raises ``NotAllowed`` or ``NotFound``."""
        must_be_operator(who)
        self.rows.delete_base(self.rows.base(name).name)

    def delete(self, knowledge: str, source: str, who: Principal) -> None:
        """Delete a source with its versions, so that no answer comes from it; raises ``NotAllowed``, ``NotFound``."""
        must_be_operator(who)
        self.rows.delete(knowledge, source)

    def edit(self, knowledge: str, chunk: int, text: str, who: Principal) -> None:
        """Change what a chunk says, in a new version of its source.

        Raises ``NotAllowed``, ``NotFound`` or ``InvalidInput``.
        """
        must_be_operator(who)
        editing.edit(self.rows, knowledge, chunk, text)

    def enable(self, knowledge: str, chunk: int, enabled: bool, who: Principal) -> None:
        """Let a chunk answer or not; raises ``NotAllowed`` or ``NotFound``."""
        must_be_operator(who)
        self.rows.enable(knowledge, chunk, enabled)

    def index(self, name: str) -> Iterator[tuple[int, int]]:
        """Index the vectors of a base that has too many to compare them all; yields how many are done, of how many."""
        base = self.rows.base(name)
        yield from self.vectors.index(base.name, base.revision)

    def close(self) -> None:
        """Give the vectors' files back."""
        self.vectors.close()
