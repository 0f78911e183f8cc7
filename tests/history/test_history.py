"""The history store: search in both languages, conversations as trees, files, concurrency, owners."""

import io
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistants import ROWS
from assistants.errors import InvalidInput, NotFound, StoreError
from assistants.history import History
from assistants.principals import of_owner
from assistants.store import files as files_module
from assistants.store import new_id, now
from assistants.store.fulltext import indexable, queries
from assistants.store.jobs import JobRow
from assistants.words import tokens
from tests.store.rows import add_job

# Full text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Learn C++ and c# now", ["learn", "c++", "and", "c#", "now"]),
        ("申请退款。", ["申请", "请退", "退款"]),
        ("开 Ｗｉｆｉ密码", ["开", "wifi", "密码"]),
        ("don't", ["don", "t"]),
        ("", []),
        ("!?—", []),
    ],
)
def test_tokens(text: str, words: list[str]) -> None:
    assert tokens(text) == words


def test_signs_alone_are_left_to_like() -> None:
    assert queries("  ") == queries('"') == queries("😀") == ("", "")
    assert queries("退") == ('"退"*', "")
    # 480 times one character took 40 seconds in three texts of it.
    assert queries("退" * 480) == ('"退退" "退退"', '"退退"')
    assert queries("tea " * 100 + "te") == ('"tea" "te"*', '"tea" OR "te"')


def test_every_character_of_a_run_begins_a_word_of_the_index() -> None:
    assert {word[0] for word in indexable("申请退款。还", "ok 退").split()} == set("申请退款还o")


# Jobs and the store


def test_settled_text_is_packed_into_one_row_with_the_same_events(history: History) -> None:
    running = JobRow(new_id(), "chat", "me", "running", None, "q", {}, now())
    history.jobs.insert(running)
    for number in range(1, 6):
        history.jobs.save([(running, [(number, "text", {"delta": f"{number}"})])])
    before = history.jobs.events(running.id)
    done = JobRow(**{**running.__dict__, "status": "done", "output": "12345"})
    history.jobs.save([(done, [(6, "status", {"status": "done", "failure": None})])])
    assert history.jobs.events(running.id) == [*before, (6, "status", {"status": "done", "failure": None})]
    with history.store.read() as db:
        assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 2


def test_threads_may_write_at_once(history: History) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: add_job(history, f"q{i}", "a"), range(200)))
    assert len(history.search("me", limit=200)) == 200


def test_readers_cannot_write_and_see_what_is_committed(history: History) -> None:
    job = add_job(history, "q", "a")
    with history.store.read() as db:
        assert db.execute("SELECT id FROM jobs").fetchone()["id"] == job
        with pytest.raises(sqlite3.OperationalError):
            try:
                db.execute("DELETE FROM jobs")
            except sqlite3.OperationalError as error:
                raise sqlite3.OperationalError(str(error)) from error


def test_a_failed_transaction_leaves_nothing(history: History) -> None:
    with pytest.raises(ZeroDivisionError), history.store.write():
        add_job(history, "q", "a")
        raise ZeroDivisionError
    assert history.search("me") == []


def test_a_database_from_a_newer_studio_is_refused_and_left_alone(tmp_path: Path) -> None:
    history = History(tmp_path, ROWS)
    with history.store.write() as db:
        db.table("_sqlite_migrations").insert({"migration_set": "studio", "name": "m999_future", "applied_at": now()})
    history.close()
    with pytest.raises(StoreError, match="newer studio"):
        History(tmp_path, ROWS)


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "studio.db").write_text("hello, not a database " * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be used"):
        History(tmp_path, ROWS)


def test_old_rows_stay_readable_and_are_backed_up_before_a_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlite_utils import Migrations

    from assistants.store import connection as store
    from assistants.store import migrations

    history = History(tmp_path, ROWS)
    job = add_job(history, "old question", "old answer")
    history.close()
    newer = Migrations("studio")
    newer._migrations = [*migrations.migrations._migrations]
    newer(name="m900_later")(lambda db: db.execute("ALTER TABLE jobs ADD COLUMN later TEXT"))
    monkeypatch.setattr(store, "migrations", newer)
    history = History(tmp_path, ROWS)
    assert history.jobs.get(job, "me").output == "old answer"
    history.close()
    backup = sqlite3.connect(tmp_path / "studio.before-m900_later.db")
    assert backup.execute("SELECT input FROM jobs").fetchone() == ("old question",)
    backup.close()


# Conversations


@pytest.fixture
def tree(history: History) -> dict[str, str]:
    """Hello -> hi -> (first question -> one | two), with the second answer active."""
    talk = history.conversations
    ids = {"conversation": talk.create("me", "Greetings")}

    def add(name: str, parent: str | None, role: str) -> None:
        ids[name] = talk.append(ids["conversation"], parent and ids[parent], role, name)
        threading.Event().wait(0.002)  # ids sort by the millisecond

    add("hello", None, "user")
    add("hi", "hello", "assistant")
    add("question", "hi", "user")
    add("one", "question", "assistant")
    add("two", "question", "assistant")
    return ids


def active(history: History, tree: dict[str, str]) -> list[str]:
    return [turn.text for turn in history.conversations.window(tree["conversation"], "me").turns]


def test_alternatives_are_kept_and_can_be_chosen(history: History, tree: dict[str, str]) -> None:
    assert active(history, tree) == ["hello", "hi", "question", "two"]
    last = history.conversations.window(tree["conversation"], "me").turns[-1]
    assert last.siblings == [tree["one"], tree["two"]]
    history.conversations.select(tree["one"], "me")
    assert active(history, tree) == ["hello", "hi", "question", "one"]


def test_a_first_message_can_have_alternatives(history: History, tree: dict[str, str]) -> None:
    talk = history.conversations
    other = talk.append(tree["conversation"], None, "user", "good day")
    assert active(history, tree) == ["good day"]
    assert talk.window(tree["conversation"], "me").turns[0].siblings == [tree["hello"], other]
    talk.select(tree["hello"], "me")
    assert active(history, tree) == ["hello", "hi", "question", "two"]


def test_deleting_a_message_can_be_undone(history: History, tree: dict[str, str]) -> None:
    talk = history.conversations
    talk.delete_message(tree["two"], "me")
    assert active(history, tree) == ["hello", "hi", "question", "one"]
    talk.delete_message(tree["question"], "me")
    assert active(history, tree) == ["hello", "hi"]
    with pytest.raises(NotFound):
        talk.select(tree["question"], "me")
    talk.restore_message(tree["question"], "me")
    talk.restore_message(tree["two"], "me")
    assert active(history, tree) == ["hello", "hi", "question", "two"]


def test_deleting_a_message_or_conversation_takes_its_items_along_and_back(history: History) -> None:
    talk = history.conversations
    conversation = talk.create("me", "Soup")
    question = talk.append(conversation, None, "user", "q")
    job = add_job(history, "q", "leek soup")
    reply = talk.append(conversation, question, "assistant", "", job)
    for delete, restore, target in (
        (talk.delete_message, talk.restore_message, reply),
        (talk.delete, talk.restore, conversation),
    ):
        assert [item.conversation for item in history.search("me", q="leek")] == [conversation]
        delete(target, "me")
        assert history.search("me", q="leek") == []
        restore(target, "me")
    assert [one.id for one in talk.list("me", q="leek")] == [conversation]


def test_a_window_shows_the_end_and_then_what_came_before(history: History) -> None:
    talk = history.conversations
    conversation = talk.create("me", "Long")
    parent = None
    for i in range(100):
        parent = talk.append(conversation, parent, ["user", "assistant"][i % 2], f"turn {i}")
    last = talk.window(conversation, "me", limit=30)
    assert [turn.text for turn in last.turns] == [f"turn {i}" for i in range(70, 100)]
    assert last.earlier
    first = talk.window(conversation, "me", limit=80, before=last.turns[0].id)
    assert [turn.text for turn in first.turns] == [f"turn {i}" for i in range(70)]
    assert not first.earlier


def test_the_list_shows_pinned_ones_first_and_finds_by_title_or_text(history: History) -> None:
    talk = history.conversations
    old, new = talk.create("me", "Old 退款 plan"), talk.create("me", "New plan")
    talk.create("you", "Foreign plan")
    assert {one.id for one in talk.list("me")} == {old, new}
    talk.pin(old, "me", True)
    assert [one.id for one in talk.list("me")] == [old, new]
    assert [one.id for one in talk.list("me", q="退款")] == [old]
    talk.rename(new, "me", "  A new\n name ")
    assert talk.get(new, "me").title == "A new name"
    for title in ("", "  ", "x" * 200):
        with pytest.raises(InvalidInput):
            talk.rename(new, "me", title)


def test_nobody_reaches_the_conversation_of_another(history: History, tree: dict[str, str]) -> None:
    talk = history.conversations
    conversation, message = tree["conversation"], tree["hi"]
    for reach in (
        lambda: talk.get(conversation, "you"),
        lambda: talk.window(conversation, "you"),
        lambda: talk.window(conversation, "me", before="nothing"),
        lambda: talk.rename(conversation, "you", "mine"),
        lambda: talk.pin(conversation, "you", True),
        lambda: talk.delete(conversation, "you"),
        lambda: talk.restore(conversation, "you"),
        lambda: talk.message(message, "you"),
        lambda: talk.select(message, "you"),
        lambda: talk.delete_message(message, "you"),
        lambda: talk.restore_message(message, "you"),
    ):
        with pytest.raises(NotFound):
            reach()
    assert active(history, tree) == ["hello", "hi", "question", "two"]


def test_a_deleted_conversation_comes_back_only_for_its_owner(history: History, tree: dict[str, str]) -> None:
    talk = history.conversations
    talk.delete(tree["conversation"], "me")
    with pytest.raises(NotFound):
        talk.restore(tree["conversation"], "you")
    with pytest.raises(NotFound):
        talk.get(tree["conversation"], "me")
    talk.restore(tree["conversation"], "me")
    assert active(history, tree) == ["hello", "hi", "question", "two"]


# Files


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", b"hello", "text/plain"),
        ("a.csv", b"a,b", "text/csv"),
        ("a.html", b"<script>", "text/html"),
        ("a.svg", b"<svg onload=alert(1)>", "text/plain"),
        ("a.txt", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("a.png", b"MZ\0\0", "application/octet-stream"),
        ("a", b"%PDF-1.7", "application/pdf"),
        ("a.jpg", b"RIFF....WEBPVP8 ", "image/webp"),
    ],
)
def test_a_file_is_what_its_bytes_say(history: History, name: str, data: bytes, kind: str) -> None:
    file = history.files.add(of_owner("me"), name, io.BytesIO(data))
    assert (file.type, file.size, file.path.read_bytes()) == (kind, len(data), data)
    assert history.files.get(file.id, "me") == file
    with pytest.raises(NotFound):
        history.files.get(file.id, "you")


def test_hostile_names_become_plain_ones(history: History) -> None:
    names = ["../../etc/passwd", "C:\\windows\\a.txt", "a\u202egpj.exe\n", "...", "x" * 500]
    kept = [history.files.add(of_owner("me"), name, io.BytesIO(b"x")).name for name in names]
    assert kept == ["passwd", "a.txt", "agpj.exe", "file", "x" * 200]


def test_a_file_over_the_limit_or_empty_leaves_nothing(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "MAX_BYTES", 1 << 20)
    for data in (b"", b"x" * ((1 << 20) + 1)):
        with pytest.raises(InvalidInput):
            history.files.add(of_owner("me"), "a", io.BytesIO(data))
    assert list((tmp_path / "files").iterdir()) == []
