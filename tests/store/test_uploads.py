"""Room for uploads: of a visitor, of a place, of all anonymous ones; and what nobody uses goes."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants import ROWS
from assistants.errors import InvalidInput
from assistants.history import History
from assistants.opening import open_studio
from assistants.principals import LOCAL, OPERATOR, anonymous, of_owner
from assistants.settings import Settings
from assistants.store import uploads
from assistants.store.documents import new_document, new_section
from tests.store.rows import add_job

MB = 1 << 20


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History(tmp_path, ROWS, 3 * MB)
    yield opened
    opened.close()


def add(history: History, owner: str, size: int = MB) -> str:
    return history.files.add(of_owner(owner), "a.txt", io.BytesIO(b"x" * size)).id


def count(history: History, owner: str) -> int:
    """Return how many uploads of a megabyte there is room for."""
    for number in range(50):
        try:
            add(history, owner)
        except InvalidInput as full:
            assert full.field == "file" and "3 MB" in str(full)
            return number
    return 50


def test_a_visitor_a_place_and_all_anonymous_ones_have_so_much_room(history: History) -> None:
    assert count(history, anonymous("here").id) == 3
    assert [count(history, anonymous("here").id) for _ in range(3)] == [3, 3, 0]
    assert [count(history, anonymous(place).id) for place in ("there", "where")] == [3, 3]
    # Fifteen are taken of thirty; nobody knows where these come from.
    assert [count(history, anonymous().id) for _ in range(6)] == [3, 3, 3, 3, 3, 0]
    assert count(history, "key-abc") == 3
    assert count(history, OPERATOR.id) == count(history, LOCAL.id) == 50
    # What is refused leaves nothing.
    with history.store.read() as db:
        assert len(list(history.files.folder.iterdir())) == db.execute("SELECT count(*) FROM files").fetchone()[0]


def test_many_small_files_have_no_more_room_than_large_ones(history: History) -> None:
    ann = anonymous("here").id
    with pytest.raises(InvalidInput):
        for _ in range(3 * MB // uploads.LEAST + 1):
            add(history, ann, 1)


def test_what_jobs_make_is_no_upload(history: History) -> None:
    ann = anonymous("here").id
    job = add_job(history, "a poem", "roses", owner=ann)
    for _ in range(5):
        history.files.add(of_owner(ann), "a.png", io.BytesIO(b"x" * MB), job)
    assert count(history, ann) == 3


def test_where_there_is_no_room_what_nobody_uses_goes(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = anonymous("here").id
    used, drafted, unused = add(history, ann), add(history, ann), add(history, ann)
    add_job(history, "a picture", "", owner=ann, request={"init_image": used})
    document = new_document(sections=(new_section("", text=f"![x](/api/files/{drafted})"),))
    history.drafts.create(ann, "Tea", {"kind": "article"}, document)
    assert count(history, ann) == 0
    with monkeypatch.context() as later:
        later.setattr(uploads, "HOURS", -1)
        add(history, ann)
    assert count(history, ann) == 0
    kept = {path.name for path in history.files.folder.iterdir()}
    assert {used, drafted} <= kept and unused not in kept and len(kept) == 3


def test_a_start_deletes_what_nobody_used_for_days(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = open_studio(settings)
    unused, used = add(studio.history, LOCAL.id), add(studio.history, LOCAL.id)
    add_job(studio.history, "a picture", "", owner=LOCAL.id, request={"init_image": used})
    studio.close()
    for days, left in [(7, {unused, used}), (-1, {used})]:
        monkeypatch.setattr(uploads, "DAYS", days)
        studio = open_studio(settings)
        assert {path.name for path in (settings.home / "files").iterdir()} == left
        studio.close()
