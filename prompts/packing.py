"""Prompt files on their way out and in: one file, or a zip with a folder for each assistant.

A zip was made by somebody: every entry is looked at before any is read, nothing is read beyond its limit, and nothing
is ever written to a place that an entry names. Knows nothing about who keeps the texts.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable
from typing import Any

from prompts.library import ID, SUFFIX, SUFFIXES, Template, parse, plain, stem_of
from prompts.reading import MAX_BYTES, PromptError, decoded, read_yaml

MAX_FILES = 1000
# What a zip may hold beside prompts, such as a README, counts here too.
MAX_ENTRIES = 5000
# A thousand prompts as people write them.
MAX_UNPACKED = 4 * 1024 * 1024
ENDINGS = ", ".join(SUFFIXES)
NOBODYS = "{file} does not say which assistant it is for (metadata: assistant)."
# What a name does not have that a file's may.
ODD = re.compile(r"[^\w-]+")
# The first moment that a zip knows.
TIME = (1980, 1, 1, 0, 0, 0)


def pack(templates: Iterable[Template]) -> bytes:
    """Return the templates as a zip, each with its exact text; the same templates make the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for template in sorted(templates, key=lambda one: one.id):
            entry = zipfile.ZipInfo(f"{template.id}{SUFFIX}", TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, template.source)
    return target.getvalue()


def unpack(
    name: str, content: bytes, assistant: str | None = None, known: Collection[str] | None = None
) -> tuple[Template, ...]:
    """Return the templates of a file called ``name``: a prompt file or a zip of them; raises ``PromptError``.

    Each belongs to the assistant that it names, in a zip to that of its folder if it is ``known`` (None: whatever it
    is called), or else to ``assistant``.
    """
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _unpack_zip(name, content, assistant, known)
    file = name.replace("\\", "/").rpartition("/")[2]
    if stem_of(file) is None:
        raise PromptError("{file} is no prompt file: those end in {suffix}.", file=name, suffix=ENDINGS)
    return (_read_one(name, decoded(content, name), file, None, assistant),)


def _read_one(name: str, text: str, file: str, folder: str | None, assistant: str | None) -> Template:
    named = folder or assistant_of(text, name) or assistant
    if named is None:
        raise PromptError(NOBODYS, file=name)
    return parse(text, checked(f"{named}/{_named(file)}"))


def _named(file: str) -> str:
    """Return the name of a prompt by that of its file, which may have spaces and dots."""
    return ODD.sub("-", stem_of(file) or "").strip("-")


def unpack_plain(
    name: str, content: bytes, assistant: str | None = None, known: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Do what ``unpack`` does and return the templates ``plain``."""
    return [plain(template) for template in unpack(name, content, assistant, known)]


def assistant_of(text: str, name: str) -> str | None:
    """Return the assistant that the text of a prompt file names, if it does; raises ``PromptError``."""
    metadata = read_yaml(text, name).data.get("metadata")
    named = metadata.get("assistant") if isinstance(metadata, dict) else None
    return named if isinstance(named, str) else None


def _unpack_zip(
    name: str, content: bytes, assistant: str | None, known: Collection[str] | None
) -> tuple[Template, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts = [(entry.filename, _read(archive, entry)) for entry in _entries(archive, name)]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PromptError("{file} cannot be unpacked: it is damaged or encrypted.", file=name) from error
    found: dict[str, Template] = {}
    for entry, text in texts:
        *folders, file = entry.replace("\\", "/").split("/")
        folder = folders[-1] if folders and (known is None or folders[-1] in known) else None
        template = _read_one(_short(entry), text, file, folder, assistant)
        if template.id in found:
            raise PromptError("{file} holds {id} twice.", file=name, id=template.id)
        found[template.id] = template
    return tuple(found.values())


def _entries(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Return the prompt files of a zip; anything else in it is left alone."""
    entries = archive.infolist()
    found: list[zipfile.ZipInfo] = []
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise PromptError("{file} holds {entry}, which leads out of it.", file=name, entry=_short(entry.filename))
        if stem_of(parts[-1]) is not None and not entry.is_dir():
            found.append(entry)
    if len(found) > MAX_FILES or len(entries) > MAX_ENTRIES:
        raise PromptError("{file} holds more than {limit} prompt files.", file=name, limit=MAX_FILES)
    if not found:
        raise PromptError("{file} holds no prompt files: those end in {suffix}.", file=name, suffix=ENDINGS)
    if sum(entry.file_size for entry in found) > MAX_UNPACKED:
        raise PromptError("{file} unpacks to more than {limit} MB.", file=name, limit=MAX_UNPACKED >> 20)
    return found


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    with archive.open(entry) as stream:
        raw = stream.read(MAX_BYTES + 1)
    return decoded(raw, _short(entry.filename))


def checked(id: str) -> str:
    """Return an id that is one: an assistant, a slash and a short name."""
    if not ID.fullmatch(id):
        sentence = "{id} is no name for a prompt: an assistant, a slash, then letters, digits and hyphens."
        raise PromptError(sentence, id=_short(id))
    return id


def _short(text: str) -> str:
    return " ".join(text.split())[:80]
