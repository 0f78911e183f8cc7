"""The package index: wheels that carry a model, downloaded with pip; what is in them is taken out, parts are joined.

Nothing is installed, and of a wheel nothing is read but what the catalog names. A wheel is dropped once it has been
taken in. When the connection is lost or a person pauses, what has been joined stays, and the next time goes on with the
next wheel. Knows nothing about where the files belong in the end.
"""

import errno
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from assistants.digests import file_sha256
from assistants.errors import without_paths
from assistants.models.files.catalog import Entry, Package
from assistants.models.files.downloads import (
    Cancelled,
    CutOff,
    Download,
    Halt,
    ProgramFailed,
    SourceFailed,
    Unreachable,
    last_line,
)

MEGABYTE = 1_000_000
# The sha256 of the catalog takes its place.
PIP_OBSTACLE = "PIP_REQUIRE_HASHES"
PIP_NO_INDEX = "PIP_NO_INDEX"
PIP_DOWNLOAD = (
    "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--progress-bar=off", "--no-cache-dir",
    "--disable-pip-version-check", "--retries=2",
)  # fmt: skip
# How long it waits before each further try, where the connection was lost; pip itself tries a few times before that.
RETRY_SECONDS = (2, 10, 30)
# Beside what pip is told to download there are its own small files.
SLACK = 4 * MEGABYTE
STATE = "joined.json"
COMING = "wheel-"
# What pip says, in small letters, of a connection that broke and of what the index lacks.
LOST = ("connection broken", "connection interrupted", "incomplete-download")
ABSENT = "no matching distribution"
# pip writes a wheel into its temporary folder and then copies it.
COPIES = 2

# How many bytes have come, of those that come in all.
Grown = Callable[[int, int], None]


@dataclass(frozen=True)
class Wheel:
    """A wheel and the members that are wanted of it: each with the file to whose end it goes, and its size in bytes."""

    requirement: str
    sha256: str
    size: int
    members: tuple[tuple[str, str, int | None], ...]


def wheels_of(entry: Entry) -> list[Wheel]:
    """Return the wheels that carry the files of a model."""
    package = entry.package
    if package is None:
        return []
    if isinstance(package, Package):
        members = tuple((f"{package.folder}/{file.name}", file.name, file.size) for file in entry.files)
        return [Wheel(package.requirement, package.sha256, package.size, members)]
    (file,) = entry.files
    assert file.size, "the catalog says how large what is in parts is"
    count = len(package.sha256)
    sizes = [package.size] * (count - 1) + [file.size - package.size * (count - 1)]
    return [
        Wheel(package.requirement.format(n=n), sha256, size, ((package.member.format(n=n), file.name, size),))
        for n, (sha256, size) in enumerate(zip(package.sha256, sizes, strict=True), 1)
    ]


def worst(entry: Entry, folder: Path) -> int:
    """Return how many bytes more than there are now ``folder`` takes at the worst moment of a download."""
    wheels, joined, most = wheels_of(entry), 0, 0
    begun = Joined(folder, wheels).count
    for number, wheel in enumerate(wheels):
        taken = sum(size or 0 for _, _, size in wheel.members) or wheel.size
        if number >= begun:
            most = max(most, joined + wheel.size + max((COPIES - 1) * wheel.size, taken))
            joined += taken
    return most


def fetch(entry: Entry, folder: Path, grown: Grown, halt: Halt) -> Path:
    """Return the folder below ``folder`` with a model's files, after downloading what is not there yet; blocks.

    Raises ``SourceFailed``, ``Cancelled``, and ``OSError`` if the disk is full.
    """
    wheels = wheels_of(entry)
    joined = Joined(folder, wheels)
    total = sum(wheel.size for wheel in wheels)
    for number in range(joined.count, len(wheels)):
        before = sum(wheel.size for wheel in wheels[:number])

        def more(done: int, before: int = before) -> None:
            grown(before + done, total)

        path = _patient(wheels, number, folder, more, halt)
        joined.take(path)
        shutil.rmtree(path.parent)
    return joined.files


def _patient(wheels: list[Wheel], number: int, folder: Path, grown: Callable[[int], None], halt: Halt) -> Path:
    """Download a wheel, trying again a few times where that may help."""
    for pause in (*RETRY_SECONDS, None):
        try:
            return _download(wheels[number], folder, grown, halt)
        except ProgramFailed as failed:
            failure = _explained(failed.log, wheels[number], number, len(wheels))
            # What never came, nobody waits for: other sources may be quicker.
            if pause is None or not isinstance(failure, CutOff):
                raise failure from None
            if halt.wait(pause):
                raise Cancelled from None
    raise AssertionError


def _download(wheel: Wheel, folder: Path, grown: Callable[[int], None], halt: Halt) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{COMING}*"):
        shutil.rmtree(left, ignore_errors=True)
    # A new one each time: the pip of a studio that was killed may still be at work in the last one.
    folder = Path(tempfile.mkdtemp(prefix=COMING, dir=folder))
    # pip downloads into its temporary folder first: here, where there is space and its progress can be seen.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    environment = {name: value for name, value in os.environ.items() if name.upper() != PIP_OBSTACLE} | temporary

    def watch(done: int) -> None:
        if done > COPIES * wheel.size + SLACK:
            raise _another(wheel)
        grown(min(done, wheel.size))

    Download([*PIP_DOWNLOAD, "--dest", str(folder), wheel.requirement], environment, folder).run(watch, halt)
    found = list(folder.glob("*.whl"))
    if len(found) != 1 or file_sha256(found[0]) != wheel.sha256:
        raise _another(wheel)
    return found[0]


def _another(wheel: Wheel) -> SourceFailed:
    template = "The package index has another {package} than the one that is wanted."
    return SourceFailed(template, package=wheel.requirement)


def _explained(log: str, wheel: Wheel, number: int, count: int) -> SourceFailed:
    """Return what pip's words mean; raises ``OSError`` if the disk is full."""
    words = log.lower()
    if "no space left" in words or "errno 28" in words:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    is_lost = any(sign in words for sign in LOST)
    if is_lost and number:
        template = (
            "The connection to the package index was lost in part {part} of {parts}."
            " The parts before it are kept, and the next try goes on there."
        )
        return CutOff(template, part=number + 1, parts=count)
    if is_lost and ABSENT in words:
        return Unreachable("The package index can't be reached.")
    if is_lost:
        return CutOff("The connection to the package index was lost.")
    if ABSENT in words and os.environ.get(PIP_NO_INDEX, "0").lower() not in ("", "0", "false", "no"):
        return SourceFailed("PIP_NO_INDEX is set, so the package index isn't asked.")
    if " is invalid" in words:
        # It looks into the wheel, too.
        return _another(wheel)
    if ABSENT in words:
        return SourceFailed("The package index doesn't have {package}.", package=wheel.requirement)
    cause = without_paths(last_line(log))
    return SourceFailed("{package} couldn't be downloaded ({cause}).", package=wheel.requirement, cause=cause)


@dataclass
class State:
    """What has been joined: the sha256 of the wheels, and the size of each file, in bytes."""

    wheels: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)


class Joined:
    """The files as far as they have been joined, below ``folder``; it begins where it was left."""

    def __init__(self, folder: Path, wheels: list[Wheel]) -> None:
        self.files = folder / "files"
        self._wheels = wheels
        self._record = folder / STATE
        self._state = self._read()

    @property
    def count(self) -> int:
        """How many wheels have been taken in."""
        return len(self._state.wheels)

    def _read(self) -> State:
        try:
            state = State(**json.loads(self._record.read_text(encoding="utf-8")))
            wanted = [wheel.sha256 for wheel in self._wheels]
            is_sound = state.wheels == wanted[: len(state.wheels)] and all(
                (self.files / name).stat().st_size >= size for name, size in state.sizes.items()
            )
        except (OSError, ValueError, TypeError):
            return State()
        return state if is_sound else State()

    def take(self, path: Path) -> None:
        """Add what is wanted of the next wheel; raises ``SourceFailed`` if it is not in there."""
        wheel, sizes = self._wheels[self.count], dict(self._state.sizes)
        try:
            with zipfile.ZipFile(path) as archive:
                for member, name, size in wheel.members:
                    sizes[name] = self._append(archive, member, name, size, sizes.get(name, 0))
        except (KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise SourceFailed("{package} is broken or another one.", package=wheel.requirement) from error
        self._state = State([*self._state.wheels, wheel.sha256], sizes)
        draft = self._record.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(self._state)), encoding="utf-8")
        draft.replace(self._record)

    def _append(self, archive: zipfile.ZipFile, member: str, name: str, size: int | None, start: int) -> int:
        """Write a member at ``start`` of a file and return where it ends."""
        info = archive.getinfo(member)
        if size is not None and info.file_size != size:
            template = "{member} has {size} bytes instead of {wanted}."
            raise SourceFailed(template, member=member, size=info.file_size, wanted=size)
        target = self.files / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, target.open("r+b" if start else "wb") as file:
            # What a crash left behind the last whole part is not it.
            file.seek(start)
            file.truncate()
            shutil.copyfileobj(source, file, length=MEGABYTE)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()
