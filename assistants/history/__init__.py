"""The history: everything ever generated, asked or uploaded, in one SQLite file that people can open themselves.

``History`` hands out the parts: ``jobs``, ``conversations``, ``files``, and ``search`` over all of it. Every call that
reads or changes somebody's rows takes their owner and answers ``NotFound`` for what is not theirs.
"""

from pathlib import Path

from assistants.history.conversations import Conversation, Conversations, Turn, Window
from assistants.history.files import File, Files
from assistants.history.jobs import JobRow, Jobs
from assistants.history.search import Item, search
from assistants.history.store import Store, new_id, now

__all__ = ["Conversation", "File", "History", "Item", "JobRow", "Turn", "Window", "new_id", "now"]


class History:
    """The open history of one home folder."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home / "studio.db")
        self.jobs = Jobs(self.store)
        self.conversations = Conversations(self.store)
        self.files = Files(self.store, home / "files")

    def search(
        self,
        owner: str,
        q: str = "",
        assistant: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: int | None = None,
    ) -> list[Item]:
        """Return the owner's items, newest first, that hold the words of ``q``; ``before`` is an item's number."""
        return search(self.store, owner, q, assistant=assistant, status=status, limit=limit, before=before)

    def close(self) -> None:
        """Close the database."""
        self.store.close()
