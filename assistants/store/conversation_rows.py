"""What is read of conversations: a line of their list, a message, a window of them. Knows nothing about how."""

from dataclasses import dataclass, field
from typing import Any

from assistants.errors import worded


@dataclass(frozen=True)
class Conversation:
    """A line of the list of conversations; ``settings`` are what somebody chose for it.

    ``folder`` is where it is kept, empty for none, ``source`` where it was brought from, empty for this studio.
    A ``temporary`` one is in no list, and goes once it is left.
    """

    id: str
    title: str
    pinned: bool
    leaf: str | None
    created: str
    updated: str
    settings: dict[str, Any] = field(default_factory=dict)
    folder: str = ""
    tags: list[str] = field(default_factory=list)
    source: str = ""
    temporary: bool = False


@dataclass(frozen=True)
class Label:
    """A folder or a tag, and how many conversations have it."""

    name: str
    count: int


@dataclass(frozen=True)
class Hit:
    """Where the words of a search stand in a conversation: a reply, and what was asked."""

    message: str
    input: str
    output: str
    reasoning: str


@dataclass(frozen=True)
class Turn:
    """One message of a branch; ``siblings`` are the ids of its alternatives, itself among them, oldest first.

    ``text`` is all of it, ``before`` the part of a reply that stood before its job began; ``reasoning`` is what the
    model thought before it wrote, once its job has ended.
    """

    id: str
    conversation: str
    parent: str | None
    role: str
    text: str
    status: str
    job: str | None
    model: str | None
    created: str
    before: str = ""
    failure: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    siblings: list[str] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    model_sha256: str | None = None
    reasoning: str = ""

    @property
    def error(self) -> str | None:
        """What went wrong with the reply, as an English sentence."""
        return worded(self.failure["template"], self.failure["values"]) if self.failure else None


@dataclass(frozen=True)
class Window:
    """The last turns of a branch, oldest first; ``earlier`` says whether there are more before them."""

    turns: list[Turn]
    earlier: bool
