"""Conversations out of exports: branches, pictures and dates come in, what does not is told, nothing is believed."""

import io
import json
import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistants.chat import importing
from tests.api.exports import chatgpt, open_webui, picture, zipped
from tests.api.talk import ask, ended
from tests.serving import PUBLIC, SHARED, client, newcomer


@pytest.fixture
def visitor(app: Any) -> TestClient:
    """A browser that has opened the shared studio's page."""
    return newcomer(app)


def bring(browser: TestClient, content: bytes | Any, name: str = "export.json", status: int = 200) -> Any:
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {"Accept-Language": "en"}
    answer = browser.post("/api/conversations/import", params={"name": name}, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json() if status == 200 else answer.json()["error"]["message"]


def listed(browser: TestClient, **asked: Any) -> list[dict[str, Any]]:
    return browser.get("/api/conversations", params=asked).json()["items"]


def exported(browser: TestClient, conversation: str) -> dict[str, Any]:
    return browser.get(f"/api/conversations/{conversation}/export?form=json").json()


def shape(messages: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what there is of a tree, whatever the ids are: each message with the text of the one that it answers."""
    texts = {one["id"]: one["text"] for one in messages}
    return [(texts.get(one["parent"]), one["role"], one["text"], one["model"]) for one in messages]


def test_branches_pictures_and_dates_of_chatgpt_come_in(visitor: TestClient) -> None:
    brought = bring(visitor, zipped(chatgpt(), **{"file-AbCdEfGhIj-red.png": picture("red")}), "export.zip")
    assert {name: brought[name] for name in ("conversations", "messages", "pictures", "known")} == {
        "conversations": 2, "messages": 9, "pictures": 1, "known": 0,
    }  # fmt: skip
    told = [(one["title"][:12], one["text"]) for one in brought["told"]]
    assert ("A red square", "1 pictures are not in the file or cannot be read.") in told
    assert ("A red square", "2 messages from and to tools are not shown in a conversation here.") in told
    assert ("Nothing", "There is no message in it.") in told
    assert ("T" * 12, "The title was shortened.") in told
    red, long = sorted(listed(visitor), key=lambda one: one["title"])
    assert len(long["title"]) == 120 and (red["created"], red["updated"]) == (
        "2023-11-14T22:13:20.000Z",
        "2023-11-14T22:15:00.250Z",
    )
    data = exported(visitor, red["id"])
    [file] = data["files"]
    question = f"What is this?\n\n![file-AbCdEfGhIj](api/files/{file})"
    assert shape(data["messages"]) == [
        (None, "user", question, None),
        (question, "assistant", "A red square.", "gpt-4o"),
        ("A red square.", "user", "And its area?", None),
        ("And its area?", "assistant", "Sixteen.\n\nThat is all.", "o3"),
        ("A red square.", "user", "And its colour?", None),
        ("And its colour?", "assistant", "Red.", "gpt-4o"),
        (question, "assistant", "Something red.", "gpt-4o-mini"),
    ]
    assert visitor.get(f"/api/files/{file}").content == picture("red")
    shown = visitor.get(f"/api/conversations/{red['id']}/messages").json()["messages"]
    assert [one["text"] for one in shown][-2:] == ["And its area?", "Sixteen.\n\nThat is all."]
    assert len(shown[1]["siblings"]) == 2 and listed(visitor, q="sixteen")[0]["id"] == red["id"]
    # It goes on as any other does.
    ended(visitor, ask(visitor, message="Thank you", conversation=red["id"]))
    assert len(visitor.get(f"/api/conversations/{red['id']}/messages").json()["messages"]) == 6


def test_replies_side_by_side_reasoning_and_pictures_of_open_webui_come_in(visitor: TestClient) -> None:
    brought = bring(visitor, open_webui())
    assert (brought["conversations"], brought["messages"], brought["pictures"]) == (1, 5, 1)
    assert [one["text"] for one in brought["told"]] == ["1 attached files are not in the file."]
    [one] = listed(visitor)
    assert (one["title"], one["pinned"], one["tags"]) == ("Colours", True, ["colour"])
    data = exported(visitor, one["id"])
    [file] = data["files"]
    question = f"Which colour?\n\n![picture](api/files/{file})"
    assert shape(data["messages"]) == [
        (None, "user", question, None),
        (question, "assistant", "Blue.", "llama3:8b"),
        (question, "assistant", "It is blue.", "qwen3:8b"),
        ("It is blue.", "user", "Sure?", None),
        ("Sure?", "assistant", "Yes.", "qwen3:8b"),
    ]
    assert data["messages"][2]["reasoning"] == "Looks blue." and data["settings"] == {"system": "Be brief."}


def test_our_own_export_comes_back_as_it_was(app: Any, visitor: TestClient) -> None:
    bring(visitor, zipped(chatgpt(), **{"file-AbCdEfGhIj-red.png": picture("red")}), "export.zip")
    [red] = listed(visitor, q="red square")
    visitor.patch(f"/api/conversations/{red['id']}", json={"folder": "Shapes", "tags": ["red"]})
    data = exported(visitor, red["id"])
    other = newcomer(app)
    assert bring(other, data)["pictures"] == 1
    [one] = listed(other)
    again = exported(other, one["id"])
    own = {name: one[name] for name in ("title", "folder", "tags", "created", "updated")}
    assert own == {"title": "A red square", "folder": "Shapes", "tags": ["red"]} | {
        name: red[name] for name in ("created", "updated")
    }
    (file,), (copy,) = data["files"], again["files"]
    before = [tuple(part and part.replace(file, copy) for part in line) for line in shape(data["messages"])]
    assert shape(again["messages"]) == before
    assert again["files"][copy]["data"] == data["files"][file]["data"]


def test_what_is_here_already_is_not_brought_in_twice(visitor: TestClient) -> None:
    bring(visitor, open_webui())
    again = bring(visitor, open_webui())
    assert (again["conversations"], again["pictures"], again["known"]) == (0, 0, 1)
    changed = open_webui()
    changed[0]["updated_at"] += 60
    assert bring(visitor, changed)["conversations"] == 1


NO_EXPORT = [
    b"", b"{", b"[", b"null", b"[]", b"{}", b"[1, 2]", b'[{"title": "x"}]', b"\xff\xfe\x00", b"PK\x03\x04 no zip",
    zipped({}), b"<html></html>", b"[" * 100_000, b'{"messages": 7, "leaf": 1}', b'[{"mapping": []}]',
]  # fmt: skip


@pytest.mark.parametrize("content", NO_EXPORT, ids=lambda content: content[:20].decode("latin-1"))
def test_another_format_is_one_sentence(visitor: TestClient, content: bytes) -> None:
    said = bring(visitor, content, "notes.json", 422)
    assert said == "notes.json is no export of ChatGPT, Open WebUI or this studio: there are no conversations in it."
    assert listed(visitor) == []


LOOP = {"a": "b", "b": "a"}
WRONG = [
    {"mapping": {"a": 7, "b": {"message": 7, "parent": 7}, "c": {"message": {"author": 7, "content": 7}}}},
    {"mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": [None, 7, {}, [[]]]}}}}},
    {"mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": ["x"]}}, "parent": "a"}}},
    {"chat": {"history": {"messages": [], "currentId": 7}}, "created_at": "soon", "meta": 7, "title": 7},
    {"chat": {"history": {"messages": {"a": {"role": "user", "content": 7, "files": 7, "timestamp": 1e300}}}}},
    {"messages": [7, {"role": "user"}, {"role": "user", "text": "x", "id": 7, "parent": {}}], "leaf": []},
    {"messages": [{"role": "user", "text": "x", "id": id, "parent": LOOP[id]} for id in LOOP], "leaf": "1"},
    {"messages": [{"role": "user", "text": "x", "id": "1"}], "leaf": "1", "settings": 7, "tags": 7, "files": 7},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_a_broken_conversation_takes_no_other_with_it(visitor: TestClient, wrong: Any) -> None:
    brought = bring(visitor, [wrong, *open_webui()])
    assert brought["conversations"] >= 1 and "Colours" in {one["title"] for one in listed(visitor)}


def test_a_file_that_breaks_off_keeps_what_was_whole(visitor: TestClient) -> None:
    brought = bring(visitor, json.dumps([*open_webui(), *chatgpt()]).encode()[:-900], "cut.json")
    assert brought["conversations"] >= 1
    assert brought["told"][-1] == {"title": "", "text": "cut.json is damaged: it cannot be read to its end."}


def test_what_is_too_large_is_refused_before_it_fills_anything(
    visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "at most 32 MB" in bring(visitor, b" " * (33 << 20), status=422)
    monkeypatch.setattr(importing, "MAX_ONE", 1 << 20)
    bomb = zipped([{"title": "x", "mapping": {}, "filler": "0" * (8 << 20)}])
    assert len(bomb) < 100_000 and "too large" in bring(visitor, bomb, status=422)
    monkeypatch.setattr(importing, "MAX_MESSAGES", 3)
    assert bring(visitor, open_webui())["told"][0]["text"] == "It has more than 3 messages."
    monkeypatch.setattr(importing, "SECONDS", -1)
    assert "over before the whole file" in bring(visitor, [*chatgpt(), *open_webui()])["told"][-1]["text"]


def test_text_that_is_no_text_and_hostile_pictures_do_no_harm(visitor: TestClient) -> None:
    hostile = open_webui()
    message = hostile[0]["chat"]["history"]["messages"]["u1"]
    message["content"] = "a\0b \ud83d <script>alert(1)</script>"
    message["files"] = [
        {"type": "image", "url": "data:image/png;base64,PHN2Zz4="},
        {"type": "image", "url": "https://example.com/x.png"},
        {"type": "image", "url": "../../etc/passwd"},
    ]
    brought = bring(visitor, hostile)
    assert brought["told"][0]["text"] == "3 pictures are not in the file or cannot be read."
    [one] = listed(visitor)
    shown = visitor.get(f"/api/conversations/{one['id']}/messages").json()["messages"]
    assert "<script>" in shown[0]["text"] and "\0" not in shown[0]["text"]
    assert "example.com" not in json.dumps(exported(visitor, one["id"]))


def test_what_came_in_goes_out_with_all_that_one_has(visitor: TestClient) -> None:
    bring(visitor, open_webui())
    answer = visitor.get("/api/history/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        label, *lines = [json.loads(line) for line in archive.read("messages.jsonl").decode().splitlines()]
        assert "AIGC" in label
        assert [one["text"] for one in lines if one["role"] == "assistant"] == ["Blue.", "It is blue.", "Yes."]
        assert {one["title"] for one in lines} == {"Colours"}
        assert [name for name in archive.namelist() if name.startswith("files/")] != []


def test_visitors_without_a_key_share_one_room(app: Any, visitor: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(visitor, open_webui())
    monkeypatch.setattr(importing, "ROOM", 10)
    changed = open_webui()
    changed[0]["updated_at"] += 60
    said = bring(newcomer(app), changed, status=422)
    assert "without a key" in said and len(listed(visitor)) == 1
    key = {"Authorization": f"Bearer {SHARED['api_keys'][0]}"}
    assert bring(client(app, PUBLIC, **key), changed)["conversations"] == 1
