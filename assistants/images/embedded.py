"""The texts that pictures carry beside their pixels: PNG's chunks, wherever they stand, and EXIF in JPEG and WebP.

Finds where they are by the heads of chunks alone; what is in them is read in a child (``bounded``), for it may unpack
to anything and lead in circles. Knows nothing about what the texts mean.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from assistants.errors import InvalidInput
from assistants.storable import storable

# Of one text, and of all; of chunks, of which a real file has some hundreds.
MOST_BYTES, MOST_IN_ALL, MOST_CHUNKS = 8_000_000, 16_000_000, 100_000
TOO_LARGE = "What {field} says of how it was made is more than {limit} MB."
# What PNG calls it.
XMP = "XML:com.adobe.xmp"
TEXTS, EXIF = ("tEXt", "zTXt", "iTXt"), "exif"
PNG, JPEG, RIFF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF"
EXIF_HEAD, XMP_HEAD = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
# Tags of EXIF by what they are called; programs write any of them, and in either directory.
TAGS = {
    0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model", 0x0131: "Software", 0x927C: "MakerNote",
    0x9286: "UserComment", 0x9C9C: "XPComment",
}  # fmt: skip
MORE_TAGS = 0x8769
# What the first eight bytes of a comment say of its letters.
ASCII, UNICODE, JIS, UNSAID = b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", b"\0" * 8

Segment = tuple[str, bytes]


def segments(path: Path) -> list[Segment]:
    """Return the parts of a picture file that texts may be in; raises ``InvalidInput`` if they are too large."""
    found: list[Segment] = []
    size = 0
    with path.open("rb") as stream:
        head = stream.read(12)
        parts = (
            _png if head.startswith(PNG) else _jpeg if head.startswith(JPEG) else _webp if head[:4] == RIFF else None
        )
        if parts is None:
            return _others(path)
        for kind, length in parts(stream):
            size += length
            if length > MOST_BYTES or size > MOST_IN_ALL:
                raise InvalidInput("file", TOO_LARGE, limit=MOST_BYTES // 1_000_000)
            found.append((kind, stream.read(length)))
    return found


def _others(path: Path) -> list[Segment]:
    """Return what Pillow finds in the head of a file of another kind, such as AVIF, TIFF and GIF."""
    from PIL import Image

    with Image.open(path) as picture:
        info, exif = picture.info, picture.info.get("exif")
        if not exif and picture.format == "TIFF":
            exif = picture.getexif().tobytes()
    found = [(EXIF, exif), ("comment", info.get("comment")), ("xmp", info.get("xmp"))]
    kept = [(kind, raw) for kind, raw in found if isinstance(raw, bytes) and raw]
    if sum(len(raw) for _, raw in kept) > MOST_BYTES:
        raise InvalidInput("file", TOO_LARGE, limit=MOST_BYTES // 1_000_000)
    return kept


def _png(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    """Yield the kind and length of each chunk with text, which the stream then stands at."""
    place = len(PNG)
    for _ in range(MOST_CHUNKS):
        stream.seek(place)
        head = stream.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        length, kind = struct.unpack(">I", head[:4])[0], head[4:].decode("latin-1")
        place += length + 12
        if kind in TEXTS:
            yield kind, length
        elif kind == "eXIf":
            yield EXIF, length


def _jpeg(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    place = 2
    for _ in range(MOST_CHUNKS):
        stream.seek(place)
        head = stream.read(4)
        # Fill bytes may stand before a marker; after the start of the scan there are no more.
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0xDA, 0xD9):
            return
        if head[1] == 0xFF:
            place += 1
            continue
        length = struct.unpack(">H", head[2:])[0]
        place += length + 2
        if head[1] == 0xE1:
            begin = stream.read(len(XMP_HEAD))
            whose = next((one for one in (EXIF_HEAD, XMP_HEAD) if begin.startswith(one)), None)
            if whose:
                stream.seek(len(whose) - len(begin), os.SEEK_CUR)
                yield EXIF if whose == EXIF_HEAD else "xmp", max(0, length - 2 - len(whose))
        elif head[1] == 0xFE:
            yield "comment", max(0, length - 2)


def _webp(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    place = 12
    for _ in range(MOST_CHUNKS):
        stream.seek(place)
        head = stream.read(8)
        if len(head) < 8:
            return
        length = struct.unpack("<I", head[4:])[0]
        place += 8 + length + length % 2
        if head[:4] in (b"EXIF", b"XMP "):
            yield EXIF if head[:4] == b"EXIF" else "xmp", length


# In the child


def texts(found: Sequence[Segment]) -> dict[str, str]:
    """Return the texts by their names; of those with one name the first that says anything."""
    said: dict[str, str] = {}
    for kind, raw in found:
        for name, text in READERS[kind](raw):
            if text.strip("\0 \r\n\t") and name not in said:
                said[name] = storable(text.strip("\0"))
    return said


def _text(raw: bytes) -> Iterator[tuple[str, str]]:
    name, _, text = raw.partition(b"\0")
    yield name.decode("latin-1"), _decoded(text)


def _packed(raw: bytes) -> Iterator[tuple[str, str]]:
    name, _, rest = raw.partition(b"\0")
    yield name.decode("latin-1"), _decoded(_unpacked(rest[1:]))


def _international(raw: bytes) -> Iterator[tuple[str, str]]:
    name, _, rest = raw.partition(b"\0")
    _, _, rest = rest[2:].partition(b"\0") if len(rest) > 2 else (b"", b"", b"")
    text = rest.partition(b"\0")[2]
    is_packed = raw[len(name) + 1 : len(name) + 2] == b"\1"
    yield name.decode("latin-1"), _decoded(_unpacked(text) if is_packed else text)


def _unpacked(raw: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(raw, MOST_BYTES)
    except zlib.error:
        return b""
    if unpacker.unconsumed_tail:
        raise InvalidInput("file", TOO_LARGE, limit=MOST_BYTES // 1_000_000)
    return content


def _exif(raw: bytes) -> Iterator[tuple[str, str]]:
    from PIL import Image

    exif = Image.Exif()
    try:
        exif.load(raw.removeprefix(EXIF_HEAD))
        tags = {**exif.get_ifd(MORE_TAGS), **exif}
    except Exception:  # noqa: BLE001 (Pillow raises what its parts raise)
        return
    for tag, name in TAGS.items():
        value = tags.get(tag)
        if isinstance(value, tuple):
            value = bytes(value) if all(isinstance(one, int) and 0 <= one < 256 for one in value) else None
        if isinstance(value, str):
            # Pillow has taken each byte for a letter.
            value = value.encode("latin-1", "replace")
        if isinstance(value, bytes):
            yield name, value.decode("utf-16-le", "replace") if tag == 0x9C9C else _commented(value)


def _commented(raw: bytes) -> str:
    """Return a comment by what its first bytes say of its letters."""
    code, text = raw[:8], raw[8:]
    if code == UNICODE:
        return _wide(text)
    if code == JIS:
        return text.decode("iso2022_jp", "replace")
    return _decoded(text if code in (ASCII, UNSAID) else raw)


def _wide(raw: bytes) -> str:
    """Return a text in UTF-16, which need not say in what order its bytes are: that which makes letters of more."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    both = [raw.decode(f"utf-16-{order}", "replace") for order in ("be", "le")]
    if raw.isascii() and b"\0" not in raw:
        # It says so and is none.
        return _decoded(raw)
    return max(both, key=lambda text: sum(_is_usual(letter) for letter in text[:2000]))


def _is_usual(letter: str) -> bool:
    return letter.isascii() or "\u3000" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff"


def _decoded(raw: bytes) -> str:
    """Return a text in UTF-8, which programs write whatever a format says, or else in that of old."""
    inside = raw.strip(b"\0")
    if inside.count(0) > len(inside) // 4:
        return _wide(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


READERS = {
    "tEXt": _text,
    "zTXt": _packed,
    "iTXt": _international,
    EXIF: _exif,
    "comment": lambda raw: [("comment", _decoded(raw))],
    "xmp": lambda raw: [(XMP, _decoded(raw))],
}
