"""Another conversation that begins with what was said up to a message, and then goes its own way.

Knows how one is copied; knows nothing about how it goes on.
"""

from typing import TYPE_CHECKING

from assistants.errors import InvalidInput
from assistants.store import now
from assistants.store.conversations import WHOLE
from assistants.store.copies import Copied, insert, of_turn

if TYPE_CHECKING:
    from assistants.studio import Studio

STILL_WRITTEN = "The reply is still being written."


def fork(studio: "Studio", message_id: str, owner: str) -> str:
    """Begin a conversation with copies of a message and of all that led to it; return its id.

    It asks with the same settings, and lies in the same folder. Raises ``NotFound`` and ``InvalidInput``.
    """
    conversations = studio.history.conversations
    message = conversations.message(message_id, owner)
    origin = conversations.get(message.conversation, owner)
    if message.job and studio.history.jobs.is_open(message.job):
        raise InvalidInput("message", STILL_WRITTEN)
    turns, moment = conversations.branch(origin.id, message.id, WHOLE).turns, now()
    copied = Copied(
        title=origin.title,
        created=moment,
        updated=moment,
        leaf=message.id,
        messages=[of_turn(turn) for turn in turns],
        folder=origin.folder,
        settings=origin.settings,
        tags=tuple(origin.tags),
    )
    return insert(studio.history.store, owner, copied)
