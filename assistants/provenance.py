"""The AI label: the one place that every exported file goes through.

A visible line where there is text, and machine-readable metadata: the seven ``AIGC`` fields of GB 45438-2025 annex E,
in Markdown as YAML front matter (TC260-PG-20258A), in JSON as the first key, in JSON Lines as the first line, in HTML
and EPUB as a ``meta`` element, in DOCX as a custom property (TC260-PG-20258A), in pictures as one XMP packet
(TC260-PG-20259A) that also holds IPTC's DigitalSourceType. Knows nothing about where the content came from.
"""

import hashlib
import io
import json
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Collection
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import yaml

from prompts.reading import read_yaml

if TYPE_CHECKING:
    from PIL.Image import Image

PRODUCER = "AIGC-Studio"
NOTICE = "AI-generated content · AI生成内容"
# A notice stands at the beginning, maybe after a sign of Markdown.
NOTICE_REACH = len(NOTICE) + 10
FIELDS = (
    "Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2",
)  # fmt: skip

TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
MADE_BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DESCRIPTION = (
    f'<rdf:Description rdf:about="" xmlns:TC260="{TC260}" xmlns:Iptc4xmpExt="{IPTC}">'
    f"<TC260:AIGC>{{}}</TC260:AIGC><Iptc4xmpExt:DigitalSourceType>{MADE_BY_AI}</Iptc4xmpExt:DigitalSourceType>"
    "</rdf:Description>"
)
XMP = "XML:com.adobe.xmp"
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
FRONT_MATTER = re.compile(r"---\n(.{1,4000}?)\n---\n", re.DOTALL)

# What stands before an HTML document's own head, and where its body begins.
HTML_START = re.compile(rb"\s*(?:<!doctype[^>]*>\s*)?(?:<html\b[^>]*>\s*)?(?:<head\b[^>]*>)?", re.IGNORECASE)
HTML_BODY = re.compile(rb"<body\b[^>]*>", re.IGNORECASE)
# So much of an HTML file is looked at: its head.
HTML_REACH = 64_000

DOCX, EPUB = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/epub+zip"
ZIP_START, ZIP_TIME = b"PK\x03\x04", (1980, 1, 1, 0, 0, 0)
# A zip that comes from elsewhere may unpack to anything: larger parts than this are not looked at.
MAX_PART = 20_000_000
DOCX_TYPES, DOCX_LINKS, DOCX_TEXT = "[Content_Types].xml", "_rels/.rels", "word/document.xml"
DOCX_PROPERTIES, EPUB_CONTAINER = "docProps/custom.xml", "META-INF/container.xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
CUSTOM = f"{OFFICE}/custom-properties"
DOCX_TYPE = (
    f'<{{}}Override PartName="/{DOCX_PROPERTIES}" '
    'ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/>'
)
DOCX_LINK = (
    f'<{{}}Relationship Id="rIdAIGC" Type="{OFFICE}/relationships/custom-properties" Target="{DOCX_PROPERTIES}"/>'
)
DOCX_EMPTY = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="{CUSTOM}"></Properties>'
DOCX_PROPERTY = (
    '<property xmlns="{}" fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{}" name="AIGC">'
    '<vt:lpwstr xmlns:vt="{}/docPropsVTypes">{}</vt:lpwstr></property>'
)


def label(kind: str, content_id: str, content: bytes) -> bytes:
    """Return ``content`` of a media type as a file that says, for people and for machines, that AI made it.

    What is labelled already, a kind that has no place for a label and a broken file are returned as they are.
    """
    if kind not in LABELLERS or read(content):
        return content
    try:
        return LABELLERS[kind](content_id, content)
    except (OSError, *BROKEN_ZIP):  # Pillow's, about a picture that it cannot read, and those of zips
        return content


def read(content: bytes) -> dict[str, str] | None:
    """Return the seven fields of a labelled file; None without a label, or in plain text, which has no place for it."""
    try:
        if _is_picture(content):
            fields = _in_picture(content)
        else:
            fields = _in_zip(content) if content.startswith(ZIP_START) else _in_text(content.decode())
    except (ValueError, OSError, *BROKEN_ZIP):
        return None
    return fields if isinstance(fields, dict) and set(FIELDS) <= fields.keys() else None


def unlabelled(text: str) -> str:
    """Return a Markdown text without the label that ``label`` put before it: it is for the file, not for the text."""
    if (front := FRONT_MATTER.match(text)) and read(front[0].encode()):
        text = text[front.end() :]
    return text.lstrip().removeprefix("> ").removeprefix(NOTICE) if NOTICE in text[:NOTICE_REACH] else text


def aigc_fields(content_id: str, digest: str) -> dict[str, str]:
    """Return the seven fields; on first writing the propagator is the producer.

    ``ReservedCode1`` holds the sha256 of the content, in pictures of their pixels, in DOCX and EPUB of the parts that
    hold no label, so that a change can be seen.
    """
    values = ("1", PRODUCER, content_id, digest, PRODUCER, content_id, "")
    return dict(zip(FIELDS, values, strict=True))


def jsonl_line(content_id: str, digest: str) -> bytes:
    """Return the first line of a JSON Lines file whose other lines have this sha256."""
    return json.dumps({"AIGC": aigc_fields(content_id, digest), "notice": NOTICE}, ensure_ascii=False).encode() + b"\n"


def _label_text(content_id: str, content: bytes) -> bytes:
    return f"{NOTICE}\n\n".encode() + content


def _label_markdown(content_id: str, content: bytes) -> bytes:
    fields = aigc_fields(content_id, _sha256(content))
    front = yaml.safe_dump({"AIGC": fields}, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n> {NOTICE}\n\n".encode() + content


def _label_json(content_id: str, content: bytes) -> bytes:
    data = json.loads(content)
    labelled = {"AIGC": aigc_fields(content_id, _sha256(content)), "notice": NOTICE}
    labelled |= data if isinstance(data, dict) else {"content": data}
    return json.dumps(labelled, ensure_ascii=False, indent=2).encode()


def _label_jsonl(content_id: str, content: bytes) -> bytes:
    return jsonl_line(content_id, _sha256(content)) + content


def _label_html(content_id: str, content: bytes) -> bytes:
    fields = json.dumps(aigc_fields(content_id, _sha256(content)), separators=(",", ":"))
    meta = f'<meta name="AIGC" content={quoteattr(fields)}>'.encode()
    begin = HTML_START.match(content)
    start = begin.end() if begin else 0
    body = HTML_BODY.search(content, start)
    end = body.end() if body else start
    return content[:start] + meta + content[start:end] + _html_notice() + content[end:]


def _html_notice() -> bytes:
    """Return the visible line as an element, whatever the encoding of what it goes into."""
    return f"<p>{NOTICE}</p>".encode("ascii", "xmlcharrefreplace")


def _label_docx(content_id: str, content: bytes) -> bytes:
    parts = _parts(content)
    body = _place(rb"<(\w+:|)body\b[^>]*>", parts[DOCX_TEXT])
    w = body[1].decode()
    line = f"<{w}p><{w}r><{w}t>{NOTICE}</{w}t></{w}r></{w}p>".encode()
    parts[DOCX_TEXT] = parts[DOCX_TEXT][: body.end()] + line + parts[DOCX_TEXT][body.end() :]
    if DOCX_PROPERTIES not in parts:
        parts[DOCX_PROPERTIES] = DOCX_EMPTY.encode()
        parts[DOCX_TYPES] = _before_end(parts[DOCX_TYPES], "Types", DOCX_TYPE)
        parts[DOCX_LINKS] = _before_end(parts[DOCX_LINKS], "Relationships", DOCX_LINK)
    fields = _fields_of(content_id, parts, (DOCX_PROPERTIES, DOCX_TYPES, DOCX_LINKS))
    pids = [int(one.get("pid", 1)) for one in ElementTree.fromstring(parts[DOCX_PROPERTIES])]
    one = DOCX_PROPERTY.format(CUSTOM, max(pids, default=1) + 1, OFFICE, escape(fields))
    parts[DOCX_PROPERTIES] = _before_end(parts[DOCX_PROPERTIES], "Properties", one)
    return _zipped(content, parts)


def _label_epub(content_id: str, content: bytes) -> bytes:
    parts = _parts(content)
    package = _epub_package(parts[EPUB_CONTAINER])
    first = _epub_first_page(package, parts[package])
    end = _place(HTML_BODY, parts[first]).end()
    parts[first] = parts[first][:end] + _html_notice() + parts[first][end:]
    value = quoteattr(_fields_of(content_id, parts, (package,)))
    parts[package] = _before_end(parts[package], "metadata", f'<{{}}meta name="AIGC" content={value}/>')
    return _zipped(content, parts)


def _epub_package(container: bytes) -> str:
    return ElementTree.fromstring(container).findall("{*}rootfiles/{*}rootfile")[0].get("full-path", "")


def _epub_first_page(package: str, content: bytes) -> str:
    root = ElementTree.fromstring(content)
    hrefs = {item.get("id"): item.get("href", "") for item in root.iterfind("{*}manifest/{*}item")}
    href = hrefs[root.findall("{*}spine/{*}itemref")[0].get("idref")]
    return posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(href)))


def _before_end(xml: bytes, name: str, addition: str) -> bytes:
    """Return ``xml`` with ``addition`` as the last child of its element ``name``, whose prefix replaces ``{}``.

    By hand, because ElementTree renames prefixes, which Word's files name in attributes too.
    """
    end = _place(rf"</([\w-]+:|){name}\s*>".encode(), xml)
    return xml[: end.start()] + addition.replace("{}", end[1].decode()).encode() + xml[end.start() :]


def _place(pattern: bytes | re.Pattern[bytes], xml: bytes) -> re.Match[bytes]:
    if match := re.search(pattern, xml):
        return match
    raise LookupError(pattern)


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _fields_of(content_id: str, parts: dict[str, bytes], without: Collection[str]) -> str:
    """Return the seven fields as JSON; their digest is of the names and contents of all parts but some."""
    digest = hashlib.sha256()
    for name in sorted(parts.keys() - without):
        digest.update(f"{name}\0{_sha256(parts[name])}\n".encode())
    return json.dumps(aigc_fields(content_id, digest.hexdigest()), separators=(",", ":"))


def _zipped(before: bytes, parts: dict[str, bytes]) -> bytes:
    """Return the zip again with these parts, each packed as it was; new ones come last."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(before)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        known = {info.filename: info for info in source.infolist()}
        for name, part in parts.items():
            info = known.get(name) or zipfile.ZipInfo(name, ZIP_TIME)
            target.writestr(info, part, None if name in known else zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _label_picture(content_id: str, content: bytes) -> bytes:
    from PIL import Image

    image = Image.open(io.BytesIO(content))
    # The digest is of the pixels that a reader of the new file sees.
    plain = Image.open(io.BytesIO(_encoded(image, None)))
    fields = aigc_fields(content_id, _sha256(plain.tobytes()))
    value = json.dumps(fields, separators=(",", ":"))
    before = image.info.get("xmp") or PACKET.encode()
    described = DESCRIPTION.format(escape(value)).encode()
    return _encoded(image, before.replace(b"</rdf:RDF>", described + b"</rdf:RDF>", 1))


def _encoded(image: "Image", xmp: bytes | None) -> bytes:
    """Return the picture in its own format, with an XMP packet if one is given."""
    from PIL.PngImagePlugin import PngInfo

    file = io.BytesIO()
    if image.format == "PNG":
        info = PngInfo()
        # What else the picture says of itself stays in it.
        for name, text in getattr(image, "text", {}).items():
            if name != XMP:
                info.add_text(name, str(text))
        if xmp:
            info.add_itxt(XMP, xmp.decode())
        image.save(file, "PNG", pnginfo=info)
    elif image.format == "JPEG":
        image.save(file, "JPEG", quality="keep", xmp=xmp or b"")
    else:
        image.save(file, image.format, lossless=True, xmp=xmp or b"")
    return file.getvalue()


LABELLERS: dict[str, Callable[[str, bytes], bytes]] = {
    "text/plain": _label_text,
    "text/markdown": _label_markdown,
    "application/json": _label_json,
    "application/jsonl": _label_jsonl,
    "text/html": _label_html,
    DOCX: _label_docx,
    EPUB: _label_epub,
    "image/png": _label_picture,
    "image/jpeg": _label_picture,
    "image/webp": _label_picture,
}

# What a zip that is damaged, locked or no such document raises somewhere on the way.
BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ElementTree.ParseError, LookupError,
)  # fmt: skip


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_picture(content: bytes) -> bool:
    return content.startswith((b"\x89PNG", b"\xff\xd8\xff")) or content[8:12] == b"WEBP"


def _in_picture(content: bytes) -> Any:
    from PIL import Image

    packet = Image.open(io.BytesIO(content)).info.get("xmp")
    if not packet:
        return None
    name = f"{{{TC260}}}AIGC"
    for element in ElementTree.fromstring(packet.strip(b"\0")).iter():
        value = element.text if element.tag == name else element.get(name)
        if value:
            return json.loads(value)
    return None


def _in_text(text: str) -> Any:
    if text.startswith("{"):
        line = text.partition("\n")[0]
        # JSON Lines has its label in the first line, which JSON over several lines cannot be read from.
        data = json.loads(line if line.rstrip().endswith("}") else text)
    elif text.lstrip().startswith("<"):
        return _in_html(text)
    elif front := FRONT_MATTER.match(text):
        # One that refers to itself makes a bomb of a few lines.
        data = read_yaml(front[1], "front matter").data
    else:
        return None
    return data.get("AIGC") if isinstance(data, dict) else None


def _in_zip(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if DOCX_PROPERTIES in names:
            properties = ElementTree.fromstring(_part(archive, DOCX_PROPERTIES))
            value = next(("".join(one.itertext()) for one in properties if one.get("name") == "AIGC"), None)
        elif EPUB_CONTAINER in names:
            package = ElementTree.fromstring(_part(archive, _epub_package(_part(archive, EPUB_CONTAINER))))
            metas = package.iterfind("{*}metadata/{*}meta")
            value = next((one.get("content") for one in metas if one.get("name") == "AIGC"), None)
        else:
            value = None
    return json.loads(value) if value else None


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(MAX_PART)


class _Head(HTMLParser):
    """Finds the label in the head of an HTML file."""

    value: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        if tag == "meta" and given.get("name") == "AIGC":
            self.value = self.value or given.get("content")


def _in_html(text: str) -> Any:
    head = _Head()
    head.feed(text[:HTML_REACH].partition("<body")[0])
    return json.loads(head.value) if head.value else None
