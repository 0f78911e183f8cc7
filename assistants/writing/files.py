"""Files: a Markdown or Word file becomes a draft, a draft becomes a file, labelled as AI-generated.

Pandoc reads and writes them; it is never let out to other files or the network. Knows nothing about who may have what.
"""

import io
import re
import zipfile
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from assistants import provenance
from assistants.errors import InvalidInput, NotFound
from assistants.history import documents
from assistants.history.drafts import MAX_SECTIONS, MAX_TEXT
from assistants.history.export import slug
from assistants.knowledge import reading
from assistants.knowledge.readers import encodings
from assistants.knowledge.readers.notes import Notes
from assistants.links import REMOVED, is_bare, without_bare_hosts
from assistants.writing import intake

if TYPE_CHECKING:
    from assistants.studio import Studio

Form = Literal["md", "html", "docx", "epub"]
MEDIA: dict[str, str] = {
    "md": "text/markdown",
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
}
MAX_BYTES = 5 * 1024 * 1024
# What a file of words unpacks to.
MAX_UNPACKED = 50 * 1024 * 1024
MAX_ENTRIES = 2000
READ = (".md", ".markdown", ".txt", ".docx")
# As on the page, a line stays a line: a poem is no paragraph.
WRITTEN = "commonmark_x+hard_line_breaks"
PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1.05rem/1.6 serif; }}
img {{ max-width: 100%; }}
pre {{ overflow-x: auto; }}
table {{ border-collapse: collapse; }}
:is(td, th) {{ padding: 0.2rem 0.6rem; border: 1px solid #ccc; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
PICTURES = ("image/png", "image/jpeg", "image/gif")
# Pandoc's own memory is bounded, so that no file takes all of it.
BOUNDED = ["+RTS", "-M512m", "-RTS", "--sandbox", "--wrap=none", "--syntax-highlighting=none"]
# In its sandbox it is always the same time.
UNDATED = b"1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Taken:
    """A draft that a file became: its id, and a sentence (template and values) about what did not come along."""

    id: str
    notes: tuple[dict[str, Any], ...]


def take_in(studio: "Studio", owner: str, name: str, content: bytes) -> Taken:
    """Begin a draft with what a file says; raises ``InvalidInput`` for what is no such file."""
    suffix = Path(name).suffix.lower()
    if suffix not in READ:
        raise InvalidInput("file", "{field} must be a Markdown, text or Word file (.md, .txt, .docx).")
    if len(content) > MAX_BYTES:
        raise InvalidInput("file", "{field} may have at most {limit} MB.", limit=MAX_BYTES // 2**20)
    notes = Notes()
    text = _word(name, content, notes) if suffix == ".docx" else _plain(content, notes)
    document = intake.split(provenance.unlabelled(text), notes)
    if not documents.markdown(document).strip():
        raise InvalidInput("file", "{field} holds no text.")
    if len(document["sections"]) > MAX_SECTIONS:
        raise InvalidInput("file", "{field} has more than {limit} headings.", limit=MAX_SECTIONS)
    if any(len(section["text"]) > MAX_TEXT for section in document["sections"]):
        raise InvalidInput("file", "{field} has a section of more than {limit} characters.", limit=MAX_TEXT)
    title = document["title"] or Path(name).stem
    brief = {"kind": "article", "topic": title[:2000], "language": "zh" if _is_chinese(text) else "en"}
    return Taken(studio.history.drafts.create(owner, title, brief, document, cause="import"), tuple(notes))


def _plain(content: bytes, notes: Notes) -> str:
    if b"\0" in content and not encodings.is_wide(content):
        raise InvalidInput("file", "{field} is no text.")
    return encodings.decoded(content, notes).replace("\r\n", "\n").replace("\r", "\n")


def _word(name: str, content: bytes, notes: Notes) -> str:
    broken = "{field} is no Word file, or is damaged."
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise InvalidInput("file", "{field} unpacks to more than {limit} MB.", limit=MAX_UNPACKED // 2**20)
            if reading.kind_of(name, content) != "docx":
                raise InvalidInput("file", broken)
            _check_sizes(archive, entries)
        return intake.from_word(content, notes, BOUNDED)
    except InvalidInput as error:
        if error.template == reading.UNKNOWN_KIND:
            raise InvalidInput("file", broken) from error
        raise
    except Exception as error:
        if content.startswith(reading.COMPOUND):
            reading.kind_of(name, content)
        raise InvalidInput("file", broken) from error


def _check_sizes(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Unpack what the archive says it holds, piece by piece: a bomb says less than it is."""
    left = MAX_UNPACKED
    for entry in entries:
        with archive.open(entry) as file:
            while piece := file.read(1 << 16):
                left -= len(piece)
                if left < 0:
                    raise InvalidInput("file", "{field} unpacks to more than {limit} MB.", limit=MAX_UNPACKED // 2**20)


def _is_chinese(text: str) -> bool:
    return len(re.findall("[\u4e00-\u9fff]", text)) * 3 > documents.count(text)


def export(studio: "Studio", draft_id: str, owner: str, form: Form) -> tuple[str, bytes]:
    """Return the file name and the bytes of a draft, labelled as AI-generated."""
    draft = studio.history.drafts.open(draft_id, owner)
    text = documents.markdown(draft.document)
    name = f"{slug(draft.name)[:60]}.{form}"
    if form not in MEDIA:
        raise InvalidInput("form", "{field} must be one of: {known}.", known=", ".join(MEDIA))
    if form == "md":
        return name, provenance.label(MEDIA[form], draft_id, without_bare_hosts(text).encode())
    whole = _with_pictures(studio, owner, text)
    content = _converted(whole, form, draft.name, draft.brief.get("language", "en"))
    return name, provenance.label(MEDIA[form], draft_id, content)


def _with_pictures(studio: "Studio", owner: str, text: str) -> str:
    """Put the owner's own pictures into the text itself; of one that is not there its name stays."""

    def inline(found: re.Match[str]) -> str:
        try:
            file = studio.history.files.get(found[2], owner)
        except NotFound:
            return found[1]
        if file.type not in PICTURES:
            return found[1]
        return f"![{found[1]}](data:{file.type};base64,{b64encode(file.path.read_bytes()).decode()})"

    return documents.PICTURE.sub(inline, text)


def _is_safe(tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute of HTML unless it leads to a picture from elsewhere, or holds more than a picture.

    An address of a host without a protocol is none in a file.
    """
    if is_bare(value):
        return REMOVED if attribute == "href" else None
    is_data = value.lstrip().lower().startswith("data:")
    if tag == "img" and attribute == "src":
        return value if value.startswith(tuple(f"data:{kind};base64," for kind in PICTURES)) else None
    return None if is_data else value


def _converted(text: str, form: str, title: str, language: str) -> bytes:
    """Convert by way of clean HTML, so that no script, no picture from elsewhere and no odd link goes along."""
    import nh3
    import pypandoc

    schemes = nh3.ALLOWED_URL_SCHEMES | {"data"}
    written = pypandoc.convert_text(text, "html", WRITTEN, BOUNDED)
    body = nh3.clean(written, url_schemes=schemes, attribute_filter=_is_safe)
    # One whose address was taken away is none.
    body = re.sub(r"<img(?![^>]*\ssrc=)[^>]*>", "", body)
    if form == "html":
        return PAGE.format(language=language, title=escape(title), body=body).encode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"file.{form}"
        facts = [f"--metadata=title:{title}"] if form == "epub" else [f"--metadata=pagetitle:{title}"]
        options = [*BOUNDED, "--standalone", *facts, f"--metadata=lang:{language}"]
        pypandoc.convert_text(body, form, "html", options, outputfile=str(path))
        return _dated(path.read_bytes())


def _dated(content: bytes) -> bytes:
    """Put today into a file of Word, or a book, that says it was made in 1970."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for entry in old.infolist():
            part = old.read(entry)
            is_about = entry.filename.endswith(("core.xml", ".opf"))
            new.writestr(entry, part.replace(UNDATED, moment) if is_about else part)
    return file.getvalue()
