"""Pictures in messages: an address of the studio's own in Markdown. Knows nothing about where their bytes are."""

import re

PICTURE = re.compile(r"!\[(?P<name>(?:[^\]\\\n]|\\.)*)\]\(api/files/(?P<id>[0-9a-f]{32})\)")
BRACKETS = re.compile(r"[\[\]\\\n]+")


def named(text: str) -> list[str]:
    """Return the ids of the files that a text shows as pictures."""
    return [found["id"] for found in PICTURE.finditer(text)]


def shown(id: str, name: str) -> str:
    """Return the Markdown that shows a file as a picture; ``name`` is read aloud in its place."""
    return f"![{BRACKETS.sub(' ', name).strip()}](api/files/{id})"
