"""A branch of a conversation as one reads along it: what comes after a message, what stands around it, where words are.

Knows the order of the messages; what a message is, and whose, the conversations know.
"""

from dataclasses import dataclass

from assistants.errors import NotFound
from assistants.store.connection import Store
from assistants.store.conversation_rows import Window
from assistants.store.conversations import Conversations

# The active branch from its beginning to its end.
ORDER = """
    WITH RECURSIVE branch (id, depth) AS (
        SELECT :leaf, 0
        UNION ALL
        SELECT messages.parent, depth + 1 FROM branch JOIN messages ON messages.id = branch.id
        WHERE messages.parent IS NOT NULL
    )
    SELECT id FROM branch WHERE id IS NOT NULL ORDER BY depth DESC
"""
TEXTS = """
    SELECT messages.id, messages.text || coalesce(jobs.output, '') AS text,
           coalesce(messages.reasoning, '') || coalesce(jobs.reasoning, '') AS reasoning
    FROM messages LEFT JOIN jobs ON jobs.id = messages.job
    WHERE messages.conversation = ? AND messages.deleted IS NULL
"""


@dataclass(frozen=True)
class Place:
    """A message in which words stand, in what was said or, if only there, in what the model thought before."""

    message: str
    in_reasoning: bool


class Branches:
    """The active branches of all conversations; nobody reaches another's."""

    def __init__(self, store: Store, conversations: Conversations) -> None:
        self._store = store
        self._conversations = conversations

    def after(self, conversation_id: str, owner: str, message: str, limit: int) -> Window:
        """Return the ``limit`` turns that come after a message."""
        order = self._order(conversation_id, owner)
        place = self._place(order, message)
        following = order[place + 1 : place + 1 + limit]
        if not following:
            return Window([], True)
        return self._conversations.branch(conversation_id, following[-1], len(following))

    def around(self, conversation_id: str, owner: str, message: str, limit: int) -> Window:
        """Return ``limit`` turns with a message in their middle, or as near to it as the branch goes."""
        order = self._order(conversation_id, owner)
        end = min(len(order), max(limit, self._place(order, message) + 1 + limit // 2))
        return self._conversations.branch(conversation_id, order[end - 1], limit)

    def find(self, conversation_id: str, owner: str, words: str) -> list[Place]:
        """Return where ``words`` stand, upper or lower case alike, in the order of the branch."""
        order, wanted = self._order(conversation_id, owner), words.casefold()
        with self._store.read() as db:
            rows = db.execute(TEXTS, (conversation_id,)).fetchall()
        found = {}
        for row in rows:
            is_said = wanted in row["text"].casefold()
            if is_said or wanted in row["reasoning"].casefold():
                found[row["id"]] = Place(row["id"], not is_said)
        return [found[message] for message in order if message in found]

    def _order(self, conversation_id: str, owner: str) -> list[str]:
        leaf = self._conversations.get(conversation_id, owner).leaf
        with self._store.read() as db:
            return [row["id"] for row in db.execute(ORDER, {"leaf": leaf})]

    @staticmethod
    def _place(order: list[str], message: str) -> int:
        try:
            return order.index(message)
        except ValueError:
            raise NotFound("There is no such message.") from None
