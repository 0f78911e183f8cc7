"""Rerankers by sentence-transformers: a cross-encoder reads a question with a passage and says how they fit.

Knows how to talk to the process that runs the model (``reranker_worker``); loads no native code itself, and knows
nothing about where the passages are from.
"""

from pathlib import Path
from typing import ClassVar

from assistants.engines.process import PROGRAMS, InFolder


class LocalReranker(InFolder):
    """A reranker that is open; a process that dies takes its requests with it, and the next one starts it again."""

    program: ClassVar[Path] = PROGRAMS / "reranker_worker.py"

    def rank(self, question: str, texts: list[str]) -> list[float]:
        """Return how well each text answers a question, from 0 to 1; of a long one only its beginning is read.

        Raises ``GenerationFailed``.
        """
        return self.start().ask_once(question=question, texts=texts)["scores"]


def open_reranker(name: str, folder: Path) -> LocalReranker:
    """Load the reranker in ``folder`` as ``name``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    return LocalReranker(name, folder)
