"""The export: what is in the zip, labelled, and that the same items make the same bytes."""

import io
import json
import zipfile

import pytest
from markdown_it import MarkdownIt
from PIL import Image

from assistants import provenance
from assistants.errors import InvalidInput, NotFound
from assistants.history import History
from assistants.store import new_id, now
from assistants.store.jobs import JobRow
from tests.store.rows import add_file, add_job, add_turn


def exported(history: History, ids: list[str] | None = None, owner: str = "me") -> dict[str, bytes]:
    target = io.BytesIO()
    history.export(owner, target, ids)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: archive.read(name) for name in archive.namelist()}


def lines(entries: dict[str, bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in entries["items.jsonl"].splitlines()[1:]]


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    return file.getvalue()


def test_everything_of_an_owner(history: History) -> None:
    conversation = history.conversations.create("me", "退款 / teas")
    _, first = add_turn(history, conversation, "Which tea?", "Green <b>tea</b>.")
    _, second = add_turn(history, conversation, "还有呢？", "红茶。")
    lone = add_job(history, "a poem", "roses", request={"prompt": "a poem", "seed": 7}, assistant="writing")
    made = add_file(history, "tea: green.png", picture(), first)
    given = add_file(history, "notes.txt", b"my own words")
    add_job(history, "foreign", "words", owner="you")
    history.trash.put("me", [add_job(history, "deleted", "words")])
    history.jobs.star(lone, "me", True)
    entries = exported(history)
    names = [name.partition("/")[0] for name in entries]
    assert names == ["files", "files", "items.jsonl", "markdown", "markdown"]
    assert [line["id"] for line in lines(entries)] == sorted([first, second, lone])
    item = {line["id"]: line for line in lines(entries)}
    assert item[lone]["request"] == {"prompt": "a poem", "seed": 7} and item[lone]["starred"]
    assert (item[second]["above"], item[second]["title"]) == (first, "退款 / teas")
    assert item[first]["output"] == "Green <b>tea</b>." and "owner" not in item[first]
    [file] = item[first]["files"]
    assert provenance.read(entries[file["entry"]])["ProduceID"] == made and "green" in file["entry"]
    assert entries[f"files/{given}-notes.txt"] == b"my own words"
    [talk] = [text.decode() for name, text in entries.items() if "退款" in name]
    assert talk.index("# 退款 / teas") < talk.index("Which tea?") < talk.index("红茶。")


def test_code_that_was_not_ended_takes_in_no_other_turn(history: History) -> None:
    conversation = history.conversations.create("me", "Code")
    add_turn(history, conversation, "~~~ is it", "So:\n\n```py\nprint(1)")
    add_turn(history, conversation, "And?", "- in a list\n  ````\n  ```\n")
    [talk] = [text.decode() for name, text in exported(history).items() if name.endswith(".md")]
    _, _, text = talk.removeprefix("---\n").partition("\n---\n")
    tokens = MarkdownIt("commonmark").parse(text)
    assert [token.content for token in tokens if token.type == "fence"] == ["", "print(1)\n", "```\n"]
    assert sum(token.content.startswith("**User**") for token in tokens if token.type == "inline") == 2


def test_drafts_are_in_it_with_every_version(history: History) -> None:
    draft = history.drafts.create("me", "My / draft", {"kind": "article", "topic": "茶"})
    first = history.drafts.open(draft, "me").version
    history.drafts.arrange(draft, "me", [{"heading": "Leaves"}], "On tea", based_on=first)
    history.drafts.create("you", "Foreign", {})
    history.drafts.delete(history.drafts.create("me", "Deleted", {}), "me")
    entries = exported(history)
    assert exported(history) == entries
    [line] = [json.loads(line) for line in entries["drafts.jsonl"].splitlines()[1:]]
    assert (line["id"], line["brief"]["topic"], len(line["versions"])) == (draft, "茶", 2)
    assert line["versions"][1]["parent"] == first and line["versions"][1]["document"]["title"] == "On tea"
    [name] = [name for name in entries if name.startswith("drafts/")]
    assert "My-draft" in name and provenance.read(entries[name])["ProduceID"] == draft
    assert "# On tea\n\n## Leaves\n" in entries[name].decode()
    lone = add_job(history, "a poem", "roses")
    assert "drafts.jsonl" not in exported(history, [lone])


def test_every_text_in_it_is_labelled(history: History) -> None:
    add_job(history, "a poem", "roses")
    entries = exported(history)
    assert all(provenance.read(content) for content in entries.values())
    assert "AI生成" in entries["items.jsonl"].decode().splitlines()[0]


def test_a_selection_is_that_alone(history: History) -> None:
    jobs = [add_job(history, f"poem {i}", "roses") for i in range(3)]
    add_file(history, "notes.txt", b"my own words")
    entries = exported(history, [jobs[2], jobs[0], jobs[0]])
    assert [line["id"] for line in lines(entries)] == sorted([jobs[0], jobs[2]])
    assert len(entries) == 3


def test_the_same_items_make_the_same_bytes(history: History) -> None:
    for i in range(3):
        add_job(history, f"poem {i}", "roses")
    first, second = io.BytesIO(), io.BytesIO()
    history.export("me", first)
    history.export("me", second)
    assert first.getvalue() == second.getvalue()


def test_what_is_still_being_written_goes_along_only_if_it_is_chosen(history: History) -> None:
    running = JobRow(new_id(), "chat", "me", "running", None, "q", {}, now())
    history.jobs.insert(running)
    assert list(exported(history)) == ["items.jsonl"]
    assert [line["status"] for line in lines(exported(history, [running.id]))] == ["running"]


def test_only_ones_own_can_be_chosen(history: History) -> None:
    mine, foreign = add_job(history, "a", "b"), add_job(history, "a", "b", owner="you")
    for ids in ([foreign], [mine, foreign], ["nothing"]):
        with pytest.raises(NotFound):
            exported(history, ids)
    for ids in ([], ["x"] * 1001):
        with pytest.raises(InvalidInput, match="ids"):
            exported(history, ids)


@pytest.mark.parametrize("name", ["..\\..\\a.png", "a" * 250 + ".png", "CON: <x>|?*.png"])
def test_hostile_names_become_safe_entries(history: History, name: str) -> None:
    job = add_job(history, name, "roses")
    add_file(history, name, picture(), job)
    for entry in exported(history):
        assert ".." not in entry and entry.count("/") <= 1 and len(entry) < 150
        assert not set('\\:*?"<>|') & set(entry)
