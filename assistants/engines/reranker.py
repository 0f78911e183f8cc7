"""Rerankers by sentence-transformers: a cross-encoder reads a question with a passage and says how they fit.

Knows how to talk to the process that runs the model (``reranker_worker``); loads no native code itself, and knows
nothing about where the passages are from.
"""

import threading
from pathlib import Path

from assistants.engines.process import Restarting, WorkerProcess

PROGRAM = Path(__file__).with_name("reranker_worker.py")


class LocalReranker(Restarting):
    """A reranker that is open; a process that dies takes its requests with it, and the next one starts it again."""

    # It reads many pairs at once, but one request after the other.
    slots = 1

    def __init__(self, model: str, folder: Path) -> None:
        """Load the model, which takes seconds; raises ``ModelUnavailable``."""
        self.model = model
        self._folder = folder
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._closed = False
        self.start()

    def _launch(self) -> WorkerProcess:
        return WorkerProcess(PROGRAM, {"model": str(self._folder)})

    def rank(self, question: str, texts: list[str]) -> list[float]:
        """Return how well each text answers a question, from 0 to 1; of a long one only its beginning is read.

        Raises ``GenerationFailed``.
        """
        return self.start().ask_once(question=question, texts=texts)["scores"]


def open_reranker(name: str, folder: Path) -> LocalReranker:
    """Load the reranker in ``folder`` as ``name``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    return LocalReranker(name, folder)
