"""Files: a Markdown or Word file becomes a draft, a draft becomes a file, labelled as AI-generated.

Pandoc reads and writes them; it is never let out to other files or the network. Knows nothing about who may have what.
"""

import io
import json
import re
import zipfile
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistants import bounded, provenance
from assistants.bounded import CONVERSION
from assistants.errors import InvalidInput, NotFound
from assistants.history.export import slug
from assistants.links import REMOVED, is_bare, without_bare_hosts
from assistants.storable import for_xml
from assistants.store import documents
from assistants.store.drafts import MAX_SECTIONS, MAX_TEXT
from assistants.writing import intake, markup, pandoc

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
# Every step of reading a file, which a stranger made.
BUDGET: dict[str, Any] = {"field": "file", "budget": CONVERSION}
# What is in a Word file, in Markdown that a person can read on: tables and footnotes, and no HTML.
FROM_WORD = "gfm-raw_html-tex_math_dollars"
READ = (".md", ".markdown", ".txt", ".docx")
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
    read = _word(name, content) if suffix == ".docx" else bounded.call(intake.plain, content, **BUDGET)
    document = read["document"]
    if not documents.markdown(document).strip():
        raise InvalidInput("file", "{field} holds no text.")
    if len(document["sections"]) > MAX_SECTIONS:
        raise InvalidInput("file", "{field} has more than {limit} headings.", limit=MAX_SECTIONS)
    if any(len(section["text"]) > MAX_TEXT for section in document["sections"]):
        raise InvalidInput("file", "{field} has a section of more than {limit} characters.", limit=MAX_TEXT)
    title = document["title"] or Path(name).stem
    brief = {"kind": "article", "topic": title[:2000], "language": read["language"]}
    return Taken(studio.history.drafts.create(owner, title, brief, document, cause="import"), tuple(read["notes"]))


def _word(name: str, content: bytes) -> dict[str, Any]:
    """Return what is read of a Word file: pandoc reads it, between what is done to it before and behind that."""
    file = bounded.call(intake.word_in_order, name, content, **BUDGET)
    try:
        tree = pandoc.convert(b64decode(file["data"]), "docx", "json")
        plain = bounded.call(intake.reduced, tree.decode(), **BUDGET)
        text = pandoc.convert(plain["tree"].encode(), "json", FROM_WORD)
    except pandoc.Unreadable as error:
        raise InvalidInput("file", intake.NO_WORD) from error
    read = bounded.call(intake.from_word, text.decode(), **BUDGET)
    return read | {"notes": [*file["notes"], *plain["notes"], *read["notes"]]}


def export(studio: "Studio", draft_id: str, owner: str, form: Form) -> tuple[str, bytes]:
    """Return the file name and the bytes of a draft, labelled as AI-generated."""
    draft = studio.history.drafts.open(draft_id, owner)
    text = documents.markdown(draft.document)
    name = f"{slug(draft.name)[:60]}.{form}"
    if form not in MEDIA:
        raise InvalidInput("form", "{field} must be one of: {known}.", known=", ".join(MEDIA))
    if form == "md":
        return name, provenance.label(MEDIA[form], draft_id, without_bare_hosts(text).encode())
    whole = _with_pictures(studio, owner, for_xml(text))
    content = _converted(whole, form, for_xml(draft.name), draft.brief.get("language", "en"))
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

    made = bounded.call(markup.html, text, field="draft", budget=CONVERSION)
    written = _with_formulas(made["html"], made["formulas"])
    body = nh3.clean(written, url_schemes=nh3.ALLOWED_URL_SCHEMES | {"data"}, attribute_filter=_is_safe)
    if form == "html":
        return PAGE.format(language=language, title=escape(title), body=body).encode()
    facts = [f"--metadata=title:{title}"] if form == "epub" else [f"--metadata=pagetitle:{title}"]
    options = ["--standalone", *facts, f"--metadata=lang:{language}"]
    return _dated(pandoc.convert(body.encode(), "html", form, *options))


def _with_formulas(html: str, formulas: list[tuple[bool, str]]) -> str:
    """Put formulas in as pandoc writes them, which leaves LaTeX as it is where HTML has no words for it."""
    if not formulas:
        return html
    blocks: list[dict[str, Any]] = []
    for is_display, latex in formulas:
        kind = {"t": "DisplayMath" if is_display else "InlineMath"}
        blocks += [{"t": "Plain", "c": [{"t": "Math", "c": [kind, latex]}]}, {"t": "HorizontalRule"}]
    tree = {"pandoc-api-version": [1, 23], "meta": {}, "blocks": blocks}
    written = pandoc.convert(json.dumps(tree).encode(), "json", "html").decode().split("<hr />")
    return markup.FORMULA.sub(lambda found: written[int(found[1])].strip(), html)


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
