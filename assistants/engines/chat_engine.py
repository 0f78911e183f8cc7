"""The chat engine: what the studio asks of a model that chats, and what one of another package that says less gets.

Knows nothing about any one engine.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk, BaseMessage

# Generations at once on a model that does not say how many it takes.
SLOTS = 8


class ChatEngine(Protocol):
    """A LangChain ``BaseChatModel`` that also says what LangChain has no words for.

    Its stream takes ``temperature``, ``top_p``, ``top_k``, ``repetition_penalty``, ``max_tokens`` and ``seed``; its
    last chunk has the usage and the ``finish_reason``; closing the stream ends the generation at once. One that can
    ``score`` has the method of that name, too: see ``transformers_chat``.
    """

    @property
    def slots(self) -> int:
        """How many generations it runs at once."""

    @property
    def context(self) -> int | None:
        """How many tokens a prompt and its reply may have together; None where nobody says."""

    @property
    def capabilities(self) -> frozenset[str]:
        """The controls that it takes natively, see ``process.OPTIONS``."""

    @property
    def begins_reasoning(self) -> bool | None:
        """Whether its text begins within its reasoning; None: not known yet."""

    @property
    def is_base(self) -> bool:
        """Whether it only goes on with a text, for it has no chat template."""

    def stream(self, input: "list[BaseMessage]", **options: Any) -> "Iterator[AIMessageChunk]":
        """Yield the answer as it comes."""

    def get_num_tokens_from_messages(self, messages: "list[BaseMessage]") -> int:
        """Count the tokens of the prompt that ``messages`` make."""

    def close(self) -> None:
        """Free what the model holds; whoever still waits for it gets an error."""


class Foreign:
    """A chat model of another package: what it does not say of itself is said here."""

    def __init__(self, model: "BaseChatModel") -> None:
        # What else it has, only its package knows.
        self._model: Any = model
        self.stream = model.stream
        self.get_num_tokens_from_messages = model.get_num_tokens_from_messages

    @property
    def slots(self) -> int:
        """How many generations it runs at once, by default ``SLOTS``."""
        return getattr(self._model, "slots", SLOTS)

    @property
    def context(self) -> int | None:
        """How many tokens it reads, by default unknown: it judges for itself."""
        return getattr(self._model, "context", None)

    @property
    def capabilities(self) -> frozenset[str]:
        """The controls that it takes natively, by default none: they are asked for in words and checked."""
        return frozenset(getattr(self._model, "capabilities", ()))

    @property
    def begins_reasoning(self) -> bool | None:
        """Whether its text begins within its reasoning, by default not."""
        return getattr(self._model, "begins_reasoning", False)

    @property
    def is_base(self) -> bool:
        """Whether it has no chat template, by default not."""
        return getattr(self._model, "is_base", False)

    def score(self, messages: "list[BaseMessage]", continuations: list[str]) -> list[list[float]]:
        """Return the log-probabilities of continuations; only a model whose ``capabilities`` say so is asked."""
        return self._model.score(messages, continuations)

    def close(self) -> None:
        """Close it, if it can be closed."""
        if close := getattr(self._model, "close", None):
            close()
