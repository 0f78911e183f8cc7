"""What is answered of drafts: the library's own records, and what follows from them.

Knows what a client draws beside a draft; knows nothing about the routes.
"""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from assistants.history.snippets import REACH, excerpt, marks, pattern
from assistants.store.draft_rows import Draft, Line
from assistants.studio import Studio

# So many characters of a text are shown below a name in the list.
SNIPPET = 120
# By these a section may have got more than one generated text.
GENERATED = ("draft", "section", "repair", "partial", "rewrite")

Marks = list[tuple[int, int]]


@dataclass(frozen=True)
class FoundDraft(Line):
    """A line of the list. Marks are (begin, end) in characters, where the words looked for stand.

    ``snippet`` is the piece of a section's text where they stand, if it is there that they do.
    """

    name_marks: Marks
    section: str | None = None
    snippet: str | None = None
    snippet_marks: Marks | None = None


@dataclass(frozen=True)
class Alternates:
    """The versions in which a section has other texts, the oldest first, and at which of them it is now."""

    versions: list[str]
    here: int | None


@dataclass(frozen=True)
class OpenDraft(Draft):
    """A draft as it stands; ``alternates`` are those of each section that has some, by its id."""

    alternates: dict[str, Alternates]


class SavedSection(BaseModel):
    """What is new of a draft after a section of it was saved; the text is the one that was sent."""

    section: dict[str, Any] = Field(description="The section, without its text")
    id: str
    name: str
    version: str
    words: int
    can_undo: bool
    can_redo: bool


def found(studio: Studio, owner: str, lines: list[Line], q: str) -> list[FoundDraft]:
    """Return the lines of a list with the places of the words that were looked for."""
    words = pattern(q)
    return [
        FoundDraft(**vars(line), name_marks=marks(line.name, words), **_place(studio, owner, line, words))
        for line in lines
    ]


def _place(studio: Studio, owner: str, line: Line, words: re.Pattern[str] | None) -> dict[str, Any]:
    if words is None:
        return {}
    for section in studio.history.drafts.open(line.id, owner).document["sections"]:
        text = f"{section['heading']}. {section['text']}"[:REACH]
        if words.search(text):
            snippet = excerpt(text, SNIPPET, words)
            return {"snippet": snippet, "snippet_marks": marks(snippet, words), "section": section["id"]}
    return {}


def opened(studio: Studio, owner: str, draft: Draft) -> OpenDraft:
    """Return a draft with what can be turned to in its sections."""
    return OpenDraft(**vars(draft), alternates=_alternates(studio, owner, draft))


def _alternates(studio: Studio, owner: str, draft: Draft) -> dict[str, Alternates]:
    counted: dict[str, int] = {}
    for version in studio.history.drafts.versions(draft.id, owner):
        if version.cause in GENERATED:
            for section in version.changed:
                counted[section] = counted.get(section, 0) + 1
    found = {}
    for section in draft.document["sections"]:
        if counted.get(section["id"], 0) + (None in section["by"]) < 2:
            continue
        texts = studio.history.drafts.alternates(draft.id, owner, section["id"])[::-1]
        here = next((at for at, one in enumerate(texts) if one.text == section["text"]), None)
        if len(texts) > (here is not None):
            found[section["id"]] = Alternates([one.version for one in texts], here)
    return found


def saved(draft: Draft, section: str) -> SavedSection:
    """Return what is new of a draft after one of its sections was saved."""
    [new] = [one for one in draft.document["sections"] if one["id"] == section]
    facts = {name: getattr(draft, name) for name in SavedSection.model_fields if name != "section"}
    return SavedSection(section={name: value for name, value in new.items() if name != "text"}, **facts)
