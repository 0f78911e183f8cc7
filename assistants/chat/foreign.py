"""Conversations as ChatGPT, Open WebUI and this studio write them into their exports: from their JSON to ours.

ChatGPT: ``conversations.json``, a list of objects with a ``mapping`` of nodes. Open WebUI: a list of objects with a
``chat``, whose ``history`` has the messages. Neither format is documented by its makers; what is read here is what
their exports of 2024 to 2026 have. Knows nothing about files.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

from assistants.chat.pictures import PICTURE
from assistants.chat.trees import Node, Tree, tree
from assistants.storable import storable
from assistants.store import now

# Of a picture's name in its own export to the Markdown that shows it here, or nothing where it is not there.
Picture = Callable[[str, str], str | None]

# What Open WebUI puts the reasoning into.
DETAILS = re.compile(r'<details type="reasoning"[^>]*>\s*(?:<summary>.*?</summary>)?(.*?)</details>\s*', re.DOTALL)
ROLES = ("user", "assistant")


@dataclass
class Foreign:
    """A conversation that was found; ``lost`` counts what of it could not come along, by kind."""

    id: str
    program: str
    title: str
    created: str
    updated: str
    tree: Tree
    pinned: bool = False
    folder: str = ""
    tags: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def lost(self) -> Counter[str]:
        """How many of what did not come along."""
        return self.tree.lost


def read(data: Any, picture: Picture) -> Foreign | None:
    """Return the conversation that ``data`` is in one of the formats; None where it is none."""
    if not isinstance(data, dict):
        return None
    data = storable(data)
    if isinstance(data.get("mapping"), dict):
        return _of_chatgpt(data, picture)
    chat = data.get("chat")
    if isinstance(chat, dict) and isinstance(chat.get("history"), dict):
        return _of_open_webui(data, chat, picture)
    if isinstance(data.get("messages"), list) and "leaf" in data:
        return _of_studio(data, picture)
    return None


def moment(value: Any, otherwise: str = "") -> str:
    """Return a time in seconds or milliseconds, or in ISO 8601, as times are stored here."""
    try:
        if isinstance(value, str):
            when = datetime.fromisoformat(value)
        else:
            seconds = float(value)
            when = datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (TypeError, ValueError, OverflowError, OSError):
        return otherwise or now()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _of_chatgpt(data: dict[str, Any], picture: Picture) -> Foreign:
    created = moment(data.get("create_time"))
    lost: Counter[str] = Counter()
    nodes, thoughts = [], {}
    for id, entry in data["mapping"].items():
        if not isinstance(entry, dict):
            continue
        message = entry.get("message")
        parent = entry.get("parent") if isinstance(entry.get("parent"), str) else None
        node = _chatgpt_node(id, parent, message if isinstance(message, dict) else {}, created, picture, lost)
        nodes.append(node)
        if node.reasoning and node.role is None:
            thoughts[id] = node.reasoning
    found = tree(_with_thoughts(nodes, thoughts), data.get("current_node"))
    found.lost.update(lost)
    id = _text(data.get("conversation_id")) or _text(data.get("id"))
    updated = moment(data.get("update_time"), created)
    return Foreign(id, "ChatGPT", _text(data.get("title")), created, updated, found)


def _with_thoughts(nodes: list[Node], thoughts: dict[str, str]) -> Iterator[Node]:
    """Yield the nodes, each reply with what was thought right before it."""
    for node in nodes:
        if node.role == "assistant" and (thought := thoughts.get(node.parent or "")):
            yield Node(node.id, node.parent, node.role, node.text, node.created, node.model, thought)
        else:
            yield node


def _chatgpt_node(
    id: str, parent: str | None, message: dict[str, Any], created: str, picture: Picture, lost: Counter[str]
) -> Node:
    author, content = message.get("author"), message.get("content")
    role = author.get("role") if isinstance(author, dict) else None
    content = _object(content)
    metadata = _object(message.get("metadata"))
    kind, when = content.get("content_type"), moment(message.get("create_time"), created)
    if kind == "thoughts":
        parts = [one for one in _listed(content.get("thoughts")) if isinstance(one, dict)]
        said = "\n\n".join(f"{_text(one.get('summary'))}\n{_text(one.get('content'))}".strip() for one in parts)
        return Node(id, parent, None, "", when, reasoning=said, what="")
    is_hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if role not in ROLES or is_hidden or kind in ("reasoning_recap", "user_editable_context", "model_editable_context"):
        return Node(id, parent, None, "", when, what="tools" if role == "tool" else "")
    text = _chatgpt_text(content, picture, lost)
    if role == "assistant" and message.get("recipient") not in (None, "all"):
        return Node(id, parent, None, "", when, what="tools")
    if not text.strip():
        return Node(id, parent, None, "", when, what="")
    return Node(id, parent, role, text, when, _text(metadata.get("model_slug")) or None)


def _chatgpt_text(content: dict[str, Any], picture: Picture, lost: Counter[str]) -> str:
    if content.get("content_type") == "code":
        return f"```{_text(content.get('language')).replace('unknown', '')}\n{_text(content.get('text'))}\n```"
    said = [_text(content.get("text"))] if "text" in content else []
    for part in _listed(content.get("parts")):
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, dict):
            said.append(_chatgpt_part(part, picture, lost))
    return "\n\n".join(one for one in said if one.strip())


def _chatgpt_part(part: dict[str, Any], picture: Picture, lost: Counter[str]) -> str:
    kind = _text(part.get("content_type"))
    if kind == "image_asset_pointer":
        shown = picture(_text(part.get("asset_pointer")).rpartition("//")[2], "")
        lost["pictures"] += shown is None
        return shown or ""
    # What was dictated or heard has its words in writing.
    if kind == "audio_transcription":
        return _text(part.get("text"))
    lost["others"] += 1
    return ""


def _of_open_webui(data: dict[str, Any], chat: dict[str, Any], picture: Picture) -> Foreign:
    created = moment(data.get("created_at") or chat.get("timestamp"))
    lost: Counter[str] = Counter()
    messages = chat["history"].get("messages")
    entries = messages if isinstance(messages, dict) else {}
    nodes = [_webui_node(id, one, created, picture, lost) for id, one in entries.items() if isinstance(one, dict)]
    found = tree(nodes, chat["history"].get("currentId"))
    found.lost.update(lost)
    tags = [_text(one) for one in _listed(_object(data.get("meta")).get("tags") or chat.get("tags"))]
    system = _text(chat.get("system")) or _text(_object(chat.get("params")).get("system"))
    return Foreign(
        id=_text(data.get("id")),
        program="Open WebUI",
        title=_text(data.get("title")) or _text(chat.get("title")),
        created=created,
        updated=moment(data.get("updated_at"), created),
        tree=found,
        pinned=data.get("pinned") is True,
        tags=[tag for tag in tags if tag],
        settings={"system": system} if system else {},
    )


def _webui_node(id: str, one: dict[str, Any], created: str, picture: Picture, lost: Counter[str]) -> Node:
    text, when = _text(one.get("content")), moment(one.get("timestamp"), created)
    thoughts = [re.sub(r"^> ?", "", unescape(part).strip(), flags=re.MULTILINE) for part in DETAILS.findall(text)]
    said = [DETAILS.sub("", text)]
    for file in _listed(one.get("files")):
        is_picture = isinstance(file, dict) and file.get("type") == "image"
        shown = picture(_text(file.get("url")), _text(file.get("name"))) if is_picture else None
        lost["pictures" if is_picture else "files"] += shown is None
        said.append(shown or "")
    role, parent = one.get("role"), one.get("parentId")
    text = "\n\n".join(part for part in said if part.strip())
    if role not in ROLES or not text.strip():
        return Node(id, _text(parent) or None, None, "", when, what="" if role in (*ROLES, "system") else "others")
    return Node(id, _text(parent) or None, role, text, when, _text(one.get("model")) or None, "\n\n".join(thoughts))


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _of_studio(data: dict[str, Any], picture: Picture) -> Foreign:
    created = moment(data.get("created"))
    lost: Counter[str] = Counter()
    nodes = []
    for one in data["messages"]:
        if not isinstance(one, dict) or one.get("role") not in ROLES:
            lost["others"] += 1
            continue
        text = PICTURE.sub(_again(picture, lost), _text(one.get("text")))
        parent, model = _text(one.get("parent")) or None, _text(one.get("model")) or None
        when, thought = moment(one.get("created"), created), _text(one.get("reasoning"))
        nodes.append(Node(_text(one.get("id")), parent, str(one["role"]), text, when, model, thought))
    found = tree(nodes, data.get("leaf"))
    found.lost.update(lost)
    settings = data.get("settings")
    return Foreign(
        id=_text(_object(data.get("AIGC")).get("ProduceID")),
        program="AIGC Studio",
        title=_text(data.get("title")),
        created=created,
        updated=moment(data.get("updated"), created),
        tree=found,
        folder=_text(data.get("folder")),
        tags=[_text(tag) for tag in _listed(data.get("tags")) if _text(tag).strip()],
        settings=settings if isinstance(settings, dict) else {},
    )


def _again(picture: Picture, lost: Counter[str]) -> Callable[[re.Match[str]], str]:
    def put(found: re.Match[str]) -> str:
        shown = picture(found["id"], found["name"])
        lost["pictures"] += shown is None
        return shown if shown is not None else found[0]

    return put
