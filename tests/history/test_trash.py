"""The trash: what goes into it together, comes back together, and is gone when it is emptied."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from assistants import ROWS
from assistants.errors import NotFound
from assistants.history import History
from assistants.opening import open_studio
from assistants.settings import Settings
from assistants.store import new_id, now
from assistants.store.jobs import JobRow
from tests.store.rows import add_file, add_job, add_turn


@pytest.fixture
def talk(history: History) -> dict[str, str]:
    """A conversation of two turns."""
    conversation = history.conversations.create("me", "Teas")
    first, first_job = add_turn(history, conversation, "Which tea?", "Green tea.")
    second, second_job = add_turn(history, conversation, "And else?", "Black tea.")
    return {"id": conversation, "first": first_job, "second": second_job, "last": second, "middle": first}


def found(history: History, q: str = "") -> set[str]:
    return {item.id for item in history.search("me", q=q)}


def rows(history: History) -> dict[str, int]:
    with history.store.read() as db:
        tables = ("jobs", "events", "words", "messages", "conversations", "files")
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def test_an_item_goes_and_comes_back(history: History) -> None:
    job, other = add_job(history, "tea", "green"), add_job(history, "tea", "black")
    assert history.trash.put("me", [job]) == [job]
    assert found(history) == found(history, "tea") == {other}
    [line] = history.trash.list("me")
    assert (line.id, line.kind, line.title, line.items) == (job, "item", "tea", 1)
    history.trash.restore("me", job)
    assert found(history, "tea") == {job, other}
    assert history.trash.list("me") == []


def test_a_reply_goes_with_its_conversation(history: History, talk: dict[str, str]) -> None:
    assert history.trash.put("me", [talk["first"], talk["second"]]) == [talk["id"]]
    assert found(history) == set() and history.conversations.list("me") == []
    [line] = history.trash.list("me")
    assert (line.kind, line.title, line.items) == ("conversation", "Teas", 2)
    history.trash.restore("me", line.id)
    assert found(history) == {talk["first"], talk["second"]}
    assert len(history.conversations.window(talk["id"], "me").turns) == 4


def test_a_message_comes_back_with_those_it_follows(history: History, talk: dict[str, str]) -> None:
    history.conversations.delete_message(talk["last"], "me")
    history.conversations.delete_message(talk["middle"], "me")
    assert [line.title for line in history.trash.list("me")] == ["Green tea.", "Black tea."]
    history.trash.restore("me", talk["last"])
    assert history.trash.list("me") == []
    turns = history.conversations.window(talk["id"], "me").turns
    assert [turn.text for turn in turns] == ["Which tea?", "Green tea.", "And else?", "Black tea."]
    assert found(history) == {talk["first"], talk["second"]}


def test_emptying_leaves_nothing_of_it(history: History, talk: dict[str, str]) -> None:
    kept = add_job(history, "kept", "for ever")
    before = rows(history)
    lone = add_job(history, "lone", "item")
    path = history.files.get(add_file(history, "a.png", b"\x89PNG", talk["first"]), "me").path
    history.trash.put("me", [talk["first"], lone])
    assert history.trash.empty("you") == 0
    assert history.trash.empty("me") == 3
    assert not path.exists()
    assert rows(history) == {**dict.fromkeys(before, 0), "jobs": 1, "events": 1, "words": 1}
    assert found(history, "kept") == {kept} and history.trash.list("me") == []


def test_emptying_takes_a_deleted_message_and_what_follows_it(history: History, talk: dict[str, str]) -> None:
    question = history.conversations.message(talk["last"], "me").parent
    history.conversations.delete_message(question, "me")
    assert history.trash.empty("me") == 1
    turns = history.conversations.window(talk["id"], "me").turns
    assert [turn.text for turn in turns] == ["Which tea?", "Green tea."]
    assert rows(history)["messages"] == 2


def test_what_was_deleted_long_ago_expires(history: History) -> None:
    old, new = add_job(history, "old", "tea"), add_job(history, "new", "tea")
    history.trash.put("me", [old, new])
    with history.store.write() as db:
        long_ago = (datetime.now(UTC) - timedelta(days=31)).isoformat(timespec="milliseconds")
        db.execute("UPDATE jobs SET deleted = ? WHERE id = ?", (long_ago.replace("+00:00", "Z"), old))
    assert history.trash.expire(30) == 1
    assert [line.id for line in history.trash.list("me")] == [new]


def test_what_is_still_being_written_is_not_emptied(history: History) -> None:
    running = JobRow(new_id(), "chat", "me", "running", None, "q", {}, now())
    history.jobs.insert(running)
    conversation = history.conversations.create("me", "Live")
    history.conversations.append(conversation, None, "assistant", "", running.id)
    history.trash.put("me", [running.id])
    assert history.trash.empty("me") == 0
    history.jobs.save([(JobRow(**{**running.__dict__, "status": "done", "output": "the end"}), [])])
    assert history.trash.empty("me") == 1


@pytest.mark.parametrize(
    "reach",
    [
        lambda history, talk: history.trash.put("you", [talk["first"]]),
        lambda history, talk: history.trash.put("me", ["nothing"]),
        lambda history, talk: history.trash.put("me", [talk["gone"]]),
        lambda history, talk: history.trash.restore("you", talk["gone"]),
        lambda history, talk: history.trash.restore("me", talk["id"]),
        lambda history, talk: history.trash.restore("me", talk["last"]),
        lambda history, talk: history.trash.restore("you", talk["last"]),
    ],
)
def test_nobody_deletes_or_restores_what_is_not_theirs_or_not_there(
    history: History, talk: dict[str, str], reach: Callable[[History, dict[str, str]], object]
) -> None:
    talk["gone"] = add_job(history, "gone", "tea")
    history.trash.put("me", [talk["gone"]])
    before = history.trash.list("me")
    with pytest.raises(NotFound):
        reach(history, talk)
    assert history.trash.list("me") == before and history.trash.list("you") == []
    assert found(history) == {talk["first"], talk["second"]}


@pytest.mark.parametrize(("days", "left"), [(30, 0), (0, 1)])
def test_a_start_empties_what_is_too_old(settings: Settings, days: int, left: int) -> None:
    settings.home.mkdir()
    with closing(History(settings.home, ROWS)) as history:
        history.trash.put("me", [add_job(history, "old", "tea")])
        with history.store.write() as db:
            db.execute("UPDATE jobs SET deleted = '2020-01-01T00:00:00.000Z'")
    studio = open_studio(settings.model_copy(update={"trash_days": days}))
    assert len(studio.history.trash.list("me")) == left
    studio.close()
