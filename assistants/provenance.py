"""The AI label: the one place that every exported file goes through.

A visible line where there is text, and machine-readable metadata: the seven ``AIGC`` fields of GB 45438-2025 annex E,
in Markdown as YAML front matter (TC260-PG-20258A), in JSON as the first key, in JSON Lines as the first line, in
pictures as one XMP packet (TC260-PG-20259A) that also holds IPTC's DigitalSourceType. Knows nothing about where the
content came from.
"""

import hashlib
import io
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import yaml

if TYPE_CHECKING:
    from PIL.Image import Image

PRODUCER = "AIGC-Studio"
NOTICE = "AI-generated content · AI生成内容"
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
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
FRONT_MATTER = re.compile(r"---\n(.{1,4000}?)\n---\n", re.DOTALL)


def label(kind: str, content_id: str, content: bytes) -> bytes:
    """Return ``content`` of a media type as a file that says, for people and for machines, that AI made it.

    What is labelled already, a kind that has no place for a label and a broken picture are returned as they are.
    """
    if kind not in LABELLERS or read(content):
        return content
    try:
        return LABELLERS[kind](content_id, content)
    except OSError:  # Pillow's, about a picture that it cannot read
        return content


def read(content: bytes) -> dict[str, str] | None:
    """Return the seven fields of a labelled file; None without a label, or in plain text, which has no place for it."""
    try:
        fields = _in_picture(content) if _is_picture(content) else _in_text(content.decode())
    except (ValueError, OSError, yaml.YAMLError, ElementTree.ParseError):
        return None
    return fields if isinstance(fields, dict) and set(FIELDS) <= fields.keys() else None


def aigc_fields(content_id: str, digest: str) -> dict[str, str]:
    """Return the seven fields; on first writing the propagator is the producer.

    ``ReservedCode1`` holds the sha256 of the content, in pictures of their pixels, so that a change can be seen.
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
        if xmp:
            info.add_itxt("XML:com.adobe.xmp", xmp.decode())
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
    "image/png": _label_picture,
    "image/jpeg": _label_picture,
    "image/webp": _label_picture,
}


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
    elif front := FRONT_MATTER.match(text):
        data = yaml.safe_load(front[1])
    else:
        return None
    return data.get("AIGC") if isinstance(data, dict) else None
