"""What the operator sets for everybody: who may, what counts, and what is left when it cannot be read."""

from pathlib import Path
from typing import Any

import pytest

from assistants.connections import Connection
from assistants.errors import InvalidInput, NotAllowed
from assistants.preferences import Preferences, change, stored, trash_days
from assistants.principals import LOCAL, OPERATOR, Principal, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from tests.serving import opened

FAR = Connection(name="far", url="http://localhost:8000/v1", models=["m"])


def set_(studio: Studio, owner: Principal = LOCAL, **wanted: Any) -> None:
    change(studio, validated(Preferences, wanted), owner)


def test_the_operators_model_writes_when_nobody_names_one(studio: Studio) -> None:
    set_(studio, OPERATOR, text_model="echo:words=2")
    for who in (LOCAL, of_owner("ann")):
        job = studio.jobs.submit("chat", {"message": "one two three"}, who)
        done = studio.jobs.wait(job.id, who.id, 10)
        assert (done.model, done.output) == ("echo:words=2", "one two ")
    assert studio.models.pickable()[0] == "echo:words=2"
    set_(studio, text_model=None)
    assert studio.models.resolve(None) == "echo:"


def test_it_outlives_the_studio(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as studio:
        set_(studio, text_model="echo:words=2", trash_days=7)
    with opened(tmp_path / "home") as studio:
        assert studio.models.resolve(None) == "echo:words=2"
        assert stored(studio.history) == Preferences(text_model="echo:words=2", trash_days=7)


def test_a_model_that_is_gone_leaves_the_setting(studio: Studio) -> None:
    studio.connections.save(FAR, LOCAL)
    set_(studio, text_model="far:m")
    assert studio.models.resolve(None) == "far:m"
    studio.connections.delete("far", LOCAL)
    assert studio.models.resolve(None) == "echo:"
    assert stored(studio.history).text_model == "far:m"


def test_what_is_not_named_stays(studio: Studio) -> None:
    set_(studio, trash_days=0)
    set_(studio, text_model="starter")
    assert stored(studio.history) == Preferences(text_model="local:mini", trash_days=0)
    assert trash_days(studio.settings, studio.history) == 0
    set_(studio, trash_days=None)
    assert trash_days(studio.settings, studio.history) == studio.settings.trash_days == 30


@pytest.mark.parametrize(
    "wanted",
    [
        {"text_model": "nobody-made:this"},
        {"text_model": "starter-embedder"},
        {"text_model": ""},
        {"trash_days": -1},
        {"trash_days": 10_000},
        {"trash_days": "soon"},
        {"trash_days": True},
        {"port": 1},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(studio: Studio, wanted: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        set_(studio, **{"trash_days": 5, **wanted})
    assert stored(studio.history) == Preferences()


def test_a_visitor_sets_nothing(studio: Studio) -> None:
    with pytest.raises(NotAllowed):
        set_(studio, of_owner("ann"), trash_days=5)
    assert stored(studio.history) == Preferences()


def test_the_trash_is_emptied_by_what_is_set(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with opened(home, trash_days=0) as studio:
        job = studio.jobs.submit("chat", {"message": "old"}, LOCAL)
        studio.jobs.wait(job.id, LOCAL.id, 10)
        studio.history.trash.put(LOCAL.id, [job.id])
        with studio.history.store.write() as db:
            db.execute("UPDATE jobs SET deleted = '2026-01-01T00:00:00.000Z'")
            db.execute("UPDATE conversations SET deleted = '2026-01-01T00:00:00.000Z'")
    with opened(home, trash_days=0) as studio:
        assert len(studio.history.trash.list(LOCAL.id)) == 1
        set_(studio, trash_days=1)
    with opened(home, trash_days=0) as studio:
        assert studio.history.trash.list(LOCAL.id) == []


@pytest.mark.parametrize("row", [("trash_days", '"many"'), ("from_a_newer_studio", "1"), ("text_model", "[]")])
def test_what_another_studio_wrote_hinders_nothing(studio: Studio, row: tuple[str, str]) -> None:
    with studio.history.store.write() as db:
        db.execute("INSERT INTO settings (name, value, changed) VALUES (?, ?, '')", row)
    assert stored(studio.history) == Preferences()
    assert studio.models.resolve(None) == "echo:"
