"""The gallery's rows: pages, words, stars, boards, the trash."""

import io
from pathlib import Path

import pytest

from assistants.errors import InvalidInput, NotFound
from assistants.history import History
from assistants.principals import of_owner
from assistants.store import now
from assistants.store.jobs import JobRow
from assistants.store.pictures import Made, Picture, Wanted


def add(history: History, prompt: str = "a cat", owner: str = "me", kind: str = "picture") -> str:
    job = JobRow(
        id=f"job-{prompt}-{owner}-{len(history.files.uploads(None))}-{now()}",
        assistant="images", owner=owner, status="done", model="echo:", input=prompt, request={}, created=now(),
    )  # fmt: skip
    history.jobs.save([(job, [])])
    file = history.files.add(of_owner(owner), "a.png", io.BytesIO(b"bytes"), job.id)
    row = Picture(file.id, job.id, kind, 0, 64, 64, 1, prompt, "echo:", False, now())
    history.pictures.add(owner, Made(row, {"prompt": prompt}, {"engine": "echo"}, "sha"))
    return file.id


def ids(history: History, owner: str = "me", **wanted: object) -> list[str]:
    return [one.id for one in history.pictures.page(owner, Wanted(**wanted)).pictures]


def test_pages_follow_each_other(history: History) -> None:
    added = [add(history, f"number {place}") for place in range(5)][::-1]
    first = history.pictures.page("me", Wanted(limit=2))
    second = history.pictures.page("me", Wanted(limit=2, before=first.next))
    last = history.pictures.page("me", Wanted(limit=2, before=second.next))
    assert [one.id for page in (first, second, last) for one in page.pictures] == sorted(added, reverse=True)
    assert (first.total, last.next) == (5, None)
    with pytest.raises(InvalidInput):
        history.pictures.page("me", Wanted(limit=0))


def test_words_stars_and_boards_find_pictures(history: History) -> None:
    cat, dog, fox = add(history, "a red cat"), add(history, "a dog, 100%"), add(history, "雪地里的狐狸")
    assert ids(history, query="red") == [cat] and ids(history, query="狐狸") == [fox]
    assert ids(history, query="%") == [dog] and ids(history, query="owl") == []
    history.pictures.star(dog, "me", True)
    assert ids(history, starred=True) == [dog]
    board = history.pictures.add_board("me", " Best ")
    history.pictures.put_on_board(board.id, "me", [cat, fox], [])
    history.pictures.put_on_board(board.id, "me", [cat], [fox])
    assert ids(history, board=board.id) == [cat]
    assert history.pictures.get(cat, "me").picture.boards == (board.id,)
    assert [(one.name, one.pictures) for one in history.pictures.boards("me")] == [("Best", 1)]


def test_boards_have_names_of_their_own(history: History) -> None:
    board = history.pictures.add_board("me", "One")
    other = history.pictures.add_board("me", "Two")
    with pytest.raises(InvalidInput, match="a board named One already"):
        history.pictures.rename_board(other.id, "me", "One")
    with pytest.raises(InvalidInput, match="empty"):
        history.pictures.add_board("me", " ")
    history.pictures.rename_board(other.id, "me", "Three")
    picture = add(history)
    history.pictures.put_on_board(board.id, "me", [picture], [])
    history.pictures.delete_board(board.id, "me")
    assert [one.name for one in history.pictures.boards("me")] == ["Three"] and ids(history) == [picture]


def test_strangers_reach_nothing(history: History) -> None:
    mine, board = add(history), history.pictures.add_board("me", "One").id
    for call in (
        lambda: history.pictures.get(mine, "you"),
        lambda: history.pictures.star(mine, "you", True),
        lambda: history.pictures.trash([mine], "you"),
        lambda: history.pictures.put_on_board(board, "you", [], []),
        lambda: history.pictures.rename_board(board, "you", "Mine"),
        lambda: history.pictures.delete_board(board, "you"),
        lambda: history.pictures.put_on_board(history.pictures.add_board("you", "Two").id, "you", [mine], []),
    ):
        with pytest.raises(NotFound):
            call()
    history.pictures.restore([mine], "you")
    assert ids(history, "you") == [] and ids(history) == [mine]


def test_the_trash_holds_a_picture_until_it_is_emptied(history: History, tmp_path: Path) -> None:
    kept, gone = add(history, "kept"), add(history, "gone")
    with pytest.raises(NotFound):
        history.pictures.trash([kept, "nothing"], "me")
    history.pictures.trash([gone], "me")
    assert ids(history) == [kept]
    assert [(line.kind, line.title) for line in history.trash.list("me")] == [("picture", "gone")]
    history.trash.restore("me", gone)
    assert set(ids(history)) == {kept, gone}
    history.pictures.trash([gone], "me")
    history.pictures.thumbnail(gone).write_bytes(b"small")
    assert history.trash.empty("me") == 1
    assert not (tmp_path / "files" / gone).exists() and not history.pictures.thumbnail(gone).exists()
    assert (tmp_path / "files" / kept).exists()


def test_a_job_takes_its_pictures_along(history: History, tmp_path: Path) -> None:
    picture = add(history)
    history.trash.put("me", [history.pictures.get(picture, "me").picture.job])
    assert ids(history) == []
    assert history.trash.empty("me") == 1
    assert not (tmp_path / "files" / picture).exists()
