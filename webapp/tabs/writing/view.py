"""What the Write tab shows, as plain data; all of it is text, never HTML.

Knows nothing about how it is drawn.
"""

import re
from dataclasses import asdict
from typing import Any

from assistants import writing
from assistants.history.snippets import REACH, excerpt, marks, pattern
from assistants.principals import Principal
from assistants.store.draft_rows import Draft
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from webapp.i18n import t
from webapp.wording import model_label

# So many characters of a text are shown below a name in the list.
SNIPPET = 120
# By these a section may have got more than one generated text.
GENERATED = ("draft", "section", "repair", "partial", "rewrite")


def home(studio: Studio, who: Principal, lang: str) -> dict[str, Any]:
    """Return what a new draft can be: its kinds, examples, templates and models."""
    wanted, advice = model_label(studio, studio.models.resolve(None), lang)
    return {
        "kinds": [kind(one, lang) for one in writing.kinds().values()],
        "examples": [one for one in writing.EXAMPLES if one["language"] == wanted],
        "templates": [[one.id, one.name] for one in writing.templates_of(studio, who.id)],
        "models": studio.models.pickable(who),
        "advice": advice,
        "language": wanted,
    }


def kind(one: writing.Kind, lang: str) -> dict[str, Any]:
    """Return a kind of text and what only its brief asks for."""

    def own(words: dict[str, str]) -> str:
        return writing.in_language(words, lang) if words else ""

    fields = [
        {
            "name": name,
            "label": own(field.title),
            "hint": own(field.hint),
            "choices": [[choice, own(words)] for choice, words in field.choices.items()],
        }
        for name, field in one.fields.items()
    ]
    return {
        "id": one.id,
        "title": own(one.title),
        "description": own(one.description),
        "words": one.words,
        "usual": one.words_for({}),
        "fields": fields,
    }


def drafts(studio: Studio, owner: str, q: str, shown: int) -> dict[str, Any]:
    """Return the first lines of the list of drafts and whether there are more."""
    found = studio.history.drafts.list(owner, q, limit=shown + 1)
    items, words = [asdict(line) for line in found[:shown]], pattern(q)
    if words:
        for one in items:
            draft = studio.history.drafts.open(one["id"], owner)
            one |= {"name_marks": marks(one["name"], words)} | found_in(draft, words)
    return {"items": items, "more": len(found) > shown}


def found_in(draft: Draft, words: re.Pattern[str]) -> dict[str, Any]:
    """Return the piece of a draft where what was searched stands, and its section, if it is in one."""
    for section in draft.document["sections"]:
        text = f"{section['heading']}. {section['text']}"[:REACH]
        if words.search(text):
            snippet = excerpt(text, SNIPPET, words)
            return {"snippet": snippet, "snippet_marks": marks(snippet, words), "section": section["id"]}
    return {}


def whole(studio: Studio, owner: str, draft: Draft, have: dict[str, str]) -> dict[str, Any]:
    """Return a draft; the texts of those sections alone whose revision is not in ``have``."""
    sections = draft.document["sections"]
    return head(draft) | {
        "title": draft.document["title"],
        "headings": draft.document["headings"],
        "sections": [short(one) if have.get(one["id"]) == one["revision"] else one for one in sections],
        "alternates": alternates(studio, owner, draft),
        "running": writer(studio, owner, draft),
    }


def head(draft: Draft) -> dict[str, Any]:
    """Return what stands above a draft."""
    facts = ("id", "name", "version", "words", "can_undo", "can_redo")
    return {"draft": {name: getattr(draft, name) for name in facts}}


def short(section: dict[str, Any]) -> dict[str, Any]:
    """Return a section without its text, which the script has."""
    return {name: value for name, value in section.items() if name != "text"}


def section_of(draft: Draft, section: str) -> dict[str, Any]:
    """Return what is new about a section that was saved."""
    return next(short(one) for one in draft.document["sections"] if one["id"] == section)


def writer(studio: Studio, owner: str, draft: Draft) -> dict[str, Any] | None:
    """Return the job that writes in a draft now."""
    return job(studio.jobs.get(draft.job, owner)) if draft.job else None


def job(row: JobRow) -> dict[str, Any]:
    """Return what the script needs to follow a job."""
    facts = ("action", "section", "selection")
    return {"id": row.id, "is_open": row.is_open} | {name: row.request.get(name) for name in facts}


def alternates(studio: Studio, owner: str, draft: Draft) -> dict[str, Any]:
    """Return the versions with other texts of each section that has some, and at which of them it is now."""
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
            found[section["id"]] = {"versions": [one.version for one in texts], "here": here}
    return found


def versions(studio: Studio, owner: str, draft: str) -> list[dict[str, Any]]:
    """Return the versions of a draft, the newest first."""
    facts = ("id", "cause", "model", "changed", "words", "updated", "current")
    found = studio.history.drafts.versions(draft, owner)
    return [
        {name: getattr(one, name) for name in facts} | ({} if one.parent or one.cause != "edit" else {"cause": "begun"})
        for one in found
    ]


def checks(studio: Studio, owner: str, draft: str, lang: str) -> list[dict[str, Any]]:
    """Return what the checks found, in the visitor's language."""
    facts = ("name", "ok", "section", "start", "end")
    return [
        {name: getattr(one, name) for name in facts} | {"text": t(one.template, lang, **one.values)}
        for one in writing.check(studio, draft, owner)
    ]
