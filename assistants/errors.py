"""What can go wrong, in words for the person who reads them.

    StudioError
    ├── InvalidInput      422  the request is wrong; names the field and the limit
    ├── SignInNeeded      401  no cookie and no key where one is needed
    ├── NotAllowed        403  known visitor, but only the operator may do this
    ├── NotFound          404  unknown, or not yours (the two are not told apart)
    ├── Conflict          409  what was to be changed is no longer as the caller knew it, or is locked
    ├── QueueFull         429  too many jobs are waiting
    ├── ModelUnavailable  503  a model is absent, cannot be fetched or cannot be loaded
    ├── GenerationFailed  502  an engine broke in mid-generation
    └── StoreError        503  the home folder is locked, full, read-only or from a newer studio

An error is raised deep with an English sentence and its values; the page and the API translate it once, at the edge,
by that sentence (as gettext does). Where things lie on this machine is told to nobody who asks: of a path its name is
said, and what another error says goes without the paths in it. (What only a terminal shows is given as text.) This
module knows nothing about languages or HTTP beyond the status numbers.
"""

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from assistants.storable import storable

# Of what nobody has thought of.
BROKEN = "Something broke while this was generated ({kind}). The studio's log says more."
# A path from the root on: in quotes, where it may have spaces; bare; and where a library makes an address of one.
ROOT, IN_QUOTES, IN_TEXT = r"(?:~|[A-Za-z]:)?", r"[^'\"`“”‘’\n\\/]", r"[^\s'\"`\\/:;,<>|*?()\[\]]"
QUOTED_PATH = re.compile(rf"(['\"`“‘]){ROOT}[\\/](?:{IN_QUOTES}*[\\/])*({IN_QUOTES}*)(?=['\"`”’])")
BARE_PATH = re.compile(rf"(?<![\w:/\\.~-]){ROOT}(?:[\\/]{IN_TEXT}+)+[\\/]({IN_TEXT}*)")
ADDRESSED_PATH = re.compile(r"(https?://[\w.:-]+)//[^\s'\"]+|file://[^\s'\"]*/")
SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


def worded(template: str, values: Mapping[str, Any]) -> str:
    """Return a sentence with its ``{name}`` slots filled, as the page's scripts do it: once, and by whole names only.

    A slot without a value stays, so that a sentence of another version, or one that somebody else made, is no error;
    ``{{name}}`` is a variable of a prompt and no slot. A value may be a sentence, as ``StudioError.as_dict`` has it.
    """
    return SLOT.sub(lambda slot: _word(values.get(slot[1], slot[0])), template)


def is_sentence(value: Any) -> bool:
    """Say whether a value is what ``StudioError.as_dict`` returns."""
    return isinstance(value, dict) and value.keys() == {"template", "values"}


def _word(value: Any) -> str:
    return worded(value["template"], value["values"]) if is_sentence(value) else str(value)


class Stopped(Exception):
    """Raised inside an assistant's ``run`` where it waits and its job is stopped meanwhile; no error."""


class StudioError(Exception):
    """A sentence for the user: ``template`` is English, ``values``, as JSON has them, fill its ``{name}`` slots.

    A value may be another one.
    """

    status = 500

    def __init__(self, template: str, /, **values: Any) -> None:
        super().__init__(template)
        self.template = template
        # They quote servers, documents, paths and other errors.
        self.values = {name: storable(_plain(value)) for name, value in values.items()}

    def __str__(self) -> str:
        return worded(self.template, self.values)

    def as_dict(self) -> dict[str, Any]:
        """The sentence and its values, as JSON can hold them."""
        return {"template": self.template, "values": self.values}

    @property
    def failure(self) -> dict[str, Any]:
        """What is recorded of a job that it ended."""
        return self.as_dict() | {"status": self.status}


class InvalidInput(StudioError):
    """The request cannot be served as it stands; ``field`` names the part to mend."""

    status = 422

    def __init__(self, field: str, template: str, /, **values: Any) -> None:
        super().__init__(template, **values | {"field": field})
        self.field = self.values["field"]


class SignInNeeded(StudioError):
    """The caller has neither a visitor's cookie nor a key."""

    status = 401


class NotAllowed(StudioError):
    """The caller is known, but this is for the operator."""

    status = 403


class NotFound(StudioError):
    """There is no such thing, or it belongs to somebody else."""

    status = 404


class Conflict(StudioError):
    """The thing was changed or locked meanwhile; ``kept`` names the version that holds what was refused."""

    status = 409

    def __init__(self, template: str, kept: str | None = None, /, **values: Any) -> None:
        super().__init__(template, **values)
        self.kept = kept


class QueueFull(StudioError):
    """The queue takes no more jobs just now."""

    status = 429


class ModelUnavailable(StudioError):
    """A model is not installed and cannot be had, or does not load."""

    status = 503


class GenerationFailed(StudioError):
    """An engine broke while it was generating; what there is stays."""

    status = 502


class StoreError(StudioError):
    """The home folder or the database in it cannot be used."""

    status = 503


def without_paths(text: str) -> str:
    """Return what a library or a program says without the paths in it: of each, its name stays."""
    # These may have spaces in them, which tell a path from what follows.
    for folder in (os.path.expanduser("~"), sys.prefix, tempfile.gettempdir()):
        text = text.replace(folder, os.sep + "-") if len(folder) > 1 else text
    return BARE_PATH.sub(r"\1", QUOTED_PATH.sub(r"\1\2", ADDRESSED_PATH.sub(r"\1", text)))


def _plain(value: Any) -> Any:
    if isinstance(value, StudioError):
        return value.as_dict()
    if isinstance(value, PurePath):
        return value.name
    if isinstance(value, BaseException):
        return getattr(value, "strerror", None) or without_paths(str(value)) or type(value).__name__
    return value if isinstance(value, str | int | float | dict | list | None) else str(value)
