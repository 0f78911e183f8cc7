"""Bytes as text: by their mark, by what they declare, as UTF-8, as GB18030 where that is likely, or by a guess.

Knows nothing about what the text says beyond where a page declares its encoding.
"""

import codecs
import re
import unicodedata
from contextlib import suppress

from assistants.knowledge.readers.notes import Notes

WRONG_BYTES = "Bytes that are not valid {encoding} are shown as \N{REPLACEMENT CHARACTER} ({count})."
# A longer mark goes before the one that it begins with.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
# The encodings of the web (https://encoding.spec.whatwg.org); what they are called there, and are read as.
KNOWN = re.compile(
    r"utf-?8|gb18030|gbk|gb2312|big5(-hkscs)?|euc-(jp|kr)|iso-2022-jp|shift_jis|(windows-|cp)\d+|iso-?8859-\d+|"
    r"koi8-[ru]|macintosh|ibm866|tis-620|us-ascii"
)
READ_AS = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949", "x-euc-jp": "euc_jp", "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "macintosh": "mac_roman", "iso-8859-9": "cp1254", "tis-620": "cp874",
}  # fmt: skip
# Of so many characters one may be wrong before what a page declares is not believed.
MOST_WRONG = 50
MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def is_wide(data: bytes) -> bool:
    """Say whether ``data`` has the mark of UTF-16 or UTF-32, in which bytes of 0 are no sign of a program."""
    return any(data.startswith(mark) for mark, encoding in MARKS.items() if encoding != "utf-8-sig")


def decoded(data: bytes, notes: Notes, declared: str = "") -> str:
    """Return the text of ``data``; of what is no text in its encoding it is said how much there is."""
    mark = next((mark for mark in MARKS if data.startswith(mark)), None)
    if mark is not None:
        return _replaced(data, MARKS[mark], notes)
    if not data.isascii():
        with suppress(UnicodeDecodeError):
            return data.decode("utf-8")
    encoding = _codec(declared.strip().lower())
    if encoding and _wrong(data, encoding) * MOST_WRONG <= len(data):
        return _replaced(data, encoding, notes)
    # Where most of what is not ASCII is UTF-8, the rest is damage; in another encoding hardly any of it would be.
    wrong, right = _wrong(data, "utf-8"), len(MULTIBYTE.findall(data))
    if 2 * wrong <= right or (wrong <= right and wrong <= _wrong(data, "gb18030")):
        return _replaced(data, "utf-8", notes)
    if _is_gb18030(data):
        return _replaced(data, "gb18030", notes)
    from charset_normalizer import from_bytes

    text = str(from_bytes(data).best() or "")
    return text if text and not _is_far_fetched(data, text) else _replaced(data, "cp1252", notes)


def _is_far_fetched(data: bytes, guess: str) -> bool:
    """Say whether a guess puts single letters of another script into words of Latin ones."""
    foreign = [one for one in guess if not one.isascii() and one.isalpha()]
    is_rare = sum(byte > 127 for byte in data) < sum(chr(byte).isalpha() for byte in data if byte < 128)
    return is_rare and any(not unicodedata.name(one, "").startswith("LATIN") for one in foreign)


def _codec(declared: str) -> str:
    """Return the codec of what a page calls its encoding, or nothing."""
    with suppress(LookupError):
        return codecs.lookup(READ_AS.get(declared, declared if KNOWN.fullmatch(declared) else "")).name
    return ""


def _wrong(data: bytes, encoding: str) -> int:
    """Return how many characters are replaced because their bytes are wrong."""
    own = data.count("\N{REPLACEMENT CHARACTER}".encode()) if encoding.startswith("utf-8") else 0
    return data.decode(encoding, "replace").count("\N{REPLACEMENT CHARACTER}") - own


def _replaced(data: bytes, encoding: str, notes: Notes) -> str:
    if wrong := _wrong(data, encoding):
        notes.say(WRONG_BYTES, encoding=encoding.removesuffix("-sig").upper(), count=wrong)
    return data.decode(encoding, "replace")


def _is_gb18030(data: bytes) -> bool:
    """Say whether most of what is not ASCII are the everyday characters of the Chinese standard, by their bytes."""
    text = data[: 1 << 20].decode("gb18030", "ignore")
    foreign = [character for character in text if not character.isascii()]
    common = 0
    for character in foreign:
        raw = character.encode("gb18030")
        common += len(raw) == 2 and 0xA1 <= raw[0] <= 0xD7 and raw[1] >= 0xA1
    return len(foreign) > 0 and common / len(foreign) > 0.8
