"""Embeddings by sentence-transformers: a text becomes a vector of length 1, near those of texts that mean the same.

Knows LangChain and how to talk to the process that runs the model (``embeddings_worker``); loads no native code itself,
and knows nothing about what the vectors are for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from langchain_core.embeddings import Embeddings

from assistants.engines.process import PROGRAMS, InFolder
from assistants.errors import InvalidInput


@dataclass(frozen=True)
class Embedded:
    """The vectors of some texts, how many tokens these had in all, and which share of each the model does not know.

    They are ``compiled`` where the model was, for speed.
    """

    vectors: list[list[float]]
    tokens: int
    unknown: list[float]
    compiled: bool = False


class LocalEmbeddings(InFolder, Embeddings):
    """An embedder that is open; a process that dies takes its requests with it, and the next one starts it again."""

    program: ClassVar[Path] = PROGRAMS / "embeddings_worker.py"

    def __init__(self, model: str, folder: Path) -> None:
        """Load the model, which takes seconds; raises ``ModelUnavailable``."""
        super().__init__(model, folder)
        facts = self.start().facts
        self.context: int = facts["context"]
        self.dimensions: int = facts["dimensions"]

    def embed(self, texts: list[str], kind: str = "document", first: int = 0, *, cut: bool = False) -> Embedded:
        """Return the vectors of ``texts``, of which the first has the number ``first``.

        Raises ``InvalidInput`` about one that is too long, unless it may be ``cut``.
        """
        event = self.start().ask_once(texts=texts, kind=kind, cut=cut)
        if "place" in event:
            template = "{field} is too long: it has {tokens} tokens, and {model} reads at most {limit}."
            values = {"tokens": event["tokens"], "model": self.model, "limit": self.context}
            raise InvalidInput(f"input.{first + event['place']}", template, **values)
        return Embedded(event["vectors"], event["tokens"], event["unknown"], event.get("compiled", False))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of texts that are to be found."""
        return self.embed(texts).vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of what one looks for."""
        return self.embed([text], "query").vectors[0]


def open_embedder(name: str, folder: Path) -> LocalEmbeddings:
    """Load the embedder in ``folder`` as ``name``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    return LocalEmbeddings(name, folder)
