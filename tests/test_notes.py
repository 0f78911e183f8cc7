"""Notes: kept and named, found, deleted and brought back, exported, erased."""

import io
import json
import zipfile
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotFound
from assistants.requests import validated
from assistants.studio import Studio
from webapp import palette
from webapp.tabs.notes import Asked, act


def ask(studio: Studio, owner: str = "local", **data: Any) -> dict[str, Any]:
    return act(studio, owner, validated(Asked, data))


def keep(studio: Studio, text: str, owner: str = "local") -> str:
    job = studio.jobs.wait(ask(studio, owner, do="keep", text=text)["job"], owner, 20)
    return job.result["note"]


def titles(studio: Studio, owner: str = "local") -> list[str]:
    return [note["title"] for note in ask(studio, owner, do="list")["notes"]]


def test_a_note_is_kept_and_named_by_the_model(studio: Studio) -> None:
    note = keep(studio, "a patient okapi")
    assert ask(studio, do="open", id=note)["note"]["text"] == "a patient okapi"
    assert titles(studio) == ["a patient okapi"] and titles(studio, "bob") == []
    with pytest.raises(InvalidInput):
        ask(studio, do="keep", text=" ")
    with pytest.raises(NotFound):
        ask(studio, "bob", do="open", id=note)


def test_the_palette_finds_it(studio: Studio) -> None:
    note = keep(studio, "a patient okapi")
    hits = palette.act(studio, "local", validated(palette.Asked, {"do": "find", "q": "okapi"}))["hits"]
    assert [hit["id"] for hit in hits if hit["kind"] == "note"] == [note]


def test_it_comes_back_from_the_trash_or_is_gone(studio: Studio) -> None:
    note, trash = keep(studio, "a patient okapi"), studio.history.trash
    with pytest.raises(NotFound):
        ask(studio, "bob", do="delete", id=note)
    ask(studio, do="delete", id=note)
    assert [(line.kind, line.title) for line in trash.list("local")] == [("note", "a patient okapi")]
    trash.restore("local", note)
    assert titles(studio) == ["a patient okapi"]
    ask(studio, do="delete", id=note)
    assert trash.empty("local") == 1 and trash.list("local") == []


def test_an_export_has_it_and_erasing_leaves_none(studio: Studio) -> None:
    note, other = keep(studio, "a patient okapi", "ann"), keep(studio, "a zebra", "bob")
    target = io.BytesIO()
    studio.history.export("ann", target)
    with zipfile.ZipFile(target) as archive:
        [_, line] = archive.read("notes.jsonl").splitlines()
        assert json.loads(line)["id"] == note
        assert "# a patient okapi" in archive.read(f"notes/{note}.md").decode()
        assert not [name for name in archive.namelist() if other in name]
    studio.history.erase("ann")
    assert titles(studio, "ann") == [] and titles(studio, "bob") == ["a zebra"]
