"""A conversation that others may read: its link shows the branch as it was when it was shared, and can be taken back.

Whether links are given out is the operator's to say; what was given out before is not read while they are not. Knows
nothing about how it is drawn.
"""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistants import preferences
from assistants.chat.pictures import named
from assistants.errors import InvalidInput, NotAllowed, NotFound
from assistants.store import new_id, now
from assistants.store.conversations import WHOLE, Turn
from assistants.store.files import File

if TYPE_CHECKING:
    from assistants.studio import Studio

GONE = "This page is not shared, or no longer."
OFF = "Sharing is off in this studio. Its operator can allow it in Settings."


@dataclass(frozen=True)
class Share:
    """What is shared of a conversation, and by which name; whoever knows that may read it."""

    token: str
    conversation: str
    leaf: str
    owner: str
    created: str


@dataclass(frozen=True)
class SharedPage:
    """What others read."""

    title: str
    created: str
    owner: str
    turns: list[Turn]


def share(studio: "Studio", conversation_id: str, owner: str) -> Share:
    """Share the branch that is shown now; one that is shared already keeps its link. Raises ``NotAllowed``."""
    if not is_allowed(studio):
        raise NotAllowed(OFF)
    conversation = studio.history.conversations.get(conversation_id, owner)
    if conversation.leaf is None:
        raise InvalidInput("conversation", "{field} is empty.")
    row = {"conversation": conversation.id, "owner": owner, "leaf": conversation.leaf, "created": now()}
    with studio.history.store.write() as db:
        known = db.execute("SELECT id, token FROM shares WHERE conversation = ?", (conversation.id,)).fetchone()
        row |= dict(known) if known else {"id": new_id(), "token": secrets.token_urlsafe(24)}
        db.table("shares").upsert(row, pk="id")
    return Share(**{name: str(value) for name, value in row.items() if name != "id"})


def share_of(studio: "Studio", conversation_id: str, owner: str) -> Share | None:
    """Return what is shared of a conversation, if something is; raises ``NotFound``."""
    studio.history.conversations.get(conversation_id, owner)
    return _found(studio, "conversation = ? AND owner = ?", conversation_id, owner)


def unshare(studio: "Studio", conversation_id: str, owner: str) -> None:
    """Take a link back for good: nobody reads the page any more, and another one has another link."""
    studio.history.conversations.get(conversation_id, owner)
    with studio.history.store.write() as db:
        db.execute("DELETE FROM shares WHERE conversation = ? AND owner = ?", (conversation_id, owner))


def read(studio: "Studio", token: str) -> SharedPage:
    """Return what is shared by a name; raises ``NotFound``, also where the conversation lies in the trash."""
    found = _found(studio, "token = ?", token) if is_allowed(studio) else None
    if found is None:
        raise NotFound(GONE)
    try:
        conversation = studio.history.conversations.get(found.conversation, found.owner)
        leaf = studio.history.conversations.message(found.leaf, found.owner)
    except NotFound as error:
        raise NotFound(GONE) from error
    turns = studio.history.conversations.branch(conversation.id, leaf.id, WHOLE).turns
    return SharedPage(conversation.title, found.created, found.owner, turns)


def picture(studio: "Studio", token: str, file_id: str) -> File:
    """Return a picture that a shared page shows; raises ``NotFound``."""
    page = read(studio, token)
    if file_id not in {one for turn in page.turns for one in named(turn.text)}:
        raise NotFound(GONE)
    return studio.history.files.get(file_id, page.owner)


def is_allowed(studio: "Studio") -> bool:
    """Say whether the operator lets people share."""
    return bool(preferences.stored(studio.history).sharing)


def _found(studio: "Studio", where: str, *values: str) -> Share | None:
    sql = f"SELECT token, conversation, leaf, owner, created FROM shares WHERE {where}"
    with studio.history.store.read() as db:
        row = db.execute(sql, values).fetchone()
    return Share(*row) if row else None
