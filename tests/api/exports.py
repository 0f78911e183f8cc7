"""Exports of other programs as they write them, made by hand: with branches, tools, reasoning and pictures."""

import base64
import io
import json
import zipfile
from typing import Any

from PIL import Image


def picture(colour: str) -> bytes:
    """Return a small PNG."""
    made = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(made, "PNG")
    return made.getvalue()


def chatgpt_node(id: str, parent: str | None, role: str = "", *parts: Any, **more: Any) -> dict[str, Any]:
    """Return an entry of a mapping."""
    if not role:
        return {"id": id, "message": None, "parent": parent, "children": []}
    kind = more.pop("content_type", "text" if all(isinstance(one, str) for one in parts) else "multimodal_text")
    content = {"content_type": kind, **({"parts": list(parts)} if parts else {}), **more.pop("content", {})}
    message = {
        "id": id, "author": {"role": role, "name": None, "metadata": {}}, "create_time": 1_700_000_000.5,
        "content": content, "status": "finished_successfully", "recipient": more.pop("recipient", "all"),
        "metadata": more,
    }  # fmt: skip
    return {"id": id, "message": message, "parent": parent, "children": []}


def asset(id: str) -> dict[str, Any]:
    """Return a part that shows a picture of the zip."""
    return {"content_type": "image_asset_pointer", "asset_pointer": f"file-service://{id}", "width": 4, "height": 4}


def chatgpt() -> list[dict[str, Any]]:
    """Return ``conversations.json``: three branches, two pictures of which one is there, tools, thoughts."""
    nodes = [
        chatgpt_node("root", None),
        chatgpt_node("sys", "root", "system", "", is_visually_hidden_from_conversation=True),
        chatgpt_node("q1", "sys", "user", "What is this?", asset("file-AbCdEfGhIj")),
        chatgpt_node("a1", "q1", "assistant", "A red square.", model_slug="gpt-4o"),
        chatgpt_node("a2", "q1", "assistant", "Something red.", model_slug="gpt-4o-mini"),
        chatgpt_node("q2", "a1", "user", "And its area?"),
        chatgpt_node("q3", "a1", "user", "And its colour?", asset("file-GoneGoneGone")),
        chatgpt_node(
            "t2", "q2", "assistant", content_type="thoughts",
            content={"thoughts": [{"summary": "Area", "content": "Four by four."}]},
        ),
        chatgpt_node(
            "c2", "t2", "assistant", content_type="code", content={"language": "python", "text": "4 * 4"},
            recipient="python",
        ),
        chatgpt_node("o2", "c2", "tool", content_type="execution_output", content={"text": "16"}),
        chatgpt_node("a3", "o2", "assistant", "Sixteen.", model_slug="o3"),
        chatgpt_node("a4", "a3", "assistant", "That is all.", model_slug="o3"),
        chatgpt_node("a5", "q3", "assistant", "Red.", model_slug="gpt-4o"),
    ]  # fmt: skip
    return [
        {
            "title": "A red square", "create_time": 1_700_000_000.0, "update_time": 1_700_000_100.25,
            "mapping": {one["id"]: one for one in nodes}, "current_node": "a4", "conversation_id": "c-1", "id": "c-1",
        },
        {
            "title": "T" * 10_000, "create_time": None, "update_time": None, "current_node": "x",
            "mapping": {
                "x": chatgpt_node("x", None, "user", "旅行计划"),
                "y": chatgpt_node("y", "x", "assistant", "好的。"),
            },
            "id": "c-2",
        },
        {"title": "Nothing", "mapping": {"root": chatgpt_node("root", None)}, "current_node": "root", "id": "c-3"},
    ]  # fmt: skip


def zipped(conversations: Any, **files: bytes) -> bytes:
    """Return an export as ChatGPT sends it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", json.dumps(conversations))
        archive.writestr("chat.html", "<html></html>")
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def open_webui() -> list[dict[str, Any]]:
    """Return an export of chats: two replies side by side, reasoning, a picture inside and one that is elsewhere."""
    inside = "data:image/png;base64," + base64.b64encode(picture("blue")).decode()
    thinking = '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n'
    messages = {
        "u1": {
            "id": "u1", "parentId": None, "childrenIds": ["r1", "r2"], "role": "user", "content": "Which colour?",
            "files": [{"type": "image", "url": inside}, {"type": "file", "id": "f", "name": "notes.pdf"}],
            "timestamp": 1_700_000_000, "models": ["llama3:8b", "qwen3:8b"],
        },
        "r1": {
            "id": "r1", "parentId": "u1", "childrenIds": [], "role": "assistant", "model": "llama3:8b",
            "content": "Blue.", "timestamp": 1_700_000_010,
        },
        "r2": {
            "id": "r2", "parentId": "u1", "childrenIds": ["u2"], "role": "assistant", "model": "qwen3:8b",
            "content": f"{thinking}&gt; Looks blue.\n</details>\nIt is blue.", "timestamp": 1_700_000_012,
        },
        "u2": {
            "id": "u2", "parentId": "r2", "childrenIds": ["r3"], "role": "user", "content": "Sure?",
            "timestamp": 1_700_000_020,
        },
        "r3": {
            "id": "r3", "parentId": "u2", "childrenIds": [], "role": "assistant", "model": "qwen3:8b",
            "content": "Yes.", "timestamp": 1_700_000_030,
        },
    }  # fmt: skip
    return [
        {
            "id": "w-1", "user_id": "u", "title": "Colours", "updated_at": 1_700_000_030, "created_at": 1_700_000_000,
            "pinned": True, "archived": False, "meta": {"tags": ["colour"]},
            "chat": {
                "title": "Colours", "models": ["qwen3:8b"], "params": {"system": "Be brief."},
                "history": {"messages": messages, "currentId": "r3"}, "messages": [], "tags": [],
            },
        }
    ]  # fmt: skip
