"""A draft's document: a title and sections of text, as plain data, and what can be told of it.

Shape: ``{"title", "headings", "sections": [{"id", "heading", "words", "notes", "locked", "text", "by"}]}``; its
``headings`` says whether those of the sections are part of the text, ``words`` is the target or None, and ``by`` names
the author of each paragraph: None is a person, else ``{"job", "model"}``. Every function returns new data and leaves
what it was given alone. Knows nothing about where documents are kept or who writes them.
"""

import hashlib
import re
import secrets
from collections import deque
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from assistants.errors import NotFound
from assistants.markdown.fences import closed
from assistants.words import CJK

Document = dict[str, Any]
Section = dict[str, Any]

PARAGRAPH = "\n\n"
# What people count: words, and single characters where a script has no spaces.
COUNTED = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['’\-][^\W_{CJK}]+)*")


# A picture of the studio's gallery, as the Images tab puts it into a draft: its name and its file.
PICTURE = re.compile(r"!\[([^\[\]\n]*)\]\(/api/files/([0-9a-f]{32})\)")


def count(text: str) -> int:
    """Return how many words a text has; each Chinese, Japanese or Korean character is one, and a picture has none."""
    return sum(1 for _ in COUNTED.finditer(PICTURE.sub("", text)))


def new_document(*, headings: bool = True, title: str = "", sections: tuple[Section, ...] = ()) -> Document:
    """Return a document, an empty one if nothing is given."""
    return {"title": title, "headings": headings, "sections": list(sections)}


def new_section(heading: str, words: int | None = None, notes: str = "", text: str = "") -> Section:
    """Return a section that a person may write in, with an id of its own."""
    by = [None] * len(text.split(PARAGRAPH)) if text else []
    fields = {"heading": heading, "words": words, "notes": notes, "locked": False, "text": text, "by": by}
    return {"id": secrets.token_hex(4), **fields}


def revision(section: Section) -> str:
    """Return 12 hex digits that change with the heading or the text: whoever changes a section names what it was."""
    return hashlib.sha256(f"{section['heading']}\n{section['text']}".encode()).hexdigest()[:12]


def section_of(document: Document, section_id: str) -> Section:
    """Return a section or raise ``NotFound``."""
    for section in document["sections"]:
        if section["id"] == section_id:
            return section
    raise NotFound("There is no such section.")


def with_text(
    document: Document, section_id: str, text: str, author: dict[str, Any] | None, /, **changes: Any
) -> Document:
    """Return the document with a section's text, the paragraphs that are new written by ``author``."""
    old = section_of(document, section_id)
    by = authors(old["text"], old["by"], text, author)
    new = {**old, **changes, "text": text, "by": by}
    return {**document, "sections": [new if one is old else one for one in document["sections"]]}


def authors(old: str, by: list[Any], new: str, author: dict[str, Any] | None) -> list[Any]:
    """Return who wrote each paragraph of ``new``: those that stood in ``old`` keep their author."""
    if not new:
        return []
    # By what they say, not by the longest run of them that is the same: to find that takes time by the cube.
    before, after = old.split(PARAGRAPH) if old else [], new.split(PARAGRAPH)
    start = _alike(before, after)
    end = _alike(reversed(before[start:]), reversed(after[start:]))
    standing: dict[str, deque[Any]] = {}
    for paragraph, one in zip(before[start : len(before) - end], by[start:], strict=False):
        standing.setdefault(paragraph, deque()).append(one)
    changed = [standing[one].popleft() if standing.get(one) else author for one in after[start : len(after) - end]]
    return [*by[:start], *changed, *by[len(before) - end : len(before)]]


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many there are at the beginning that are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def arranged(document: Document, sections: list[dict[str, Any]], title: str | None) -> Document:
    """Return the document with its sections as listed: in this order, new ones where an id is missing."""
    known = {section["id"]: section for section in document["sections"]}
    listed = []
    for changes in sections:
        section_id = changes.get("id")
        if section_id is not None and section_id not in known:
            raise NotFound("There is no such section.")
        old = known.pop(section_id) if section_id else new_section("")
        listed.append({**old, **changes, "id": old["id"]})
    return {**document, "title": document["title"] if title is None else title, "sections": listed}


def outlined(document: Document, title: str, sections: list[Section]) -> Document:
    """Return the document with new sections in place of all but the locked ones, which stay where they stand."""
    listed = list(sections)
    for place, section in enumerate(document["sections"]):
        if section["locked"]:
            listed.insert(min(place, len(listed)), section)
    return {**document, "title": title, "sections": listed}


def without(before: Document, after: Document, now: Document) -> Document:
    """Return ``now`` without what changed from ``before`` to ``after``; sections not touched by that stay."""
    former = {section["id"]: section for section in before["sections"]}
    later = {section["id"]: section for section in after["sections"]}
    if former.keys() != later.keys():
        return before
    changed = {one for one in former if former[one]["text"] != later[one]["text"]}

    def undone(section: Section) -> Section:
        if section["id"] not in changed:
            return section
        return {**section, **{name: former[section["id"]][name] for name in ("text", "by")}}

    return {**now, "sections": [undone(section) for section in now["sections"]]}


def text_of(document: Document) -> str:
    """Return all the text of a document, without headings."""
    return PARAGRAPH.join(section["text"] for section in document["sections"] if section["text"])


def markdown(document: Document) -> str:
    """Return a document as Markdown."""
    blocks = [f"# {document['title']}"] if document["title"] else []
    for section in document["sections"]:
        blocks += [f"## {section['heading']}"] if section["heading"] and document["headings"] else []
        blocks += [closed(section["text"])] if section["text"] else []
    return PARAGRAPH.join(blocks) + "\n"
