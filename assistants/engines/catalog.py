"""The catalog of models: ``catalog.yaml``, read and checked.

Knows what is said about a model and where its file lies once it is installed; knows nothing about fetching or running.
"""

from pathlib import Path, PurePosixPath
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, TypeAdapter

CATALOG = Path(__file__).with_name("catalog.yaml")


class Record(BaseModel):
    """A piece of the catalog: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HubFile(Record):
    """A file on the model hub, at one revision for good."""

    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    file: str


class PackageFile(Record):
    """The same file inside a wheel of a package index; ``size`` is the wheel's, in bytes."""

    requirement: Annotated[str, Field(pattern=r"^[\w.-]+==[\w.]+$")]
    size: PositiveInt
    file: str


class Entry(Record):
    """A model: ``size`` and ``ram`` in bytes, ``context`` in tokens, ``languages`` as ISO 639-1 codes."""

    title: str
    license: str
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...]
    size: PositiveInt
    ram: PositiveInt
    context: PositiveInt
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    hub: HubFile
    package: PackageFile | None = None

    def path(self, folder: Path) -> Path:
        """Return where the file lies in the model's ``folder``."""
        return folder / PurePosixPath(self.hub.file).name


# A name is also the name of a folder.
Catalog = dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")], Entry]


def read_catalog(path: Path = CATALOG) -> Catalog:
    """Return the entries by name; raises pydantic's ``ValidationError`` if the file is not as it must be."""
    return TypeAdapter(Catalog).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
