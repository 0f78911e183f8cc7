"""Temporary conversations: in no list, in no index, and nothing of them in the file once they are left."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from assistants.chat.temporary import IDLE
from assistants.history import History
from assistants.opening import ROWS
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from tests.api.door import Door
from tests.serving import opened

SECRET = "xylophone-of-yesterday"


def begin(door: Door, **request: Any) -> dict[str, Any]:
    asked = {"message": f"Tell nobody of the {SECRET}", "temporary": True, **request}
    ticket = door.ask("POST", "jobs", {"assistant": "chat", "request": asked})
    return door.ask("GET", f"jobs/{ticket['id']}")


def in_files(home: Path) -> list[str]:
    """Return the files of a home that hold the secret."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


def test_nothing_of_it_is_left_in_the_file(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as studio:
        door = Door(studio)
        job = begin(door)
        conversation = job["result"]["conversation"]
        studio.jobs.wait(job["id"], LOCAL.id, 30)
        assert door.ask("GET", f"conversations/{conversation}")["temporary"]
        assert len(door.ask("GET", f"conversations/{conversation}/messages")["messages"]) == 2
        assert door.ask("GET", "conversations")["items"] == [] and in_files(tmp_path)
        assert door.ask("GET", f"conversations?q={SECRET}")["items"] == []
        door.ask("DELETE", f"conversations/{conversation}/temporary")
        assert door.refusal("GET", f"conversations/{conversation}")[0] == 404
        assert door.refusal("GET", f"jobs/{job['id']}")[0] == 404
        assert door.ask("GET", "history")["items"] == [] and door.ask("GET", "trash") == []
        assert in_files(tmp_path) == []
    assert in_files(tmp_path) == []


def test_what_is_being_written_is_stopped(studio: Studio) -> None:
    door = Door(studio)
    job = begin(door, message="word " * 2000, model="echo:delay=0.01")
    door.ask("DELETE", f"conversations/{job['result']['conversation']}/temporary")
    assert door.refusal("GET", f"jobs/{job['id']}")[0] == 404


def test_one_that_nobody_left_goes_at_the_next_start(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as studio:
        job = begin(Door(studio))
        studio.jobs.wait(job["id"], LOCAL.id, 30)
    assert in_files(tmp_path)
    with opened(tmp_path / "home") as studio:
        assert Door(studio).refusal("GET", f"jobs/{job['id']}")[0] == 404
    assert in_files(tmp_path) == []


def test_only_an_idle_one_is_swept(studio: Studio) -> None:
    door = Door(studio)
    job = begin(door)
    studio.jobs.wait(job["id"], LOCAL.id, 30)
    studio.history.forget_temporary(IDLE)
    assert door.ask("GET", f"jobs/{job['id']}")["id"] == job["id"]
    studio.history.forget_temporary(timedelta(0))
    assert door.refusal("GET", f"jobs/{job['id']}")[0] == 404


def test_others_are_kept_and_are_anothers_to_leave(studio: Studio) -> None:
    door = Door(studio)
    kept = begin(door, temporary=False)["result"]["conversation"]
    assert door.refusal("DELETE", f"conversations/{kept}/temporary")[0] == 404
    own = begin(door)["result"]["conversation"]
    assert door.refusal("DELETE", f"conversations/{own}/temporary", who=of_owner("ann"))[0] == 404
    wanted = {"assistant": "chat", "request": {"message": "x", "conversation": own, "temporary": True}}
    assert door.refusal("POST", "jobs", wanted) == (422, "temporary goes with a new conversation only.")
    # A new one does not take its settings from one that leaves nothing.
    begin(door, system="Whisper.")
    assert door.ask("GET", "conversations/settings")["system"] is None


def test_an_old_home_has_none(tmp_path: Path) -> None:
    with closing(History(tmp_path, ROWS)) as history:
        history.forget_temporary(timedelta(0))
