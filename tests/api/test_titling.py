"""Titles by a model: where one is able to find one and no person has; nothing of the question is kept."""

from threading import Semaphore
from typing import Any

import pytest

from assistants.chat.titling import cleaned
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from tests.api.door import Door


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in, which says what it was asked, counts as able to find a title."""
    monkeypatch.setattr("assistants.chat.titling.able", lambda _studio, _name: True)
    monkeypatch.setattr("assistants.chat.titling.ASK", "Title: “Rivers of Portugal”.")


def begin(studio: Studio, **request: Any) -> str:
    job = studio.jobs.submit("chat", {"message": "Tell me of rivers in Portugal, please", **request}, LOCAL)
    return studio.jobs.wait(job.id, LOCAL.id, 30).result["conversation"]


def title(door: Door, conversation: str) -> str | None:
    return door.ask("POST", f"conversations/{conversation}/title", {})["title"]


def test_what_a_model_cannot_name_keeps_the_beginning_of_the_message(studio: Studio) -> None:
    door, own = Door(studio), begin(studio)
    assert title(door, own) is None
    assert door.ask("GET", f"conversations/{own}")["title"] == "Tell me of rivers in Portugal, please"


@pytest.mark.usefixtures("able")
def test_a_title_is_found_once_and_never_in_place_of_a_persons(studio: Studio) -> None:
    door, own, named = Door(studio), begin(studio), begin(studio)
    assert title(door, own) == "Rivers of Portugal"
    assert door.ask("GET", f"conversations/{own}")["title"] == "Rivers of Portugal"
    assert title(door, own) is None
    door.ask("PATCH", f"conversations/{named}", {"title": "Mine"})
    assert title(door, named) is None and door.ask("GET", f"conversations/{named}")["title"] == "Mine"
    assert {one["assistant"] for one in door.ask("GET", "history")["items"]} == {"chat"}
    assert door.refusal("POST", f"conversations/{own}/title", {}, who=of_owner("ann"))[0] == 404
    assert title(door, begin(studio, temporary=True)) is None


@pytest.mark.usefixtures("able")
def test_nobody_waits_while_another_title_is_found(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    door, own, busy = Door(studio), begin(studio), Semaphore(0)
    with monkeypatch.context() as patch:
        patch.setattr("assistants.chat.titling._ONE_AT_A_TIME", busy)
        assert title(door, own) is None
    assert title(door, own) == "Rivers of Portugal"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Rivers of Portugal", "Rivers of Portugal"),
        ('"Rivers of Portugal."\n\nThis title...', "Rivers of Portugal"),
        ("**Title: Rivers**", "Rivers"),
        ("标题：《葡萄牙的河流》。", "葡萄牙的河流"),
        ("", ""),
        ("\n \n", ""),
        ("word " * 40, ""),
    ],
)
def test_only_a_title_is_one(said: str, found: str) -> None:
    assert cleaned(said) == found
