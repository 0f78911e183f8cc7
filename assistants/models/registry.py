"""The registry: which models there are to name, which of them are installed, and where they lie.

Knows the catalog and the records beside installed models; knows nothing about fetching or running.
"""

import contextlib
import logging
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from assistants.errors import InvalidInput, ModelUnavailable
from assistants.models.files.catalog import GGUF, MANIFEST, NAME, Catalog, Entry, Hub, read_manifest, write_manifest
from assistants.models.files.sources import LOCK, begun, is_there, locked, mark, marked

# "org/repo", with "/file.gguf" and "@revision" if wanted.
PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
HUB_ID = re.compile(rf"({PART}/{PART})((?:/\w[\w.+= -]*)*)(?:@(\w[\w./-]*))?")
NAME_LENGTH = 80
WEIGHTS = (GGUF, ".safetensors")
LOCAL = "local:"
# The studio's own model of a kind, whichever that is when a job is admitted.
DEFAULT = "default"

logger = logging.getLogger(__name__)


class ModelRegistry:
    """The catalog, and over it what lies in the folder of the models."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self.folder = folder
        self.catalog = catalog
        self._lock = threading.Lock()
        # What models were called before: scripts, browsers, templates and folders may still say so.
        self.former = {old: name for name, entry in catalog.items() for old in entry.formerly}
        # Where a model lies that could not be moved to its own place.
        self._elsewhere: dict[str, Path] = {}
        self._adopt()
        # By name: when the record was written, and what it says.
        self._manifests: dict[str, tuple[int, Entry | None]] = {}

    def place(self, name: str) -> Path:
        """Return a model's own folder."""
        return self._elsewhere.get(name, self.folder / name)

    def current(self, name: str) -> str:
        """Return what a model is called now that may have had another name, with ``local:`` before it or without."""
        prefix = LOCAL if name.startswith(LOCAL) else ""
        bare = name.removeprefix(prefix)
        return prefix + self.former.get(bare, bare)

    def _adopt(self) -> None:
        """Call the folders of models that had another name what these are called now."""
        for old, new in self.former.items():
            before, after = self.folder / old, self.folder / new
            if not before.is_dir() or is_there(self.catalog[new], after):
                continue
            try:
                if after.is_dir():
                    after.rmdir()
                before.rename(after)
                logger.info("%s is called %s now", before, after)
            except OSError as error:
                logger.info("%s stays where it is: %s", before, error)
                self._elsewhere[new] = before

    def get(self, name: str) -> Entry | None:
        """Return what is known of a model, if there is one."""
        return self._manifest(name) or self.catalog.get(name)

    def entry(self, name: str) -> Entry:
        """Return what is known of a model; raises ``ModelUnavailable``, such as for one that was deleted meanwhile."""
        if entry := self.get(name):
            return entry
        raise ModelUnavailable("There is no model named {name}.", name=name)

    def entries(self) -> dict[str, Entry]:
        """Return all models by name: the catalog's in its order, then those that a person added."""
        added = {}
        if self.folder.is_dir():
            for folder in sorted(self.folder.iterdir()):
                if folder.name not in self.catalog and (entry := self._manifest(folder.name)):
                    added[folder.name] = entry
        return {name: self._manifest(name) or entry for name, entry in self.catalog.items()} | added

    def _manifest(self, name: str) -> Entry | None:
        # Anybody may ask for any name: no other leads out of the folder.
        if not re.fullmatch(NAME, name):
            return None
        try:
            written = (self.place(name) / MANIFEST).stat().st_mtime_ns
        except OSError:
            return None
        with self._lock:
            if self._manifests.get(name, (None,))[0] != written:
                try:
                    self._manifests[name] = (written, read_manifest(self.place(name)))
                except ValueError as error:
                    logger.warning("%s", error)
                    self._manifests[name] = (written, None)
            return self._manifests[name][1]

    def is_installed(self, name: str) -> bool:
        """Say whether all files of a model are there."""
        entry = self.get(name)
        return entry is not None and is_there(entry, self.place(name))

    def has_begun(self, name: str) -> bool:
        """Say whether a part of a model has come, and was left for later."""
        return begun(self.place(name)) is not None

    def path(self, name: str) -> Path:
        """Return what an engine opens of an installed model."""
        return self.entry(name).path(self.place(name))

    def size(self, name: str) -> int | None:
        """Return how many bytes a model has: those that are there of one that is not fetched."""
        entry = self.entry(name)
        if (place := entry.own_place) is None:
            return entry.size
        files = place.rglob("*") if place.is_dir() else [place]
        try:
            return sum(file.stat().st_size for file in files if file.is_file())
        except OSError:
            return None

    def sha256(self, name: str) -> str | None:
        """Return the sha256 of a model's file of weights, where it has one and that has been read."""
        entry = self.get(name)
        if entry is None:
            return None
        if entry.linked:
            return marked(self.place(name), entry.linked)
        weights = [file for file in entry.files if file.name.endswith(WEIGHTS)]
        return weights[0].sha256 if len(weights) == 1 else None

    def note_sha256(self, name: str) -> None:
        """Read a person's own file through, unless that was done since it changed, so that its sha256 is known."""
        entry = self.entry(name)
        if entry.linked and entry.linked.is_file() and marked(self.place(name), entry.linked) is None:
            mark(self.place(name), entry.linked)

    def add(self, name: str, entry: Entry) -> None:
        """Write a model's record down."""
        folder = self.place(name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_manifest(folder, entry)
        except OSError as error:
            template = "The folder of the models cannot be used: {cause}."
            raise ModelUnavailable(template, cause=error) from error

    def remove(self, name: str) -> None:
        """Delete a model's own folder; what is linked from there stays where it lies.

        Raises ``OSError``, and ``Cancelled`` while another process fetches it.
        """
        folder = self.place(name)
        if not folder.is_dir():
            return
        at_once = threading.Event()
        at_once.set()
        with locked(folder, lambda: None, at_once):
            # The record first: without it, what a crash leaves behind is no model any more.
            (folder / MANIFEST).unlink(missing_ok=True)
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path.name != LOCK:
                    path.unlink()
        self.tidy(name)

    def tidy(self, name: str) -> None:
        """Remove a model's folder if nothing is in it but its lock."""
        folder = self.place(name)
        # Another process may be about to use it.
        with contextlib.suppress(OSError):
            if {path.name for path in folder.iterdir()} <= {LOCK}:
                (folder / LOCK).unlink(missing_ok=True)
                folder.rmdir()

    def name_for(self, model: str, maker: str, is_same: Callable[[Entry], bool]) -> str:
        """Return a name for a model: what it is called, with who made it where another has that name."""
        names = [slug(model), slug(f"{maker}-{model}")]
        names += [f"{names[-1][: NAME_LENGTH - 4]}-{number}" for number in range(2, 1000)]
        taken = {*self.former, DEFAULT}
        return next(
            name for name in names if name not in taken and ((known := self.get(name)) is None or is_same(known))
        )


def slug(text: str) -> str:
    """Return a text as a name: small letters, digits, dots and hyphens."""
    name = re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")
    return re.sub(r"[-.]{2,}", "-", name)[:NAME_LENGTH].rstrip("-.") or "model"


def parsed(spec: str) -> tuple[Hub, str | None]:
    """Read ``org/repo[/file.gguf][@revision]``; raises ``InvalidInput``."""
    found = HUB_ID.fullmatch(spec)
    if not found:
        template = "{field} must be a hub id such as Qwen/Qwen3-4B-GGUF, or the whole path of a GGUF file or a folder."
        raise InvalidInput("spec", template)
    repo, file, revision = found[1], found[2].lstrip("/"), found[3] or "main"
    if file and not file.endswith(GGUF):
        raise InvalidInput("spec", "{file} is not a GGUF file; without a file, all of {repo} is taken.", file=file,
                           repo=repo)  # fmt: skip
    return Hub(repo=repo, revision=revision), file or None
