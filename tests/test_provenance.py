"""The AI label read back as another program would read it."""

import hashlib
import io
import json
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


CONTENTS = {
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
        b'{"AIGC": {}}',
        b"{",
        b"[]",
        b"\x89PNG\r\n\x1a\n",
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
