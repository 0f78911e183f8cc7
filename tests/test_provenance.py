"""The AI label read back as another program would read it."""

import hashlib
import io
import json
import zipfile
from xml.etree import ElementTree

import pytest
import yaml
from PIL import Image

from assistants import provenance

PLACES = [
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
]
TC260 = "{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC"
SOURCE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def check(fields: dict[str, str], content: bytes) -> None:
    assert list(fields) == PLACES
    assert fields["Label"] == "1"
    assert fields["ProduceID"] == fields["PropagateID"] == "0123abc"
    assert fields["ReservedCode1"] == hashlib.sha256(content).hexdigest()
    assert all(isinstance(value, str) and value.isascii() and " " not in value for value in fields.values())


def picture(form: str, **options: object) -> bytes:
    image, file = Image.radial_gradient("L").resize((40, 30)).convert("RGB"), io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def packet(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(Image.open(io.BytesIO(content)).info["xmp"])


def pixels(content: bytes) -> bytes:
    return Image.open(io.BytesIO(content)).tobytes()


def test_markdown_carries_a_visible_line_and_front_matter() -> None:
    text = "# Title\n\n---\n\nAIGC: no\n"
    labelled = provenance.label("text/markdown", "0123abc", text.encode())
    _, front, rest = labelled.decode().split("---\n", 2)
    check(yaml.safe_load(front)["AIGC"], text.encode())
    notice, body = rest.lstrip("\n").split("\n\n", 1)
    assert "AI" in notice and "生成" in notice
    assert body == text


def test_plain_text_begins_with_a_visible_line() -> None:
    notice, body = provenance.label("text/plain", "0123abc", b"a\n\nb").decode().split("\n\n", 1)
    assert "AI" in notice and "生成" in notice
    assert body == "a\n\nb"


@pytest.mark.parametrize(("data", "kept"), [({"title": "退款"}, {"title": "退款"}), ([1, 2], {"content": [1, 2]})])
def test_json_carries_the_label_first_and_the_data_whole(data: object, kept: dict[str, object]) -> None:
    content = json.dumps(data).encode()
    labelled = json.loads(provenance.label("application/json", "0123abc", content))
    assert next(iter(labelled)) == "AIGC"
    check(labelled.pop("AIGC"), content)
    assert "AI" in labelled.pop("notice")
    assert labelled == kept


def test_json_lines_carry_the_label_in_the_first_line() -> None:
    content = b'{"a": 1}\n{"b": 2}\n'
    first, rest = provenance.label("application/jsonl", "0123abc", content).split(b"\n", 1)
    check(json.loads(first)["AIGC"], content)
    assert rest == content


@pytest.mark.parametrize(("form", "options"), [("PNG", {}), ("JPEG", {"quality": 80}), ("WEBP", {"lossless": True})])
def test_a_picture_carries_one_xmp_packet(form: str, options: dict[str, object]) -> None:
    content = picture(form, **options)
    labelled = provenance.label(f"image/{form.lower()}", "0123abc", content)
    check(json.loads(packet(labelled).findtext(f".//{TC260}")), pixels(labelled))
    assert packet(labelled).findtext(f".//{SOURCE}") == AI
    assert labelled.count(b"www.tc260.org.cn") == 1
    if form != "JPEG":
        assert pixels(labelled) == pixels(content)


def test_what_a_pictures_packet_held_before_stays() -> None:
    before = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Ann</dc:creator></rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    )
    labelled = provenance.label("image/jpeg", "0123abc", picture("JPEG", xmp=before.encode()))
    assert packet(labelled).findtext(".//{http://purl.org/dc/elements/1.1/}creator") == "Ann"
    assert packet(labelled).findtext(f".//{TC260}")


def zipped(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            packing = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, packing)
    return file.getvalue()


def unzipped(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name).decode() for name in archive.namelist()}


WORD = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types'
    '"><Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>',
    "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:w14="urn:w14"><w:body><w:p><w:r><w:t>退款</w:t></w:r></w:p></w:body></w:document>',
}
BOOK = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
    "OEBPS/content.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata></metadata><manifest>'
    '<item id="nav" href="nav.xhtml"/><item id="one" href="text/one%20.xhtml"/></manifest><spine>'
    '<itemref idref="one"/></spine></package>',
    "OEBPS/nav.xhtml": "<html><body></body></html>",
    "OEBPS/text/one .xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body class="a"><h1>退款</h1></body></html>',
}
PAGE = """<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>a > b</title></head><body class="x"><p>退款</p></body></html>
"""


def test_html_carries_a_meta_element_and_a_visible_line_before_the_text() -> None:
    labelled = provenance.label("text/html", "0123abc", PAGE.encode()).decode()
    head, body = labelled.split("</head>")
    check(provenance.read(labelled.encode()), PAGE.encode())
    assert head.startswith('<!DOCTYPE html>\n<html lang="zh"><head><meta name="AIGC" content=')
    assert body.startswith(
        '<body class="x"><p>AI-generated content &#183; AI&#29983;&#25104;&#20869;&#23481;</p><p>退款'
    )


@pytest.mark.parametrize("fragment", ["<h1>Title</h1>", "plain words", "<html><p>a", "<!doctype html><title>a</title>"])
def test_a_piece_of_html_is_labelled_where_its_head_would_be(fragment: str) -> None:
    labelled = provenance.label("text/html", "0123abc", fragment.encode())
    check(provenance.read(labelled), fragment.encode())
    assert b"</p>" in labelled


def test_a_label_that_the_text_quotes_is_not_one() -> None:
    quoted = PAGE.replace("退款", "<meta name='AIGC' content='{}'>").encode()
    assert provenance.read(quoted) is None


def test_a_word_file_carries_one_custom_property_and_a_visible_line() -> None:
    parts = unzipped(provenance.label(provenance.DOCX, "0123abc", zipped(WORD)))
    properties = ElementTree.fromstring(parts["docProps/custom.xml"])
    assert [(one.get("name"), one.get("pid")) for one in properties] == [("AIGC", "2")]
    assert list(json.loads("".join(properties.itertext()))) == PLACES
    assert 'PartName="/docProps/custom.xml"' in parts["[Content_Types].xml"]
    assert 'Target="docProps/custom.xml"' in parts["_rels/.rels"]
    for part in parts.values():
        ElementTree.fromstring(part)
    said = ["".join(one.itertext()) for one in ElementTree.fromstring(parts["word/document.xml"]).iterfind(".//{*}p")]
    assert said == [provenance.NOTICE, "退款"]
    # Word names prefixes in attributes, so that they have to stay as they are.
    assert "<w:body>" in parts["word/document.xml"] and 'xmlns:w14="urn:w14"' in parts["word/document.xml"]


def test_a_word_files_own_properties_stay() -> None:
    own = (
        '<op:Properties xmlns:op="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties">'
        '<op:property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="7" name="Client"/></op:Properties>'
    )
    content = zipped(WORD | {"docProps/custom.xml": own})
    labelled = provenance.label(provenance.DOCX, "0123abc", content)
    properties = ElementTree.fromstring(unzipped(labelled)["docProps/custom.xml"])
    assert [(one.get("name"), one.get("pid")) for one in properties] == [("Client", "7"), ("AIGC", "8")]
    assert provenance.read(labelled)["ProduceID"] == "0123abc"


def test_a_book_carries_its_label_in_the_package_and_on_its_first_page() -> None:
    labelled = provenance.label(provenance.EPUB, "0123abc", zipped(BOOK))
    parts = unzipped(labelled)
    metas = ElementTree.fromstring(parts["OEBPS/content.opf"]).findall("{*}metadata/{*}meta")
    assert [list(json.loads(meta.get("content"))) for meta in metas] == [PLACES]
    first = ElementTree.fromstring(parts["OEBPS/text/one .xhtml"]).find("{*}body")
    assert ["".join(one.itertext()) for one in first] == [provenance.NOTICE, "退款"]
    with zipfile.ZipFile(io.BytesIO(labelled)) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize(("kind", "parts"), [(provenance.DOCX, WORD), (provenance.EPUB, BOOK)])
def test_the_digest_of_a_document_tells_a_change(kind: str, parts: dict[str, str]) -> None:
    text = next(name for name in parts if "document" in name or "one" in name)
    changed = parts | {text: parts[text].replace("退款", "退货")}
    digests = {provenance.read(provenance.label(kind, "1", zipped(one)))["ReservedCode1"] for one in (parts, changed)}
    assert len(digests) == 2


CONTENTS = {
    "text/html": PAGE.encode(),
    provenance.DOCX: zipped(WORD),
    provenance.EPUB: zipped(BOOK),
    "text/markdown": b"# Title",
    "application/json": b'{"a": {"b": 1}}',
    "application/jsonl": b'{"a": 1}\n',
    "image/png": picture("PNG"),
    "image/jpeg": picture("JPEG"),
    "image/webp": picture("WEBP"),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_label_is_read_back_and_not_given_twice(kind: str) -> None:
    assert provenance.read(CONTENTS[kind]) is None
    labelled = provenance.label(kind, "0123abc", CONTENTS[kind])
    fields = provenance.read(labelled)
    assert (fields["Label"], fields["ProduceID"]) == ("1", "0123abc")
    assert provenance.label(kind, "another", labelled) == labelled
    assert provenance.label(kind, "0123abc", CONTENTS[kind]) == labelled


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain",
        b"\xff\xfe",
        b"---\nAIGC: [\n---\n",
        b"---\nAIGC: 1\n---\n",
        # Each line is twice as long as the one before.
        b"---\nAIGC: &a0 {x: 1}\n"
        + b"".join(b"a%d: &a%d\n  <<: [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 99))
        + b"---\n",
        b'{"a":' * 100_000,
        b'{"AIGC": {}}',
        b"{",
        b"[]",
        b"\x89PNG\r\n\x1a\n",
        b"<",
        b"<meta name='AIGC' content='{'>",
        b"PK\x03\x04",
        zipped({"a": "b"}),
        zipped({"docProps/custom.xml": "<a"}),
        zipped({"docProps/custom.xml": "<a><b name='AIGC'>[]</b></a>"}),
        zipped({"META-INF/container.xml": "<a/>"}),
        zipped(BOOK)[:-9],
        picture("JPEG", xmp=b"<no xml"),
        picture("JPEG", xmp=b"<a xmlns:T='http://www.tc260.org.cn/ns/AIGC/1.0/'><T:AIGC>{</T:AIGC></a>"),
    ],
)
def test_what_has_no_label_or_a_broken_one_reads_as_none(content: bytes) -> None:
    assert provenance.read(content) is None


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"\x89PNG\r\n\x1a\n...", picture("PNG")[:60]])
def test_what_has_no_place_for_it_stays_as_it_is(content: bytes) -> None:
    kind = "application/pdf" if content.startswith(b"%") else "image/png"
    assert provenance.label(kind, "0123abc", content) == content


@pytest.mark.parametrize("kind", [provenance.DOCX, provenance.EPUB])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", zipped({"a": "b"}), zipped({**WORD, **BOOK})[:-9]])
def test_what_is_no_such_document_stays_as_it_is(kind: str, content: bytes) -> None:
    assert provenance.label(kind, "0123abc", content) == content
