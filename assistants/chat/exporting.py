"""A conversation as a file, labelled as AI-generated: its active branch as Markdown or JSON."""

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from assistants import provenance
from assistants.links import without_bare_hosts
from assistants.markdown.fences import closed
from assistants.markdown.quoting import quoted

if TYPE_CHECKING:
    from assistants.studio import Studio

WHOLE = 1_000_000


def export(studio: "Studio", conversation_id: str, owner: str, form: Literal["md", "json"]) -> tuple[str, bytes]:
    """Return the file name and the bytes of the active branch, labelled as AI-generated."""
    conversation = studio.history.conversations.get(conversation_id, owner)
    turns = studio.history.conversations.window(conversation_id, owner, limit=WHOLE).turns
    name = re.sub(r'[\\/:*?"<>|\s]+', "-", conversation.title).strip("-.") or "conversation"
    if form == "json":
        fields = ("role", "text", "reasoning", "model", "model_sha256", "status", "created")
        data = {
            "title": conversation.title,
            "created": conversation.created,
            "messages": [{name: getattr(turn, name) for name in fields} for turn in turns],
        }
        content = json.dumps(data, ensure_ascii=False).encode()
        return f"{name}.json", provenance.label("application/json", conversation_id, content)
    blocks = [f"# {conversation.title}"]
    for before, turn in pairwise([None, *turns]):
        assert turn is not None
        speaker = "User" if turn.role == "user" else turn.model or "Assistant"
        blocks += ["" if before is None else "---", f"**{speaker}** · {turn.created}"]
        blocks += [closed(quoted("Reasoning", turn.reasoning)), closed(turn.text)]
    text = without_bare_hosts("\n\n".join(filter(None, blocks)) + "\n")
    return f"{name}.md", provenance.label("text/markdown", conversation_id, text.encode())
