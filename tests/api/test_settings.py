"""The studio's settings over HTTP: what is answered, and to whom."""

from pathlib import Path

import pytest

from assistants.models import files
from assistants.principals import LOCAL, OPERATOR, of_owner
from assistants.studio import Studio
from tests.api.door import Door
from tests.models.stand_ins import MODEL
from webapp import STATIC, __version__, page
from webapp.api.settings import ASSETS


@pytest.fixture
def door(studio: Studio) -> Door:
    return Door(studio)


def test_the_operator_chooses_the_studios_model(door: Door) -> None:
    shown = door.ask("GET", "preferences")["text_model"]
    assert (shown["chosen"], shown["is_there"], shown["setting"]) == (None, True, "echo:")
    assert shown["choices"] == ["echo:", "local:mini"]
    shown = door.ask("PATCH", "preferences", {"text_model": "local:mini"}, OPERATOR)["text_model"]
    assert (shown["chosen"], shown["choices"][0]) == ("local:mini", "local:mini")
    assert door.ask("GET", "preferences", who=of_owner("ann"))["text_model"] is None
    assert door.refusal("PATCH", "preferences", {"text_model": "echo:"}, of_owner("ann"))[0] == 403


def test_the_operator_sees_what_lies_on_the_disk(studio: Studio, door: Door) -> None:
    models = studio.settings.models_folder / "mine"
    models.mkdir(parents=True)
    (models / "model.gguf").write_bytes(MODEL)
    (studio.settings.home / "studio.before-m9.db").write_bytes(b"x" * 10)
    aside = studio.settings.home / "before-restore-2026" / "files"
    aside.mkdir(parents=True)
    (aside / "a").write_bytes(b"x" * 5)
    seen = door.ask("GET", "storage")["studio"]
    disk = seen["disk"]
    assert (disk["models"], disk["copies"], disk["files"]) == (len(MODEL), 15, 0)
    assert disk["database"] >= (studio.settings.home / "studio.db").stat().st_size > 0 < disk["free"]
    assert seen["home"] == str(studio.settings.home)
    assert seen["command"].startswith("python -m assistants.history restore backup-2")
    assert door.ask("GET", "storage", who=of_owner("ann"))["studio"] is None


def test_everybody_empties_their_own_trash(studio: Studio, door: Door) -> None:
    for who in (LOCAL, of_owner("ann")):
        job = studio.jobs.submit("chat", {"message": "gone"}, who)
        studio.jobs.wait(job.id, who.id, 10)
        studio.history.trash.put(who.id, [job.id])
    assert door.ask("DELETE", "trash", who=of_owner("ann")) == {"items": 1}
    assert door.ask("GET", "storage", who=of_owner("ann"))["trash"] == 0
    assert door.ask("GET", "storage")["trash"] == 1


def test_how_long_the_trash_is_kept_is_the_operators_to_say(door: Door) -> None:
    assert door.ask("PATCH", "preferences", {"trash_days": 3})["trash_days"] == 3
    kept = door.ask("GET", "storage")
    assert (kept["days"], kept["studio"]["chosen_days"], kept["studio"]["setting_days"]) == (3, 3, 30)
    assert door.ask("GET", "storage", who=of_owner("ann"))["days"] == 3
    assert door.refusal("PATCH", "preferences", {"trash_days": 0}, of_owner("ann"))[0] == 403
    assert "whole number" in door.refusal("PATCH", "preferences", {"trash_days": "three"})[1]
    assert door.ask("PATCH", "preferences", {"trash_days": None})["trash_days"] == 30


def test_about_names_versions_and_licences(
    studio: Studio, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", lambda path, *_: path)
    file = tmp_path / "mine.gguf"
    file.write_bytes(MODEL)
    studio.models.installer.install(str(file), LOCAL)
    answer = door.ask("GET", "about")
    assert answer["version"] == __version__
    assert [model["title"] for model in answer["models"]] == ["mine", "Starter images"]
    assert {"gradio", "Python", "torch"} <= {name for name, _ in answer["packages"]}
    assert door.ask("GET", "about", who=of_owner("ann"))["packages"] == []


def test_what_others_made_for_the_page_is_named_with_its_licence() -> None:
    assert {folder.name for folder in STATIC.iterdir()} - {"shared", "ask", *page.TABS} == {"docs", "fonts", "mermaid"}
    assert "Apache License" in (STATIC / "docs" / "LICENSE").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert "MIT License" in (STATIC / "mermaid" / "LICENSE").read_text(encoding="utf-8")
    assert [one.license for one in ASSETS] == ["Apache-2.0", "OFL-1.1", "MIT"]
