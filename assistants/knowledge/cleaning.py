"""Text from outside, made plain: no characters that a reader does not see and a model does.

Zero-width, direction and tag characters hide instructions in documents. Knows nothing about what a text says.
"""

import re
import unicodedata

# Controls but tab and newline; soft hyphen; zero-width and direction marks; invisible operators; byte order mark;
# variation selectors of the supplement and tags, which can spell any text.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
# Soft hyphens, zero-width spaces and byte order marks: they stand in ordinary text, and can spell nothing.
BREAKS = re.compile("[\u00ad\u200b\ufeff]")
NEWLINES = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
# Spaces but a single plain one.
SPACES = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u205f]{2,}|[\t\u00a0\u2000-\u200a\u202f\u205f]")
TAB, MOST_INDENT = 4, 40
ENDS = re.compile(r" +\n")
GAPS = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return ``text`` in Unicode's composed form, without unseen characters, with plain spaces, its lines indented."""
    seen = UNSEEN.sub("", NEWLINES.sub("\n", unicodedata.normalize("NFC", text)))
    return GAPS.sub("\n\n", ENDS.sub("\n", SPACES.sub(_plain, seen))).strip()


def _plain(spaces: re.Match[str]) -> str:
    """Return one space, or as many as indent a line: code and lists mean something by them."""
    place = spaces.start()
    is_indent = place and spaces.string[place - 1] == "\n"
    return " " * min(len(spaces[0].expandtabs(TAB)), MOST_INDENT) if is_indent else " "


def count_unseen(text: str) -> int:
    """Return how many characters of ``text`` no reader sees, without those that only say where a line may break."""
    return len(UNSEEN.findall(BREAKS.sub("", NEWLINES.sub("\n", text))))
