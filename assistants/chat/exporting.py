"""A conversation as a file, labelled as AI-generated: its active branch as Markdown, or all of it as JSON.

The JSON is taken in again by ``importing``.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from assistants import provenance
from assistants.chat.pictures import named
from assistants.errors import NotFound
from assistants.links import without_bare_hosts
from assistants.markdown.fences import closed
from assistants.markdown.quoting import quoted
from assistants.store.conversations import WHOLE, Conversation, Turn

if TYPE_CHECKING:
    from assistants.studio import Studio


# Of pictures in one file, which is made in memory.
MOST_BYTES = 32 * 1024 * 1024


def export(studio: "Studio", conversation_id: str, owner: str, form: Literal["md", "json"]) -> tuple[str, bytes]:
    """Return the file name and the bytes of a conversation, labelled as AI-generated.

    JSON has every branch: each message names the one that it answers, and ``leaf`` the end of the branch that is shown.
    The pictures that messages name come along, each as a data URL.
    """
    conversation = studio.history.conversations.get(conversation_id, owner)
    name = file_name(conversation)
    if form == "json":
        content = json.dumps(_data(studio, conversation, owner), ensure_ascii=False).encode()
        return f"{name}.json", provenance.label("application/json", conversation_id, content)
    turns = shown_branch(studio, conversation_id, owner)
    blocks = [f"# {conversation.title}"]
    for before, turn in pairwise([None, *turns]):
        assert turn is not None
        speaker = "User" if turn.role == "user" else turn.model or "Assistant"
        blocks += ["" if before is None else "---", f"**{speaker}** · {turn.created}"]
        blocks += [closed(quoted("Reasoning", turn.reasoning)), closed(turn.text)]
    text = without_bare_hosts("\n\n".join(filter(None, blocks)) + "\n")
    return f"{name}.md", provenance.label("text/markdown", conversation_id, text.encode())


def file_name(conversation: Conversation) -> str:
    """Return what a file of a conversation is called, without what kind it is."""
    return re.sub(r'[\\/:*?"<>|\s]+', "-", conversation.title).strip("-.") or "conversation"


def shown_branch(studio: "Studio", conversation_id: str, owner: str) -> list[Turn]:
    """Return all turns of the branch that is shown."""
    return studio.history.conversations.window(conversation_id, owner, limit=WHOLE).turns


def _data(studio: "Studio", conversation: Conversation, owner: str) -> dict[str, Any]:
    turns = studio.history.conversations.tree(conversation.id, owner)
    own = {name: getattr(conversation, name) for name in ("title", "created", "updated", "leaf", "folder", "tags")}
    fields = ("id", "parent", "role", "text", "reasoning", "model", "model_sha256", "status", "created")
    return {
        **own,
        "settings": conversation.settings,
        "messages": [{name: getattr(turn, name) for name in fields} for turn in turns],
        "files": {id: {"name": name, "data": data} for id, name, data in pictures_of(studio, turns, owner)},
    }


def pictures_of(studio: "Studio", turns: list[Turn], owner: str) -> Iterator[tuple[str, str, str]]:
    """Yield id, name and data URL of each picture that turns show; the URL is empty once there are too many bytes."""
    room = MOST_BYTES
    for id in sorted({id for turn in turns for id in named(turn.text)}):
        with suppress(NotFound, OSError):  # an address that a model made up, or a file that is gone
            file = studio.history.files.get(id, owner)
            room -= file.size
            data = base64.b64encode(file.path.read_bytes()).decode() if room >= 0 else ""
            yield id, file.name, f"data:{file.type};base64,{data}" if data else ""
