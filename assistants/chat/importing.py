"""Conversations brought in from files: exports of ChatGPT (zip or JSON), Open WebUI (JSON) and this studio (JSON).

A file is read as a stream, a conversation at a time, and each is kept whole or not at all; one that is here already is
left out, so that a file may be brought in again. What could not come along is told. Knows nothing about the formats
(``foreign``) or how messages are kept (``store.copies``).
"""

import base64
import binascii
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Semaphore
from time import monotonic
from typing import IO, TYPE_CHECKING, Any

import ijson

from assistants.chat import foreign, pictures
from assistants.chat.foreign import Foreign
from assistants.chat.settings import Settings
from assistants.errors import InvalidInput, QueueFull, StudioError
from assistants.history.search import shorten
from assistants.principals import PREFIX, Principal
from assistants.requests import validated
from assistants.store.conversations import MAX_TITLE
from assistants.store.copies import Copied, insert
from assistants.store.files import MAX_BYTES, media_type
from assistants.store.labels import MAX_LABEL, MAX_TAGS

if TYPE_CHECKING:
    from assistants.studio import Studio

MB = 1024 * 1024
# Of the file as it is sent: of somebody who is known, and of anybody.
MAX_FILE, MAX_ANONYMOUS = 512 * MB, 32 * MB
# What all anonymous visitors together may have brought in, in characters: their names cost nothing to get anew.
ROOM = 256 * MB
# Of the JSON in it, and of one conversation of that.
MAX_JSON, MAX_ONE = 1024 * MB, 48 * MB
MAX_MESSAGES = 20_000
MAX_DEPTH = 60
SECONDS = 300
# What is shorter could be the beginning of any name.
LEAST_KEY = 8
# So many lines are told of what did not come along.
MOST_TOLD = 200

CONVERSATIONS = re.compile(r"(?:^|/)conversations(?:-\d+)?\.json$")
DATA_URL = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)

NO_EXPORT = "{file} is no export of ChatGPT, Open WebUI or this studio: there are no conversations in it."
DAMAGED = "{file} is damaged: it cannot be read to its end."
TOO_LARGE = "{file} is too large: conversations of at most {limit} MB can be brought in."
BUSY = "Conversations are being brought in already. Try again when that is done."
NO_ROOM = (
    "Visitors without a key have brought in as much as this studio keeps for them. Its operator can give you a key."
)
LOST = {
    "pictures": "{count} pictures are not in the file or cannot be read.",
    "files": "{count} attached files are not in the file.",
    "tools": "{count} messages from and to tools are not shown in a conversation here.",
    "others": "{count} parts are of a kind that is not known here.",
    "circles": "{count} messages answer only each other.",
}
LONG_TITLE = "The title was shortened."
EMPTY = "There is no message in it."
TOO_MANY = "It has more than {limit} messages."
TOO_LONG = "The time for this was over before the whole file was read. Bring it in again for the rest."

TAKEN = """
    SELECT coalesce(sum(length(text) + length(reasoning)), 0) FROM messages
    WHERE conversation IN (SELECT id FROM conversations WHERE source != '' AND owner LIKE ?)
"""

_ONLY_ONE = Semaphore(1)


@dataclass(frozen=True)
class Told:
    """What is to be known of a conversation, or of the file where the title is empty: a sentence and its values."""

    title: str
    template: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Brought:
    """What came in, what was here already, and what did not come along; ``more`` is how much of that is not listed."""

    conversations: int = 0
    messages: int = 0
    pictures: int = 0
    known: int = 0
    told: list[Told] = field(default_factory=list)
    more: int = 0

    def tell(self, title: str, template: str, /, **values: Any) -> None:
        """Say what is to be known."""
        if len(self.told) < MOST_TOLD:
            self.told.append(Told(shorten(title, MAX_TITLE), template, values))
        else:
            self.more += 1


def limit_for(who: Principal) -> int:
    """Return how many bytes a file of theirs may have."""
    return MAX_ANONYMOUS if who.is_anonymous else MAX_FILE


def bring_in(studio: "Studio", who: Principal, path: Path, name: str) -> Brought:
    """Keep the conversations of an export that lies at ``path``; what is kept before something breaks stays.

    Raises ``InvalidInput`` for what is no export, and ``QueueFull`` while another file is read.
    """
    if not _ONLY_ONE.acquire(blocking=False):
        raise QueueFull(BUSY)
    try:
        return _Bringing(studio, who, name).all(path)
    finally:
        _ONLY_ONE.release()


class _Bringing:
    def __init__(self, studio: "Studio", who: Principal, name: str) -> None:
        self._studio, self._who, self._name = studio, who, name
        self._archive: zipfile.ZipFile | None = None
        self._members: dict[str, str] = {}
        self._files: Any = None
        self._brought = Brought()
        self._until = monotonic() + SECONDS
        sql = "SELECT source, updated FROM conversations WHERE owner = ? AND source != '' AND deleted IS NULL"
        with studio.history.store.read() as db:
            self._known = {(row[0], row[1]) for row in db.execute(sql, (who.id,))}
            self._taken = db.execute(TAKEN, (f"{PREFIX}%",)).fetchone()[0] if who.is_anonymous else 0

    def all(self, path: Path) -> Brought:
        found = False
        try:
            for data in self._items(path):
                found |= self._one(data)
                if monotonic() > self._until:
                    self._brought.tell("", TOO_LONG)
                    break
        except (ijson.JSONError, UnicodeDecodeError, *BROKEN) as error:
            if not found:
                raise InvalidInput("file", NO_EXPORT, file=self._name) from error
            self._brought.tell("", DAMAGED, file=self._name)
        if not found:
            raise InvalidInput("file", NO_EXPORT, file=self._name)
        return self._brought

    def _items(self, path: Path) -> Iterator[Any]:
        """Yield what may be a conversation, one after the other."""
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                yield from self._of(file)
            return
        with zipfile.ZipFile(path) as archive:
            self._archive = archive
            self._members = {Path(one).name: one for one in archive.namelist()}
            for member in sorted(filter(CONVERSATIONS.search, archive.namelist())):
                with archive.open(member) as file:
                    yield from self._of(file)

    def _of(self, file: IO[bytes]) -> Iterator[Any]:
        counted = _Counted(file, self._name)
        for data in _objects(ijson.basic_parse(counted, use_float=True)):
            counted.since = 0
            yield data

    def _one(self, data: Any) -> bool:
        """Keep a conversation; say whether it is one."""
        # First without its pictures, which are kept only where it is.
        found = foreign.read(data, lambda _key, name: f"[{name}]")
        if found is None:
            return False
        brought, source = self._brought, f"{found.program}:{found.id}"
        if found.id and (source, found.updated) in self._known:
            brought.known += 1
            return True
        if not found.tree.messages:
            brought.tell(found.title, EMPTY)
            return True
        if len(found.tree.messages) > MAX_MESSAGES:
            brought.tell(found.title, TOO_MANY, limit=MAX_MESSAGES)
            return True
        if self._who.is_anonymous:
            self._taken += sum(len(one.text) + len(one.reasoning) for one in found.tree.messages)
            if self._taken > ROOM:
                raise InvalidInput("file", NO_ROOM)
        self._files = data.get("files")
        self._keep(foreign.read(data, self._picture) or found, source)
        return True

    def _keep(self, found: Foreign, source: str) -> None:
        brought, title = self._brought, shorten(found.title or found.tree.messages[0].text, MAX_TITLE)
        if found.title and title != " ".join(found.title.split()):
            brought.tell(title, LONG_TITLE)
        copied = Copied(
            title=title or "…",
            created=found.created,
            updated=found.updated,
            leaf=found.tree.leaf,
            messages=found.tree.messages,
            source=source,
            folder=shorten(found.folder, MAX_LABEL),
            settings=self._settings(found),
            tags=tuple(dict.fromkeys(shorten(tag, MAX_LABEL) for tag in found.tags[:MAX_TAGS])),
        )
        made = insert(self._studio.history.store, self._who.id, copied)
        if found.pinned:
            self._studio.history.conversations.pin(made, self._who.id, True)
        brought.conversations += 1
        brought.messages += len(found.tree.messages)
        for what, count in found.lost.items():
            if what in LOST and count:
                brought.tell(title, LOST[what], count=count)

    def _settings(self, found: Foreign) -> dict[str, Any]:
        """Return what the conversation asks with; its model is left to the default."""
        with suppress(StudioError):
            settings = validated(Settings, found.settings)
            return {name: value for name, value in settings.chosen.items() if name in ("system", "params", "reasoning")}
        return {}

    def _picture(self, key: str, name: str) -> str | None:
        """Keep a picture of the export and return the Markdown that shows it; None where there is none."""
        inside = self._files.get(key) if isinstance(self._files, dict) else None
        if isinstance(inside, dict):
            content, called = _decoded(str(inside.get("data"))), name or str(inside.get("name"))
        elif DATA_URL.match(key):
            content, called = _decoded(key), name or "picture"
        else:
            content, called = self._member(key), name or key
        if not content or not media_type(content[:4096], "").startswith("image/"):
            return None
        try:
            file = self._studio.history.files.add(self._who, called, BytesIO(content))
        except InvalidInput:  # there is no room for it
            return None
        self._brought.pictures += 1
        return pictures.shown(file.id, called)

    def _member(self, key: str) -> bytes | None:
        """Return the file of a zip whose name begins with what an export calls it."""
        if self._archive is None or len(key) < LEAST_KEY:
            return None
        name = next((path for base, path in self._members.items() if base.startswith(key)), None)
        if name is None or self._archive.getinfo(name).file_size > MAX_BYTES:
            return None
        with suppress(*BROKEN), self._archive.open(name) as file:
            return file.read(MAX_BYTES)
        return None


def _decoded(url: str) -> bytes | None:
    if not DATA_URL.match(url) or len(url) > 2 * MAX_BYTES:
        return None
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(url.partition(",")[2], validate=True)
    return None


def _objects(events: Iterable[tuple[str, Any]]) -> Iterator[Any]:
    """Yield the objects of a list one by one, or the object that there is; raises ``JSONError`` for endless nesting."""
    depth, builder, outside = 0, ijson.ObjectBuilder(), None
    for event, value in events:
        if outside is None:
            outside = int(event == "start_array")
        depth += event.startswith("start_")
        if depth > MAX_DEPTH:
            raise ijson.JSONError
        if depth > outside:
            builder.event(event, value)
        depth -= event.startswith("end_")
        if depth == outside and event in ("end_map", "end_array"):
            yield builder.value
            builder = ijson.ObjectBuilder()


class _Counted:
    """A file that is read as far as its budget goes; ``since`` is how much was read for the conversation at hand."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name
        self._all = self.since = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises ``InvalidInput`` where that is too much."""
        if size == 0:  # asked for to see whether it is bytes
            return b""
        block = self._file.read(size)
        if not self._all:
            block = block.removeprefix(b"\xef\xbb\xbf")
        self._all += len(block)
        self.since += len(block)
        for limit, read in ((MAX_JSON, self._all), (MAX_ONE, self.since)):
            if read > limit:
                raise InvalidInput("file", TOO_LARGE, file=self._name, limit=limit // MB)
        return block
