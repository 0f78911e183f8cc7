"""Settings > General, Storage and About without a browser: what their handlers answer, and to whom."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotAllowed
from assistants.models import files
from assistants.principals import LOCAL, OPERATOR, Principal, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from tests.models.stand_ins import MODEL
from webapp import STATIC, __version__, page
from webapp.tabs.settings import SECTIONS, about, general, storage


def ask(section: Any, studio: Studio, owner: Principal = LOCAL, **data: Any) -> dict[str, Any]:
    asked = validated(section.Asked, data)
    answer = about.act(studio, owner, "en") if section is about else section.act(studio, owner, asked)
    json.dumps(answer)
    return answer


def test_the_line_of_links_leads_to_every_section() -> None:
    links = (STATIC / "settings" / "sections.html").read_text(encoding="utf-8")
    for section in SECTIONS:
        name = section.__name__.rpartition(".")[2]
        assert f'<a href="#{name}" data-text="{section.TITLE}"></a>' in links


def test_the_operator_chooses_the_studios_model(studio: Studio) -> None:
    shown = ask(general, studio, do="show")["model"]
    assert (shown["chosen"], shown["is_there"], shown["setting"]) == (None, True, "echo:")
    assert shown["choices"] == ["echo:", "local:mini"]
    shown = ask(general, studio, OPERATOR, do="set", preferences={"text_model": "local:mini"})["model"]
    assert (shown["chosen"], shown["choices"][0]) == ("local:mini", "local:mini")
    assert ask(general, studio, of_owner("ann"), do="show") == {"model": None}
    with pytest.raises(NotAllowed):
        ask(general, studio, of_owner("ann"), do="set", preferences={"text_model": "echo:"})


def test_the_operator_sees_what_lies_on_the_disk(studio: Studio) -> None:
    models = studio.settings.models_folder / "mine"
    models.mkdir(parents=True)
    (models / "model.gguf").write_bytes(MODEL)
    (studio.settings.home / "studio.before-m9.db").write_bytes(b"x" * 10)
    aside = studio.settings.home / "before-restore-2026" / "files"
    aside.mkdir(parents=True)
    (aside / "a").write_bytes(b"x" * 5)
    seen = ask(storage, studio, do="show")["studio"]
    disk = seen["disk"]
    assert (disk["models"], disk["copies"], disk["files"]) == (len(MODEL), 15, 0)
    assert disk["database"] >= (studio.settings.home / "studio.db").stat().st_size > 0 < disk["free"]
    assert seen["home"] == str(studio.settings.home)
    assert seen["command"].startswith("python -m assistants.history restore backup-2")
    assert ask(storage, studio, of_owner("ann"), do="show")["studio"] is None


def test_everybody_empties_their_own_trash(studio: Studio) -> None:
    for who in (LOCAL, of_owner("ann")):
        job = studio.jobs.submit("chat", {"message": "gone"}, who)
        studio.jobs.wait(job.id, who.id, 10)
        studio.history.trash.put(who.id, [job.id])
    answer = ask(storage, studio, of_owner("ann"), do="empty")
    assert (answer["emptied"], answer["trash"]["lines"]) == (1, 0)
    assert ask(storage, studio, do="show")["trash"]["lines"] == 1


def test_how_long_the_trash_is_kept_is_the_operators_to_say(studio: Studio) -> None:
    answer = ask(storage, studio, do="set", preferences={"trash_days": 3})
    assert (answer["days"], answer["studio"]["chosen_days"], answer["studio"]["setting_days"]) == (3, 3, 30)
    assert ask(storage, studio, of_owner("ann"), do="show")["days"] == 3
    with pytest.raises(NotAllowed):
        ask(storage, studio, of_owner("ann"), do="set", preferences={"trash_days": 0})
    with pytest.raises(InvalidInput, match="whole number"):
        ask(storage, studio, do="set", preferences={"trash_days": "three"})
    assert ask(storage, studio, do="set", preferences={"trash_days": None})["days"] == 30


def test_about_names_versions_and_licences(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", lambda path, *_: path)
    file = tmp_path / "mine.gguf"
    file.write_bytes(MODEL)
    studio.models.installer.install(str(file), LOCAL)
    answer = ask(about, studio, do="show")
    assert answer["version"] == __version__
    assert [model["title"] for model in answer["models"]] == ["mine", "Starter images"]
    assert {"gradio", "Python", "torch"} <= {name for name, _ in answer["packages"]}
    assert ask(about, studio, of_owner("ann"), do="show")["packages"] == []


def test_what_others_made_for_the_page_is_named_with_its_licence() -> None:
    assert {folder.name for folder in STATIC.iterdir()} - {"shared", "ask", *page.TABS} == {"docs", "fonts"}
    assert "Apache License" in (STATIC / "docs" / "LICENSE").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert [one["license"] for one in about.ASSETS] == ["Apache-2.0", "OFL-1.1"]
