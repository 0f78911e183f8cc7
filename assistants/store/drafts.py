"""Drafts: documents with every version they ever had, as a tree in which one version is the current one.

Nothing is overwritten: a change is a new version below the current one (typing shares one for some minutes), undoing
moves between them, and what comes too late for the section it was meant for is kept beside the branch. What a job may
not touch is refused here. Knows nothing about models, prompts or what a brief says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from assistants.diffs import Piece, pieces
from assistants.errors import Conflict, InvalidInput, NotFound
from assistants.requests import StudioRequest, one_line, validated
from assistants.store import Store, documents, new_id, now
from assistants.store.documents import Document
from assistants.store.draft_rows import (
    Alternate,
    Change,
    Draft,
    Line,
    Version,
    commit,
    document_of,
    insert,
    job_of,
    last_job,
    opened,
    point,
    row_of,
    to_json,
    to_version,
)
from assistants.store.fulltext import escape_like

MAX_NAME = 120
MAX_TEXT = 200_000
MAX_SECTIONS = 100
MAX_WORDS = 20_000
# What jobs write; all else is by people.
GENERATED = ("outline", "draft", "section", "rewrite", "repair", "partial")

CHANGED = "This section was changed meanwhile. The other text is kept as a version of its own."
LOCKED = "This section is locked. The new text is kept as a version of its own."
MOVED = "This draft was changed meanwhile. Look at it again and repeat the change."

SUMMARY = "id, parent, cause, job, model, changed, words, created, updated"
LINES = r"""
    SELECT drafts.id, name, coalesce(json_extract(brief, '$.kind'), '') AS kind,
           coalesce(json_extract(brief, '$.topic'), '') AS topic, words, drafts.created, drafts.updated
    FROM drafts JOIN draft_versions ON draft_versions.id = version
    WHERE owner = :owner AND deleted IS NULL AND (
        :like = '%%' OR name LIKE :like ESCAPE '\'
        OR EXISTS (SELECT 1 FROM json_tree(brief) WHERE type = 'text' AND value LIKE :like ESCAPE '\')
        OR EXISTS (SELECT 1 FROM json_tree(document)
                   WHERE key IN ('title', 'heading', 'notes', 'text') AND value LIKE :like ESCAPE '\'))
    ORDER BY drafts.updated DESC, drafts.id DESC LIMIT :limit OFFSET :offset
"""


class Typed(StudioRequest):
    """A section as a person left it."""

    section: Annotated[str, Field(max_length=64)]
    text: Annotated[str, Field(max_length=MAX_TEXT)]
    heading: Annotated[str, Field(max_length=300)] | None = None


class Arranged(StudioRequest):
    """A section of an arrangement; without an ``id`` a new one."""

    id: Annotated[str, Field(max_length=64)] | None = None
    heading: Annotated[str, Field(max_length=300)] = ""
    words: Annotated[int, Field(ge=1, le=MAX_WORDS)] | None = None
    notes: Annotated[str, Field(max_length=2000)] = ""
    locked: bool = False


class Arrangement(StudioRequest):
    """All sections of a draft in their order."""

    sections: Annotated[list[Arranged], Field(max_length=MAX_SECTIONS)]
    title: Annotated[str, Field(max_length=300)] | None = None


class Drafts:
    """The drafts of every owner; nobody reaches another's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(
        self,
        owner: str,
        name: str,
        brief: dict[str, Any],
        document: Document | None = None,
        cause: str = "edit",
    ) -> str:
        """Begin a draft and return its id."""
        document = document or documents.new_document()
        moment, draft, version = now(), new_id(), new_id()
        row = {"id": draft, "owner": owner, "name": _name(name), "brief": to_json(brief), "version": version}
        with self._store.write() as db:
            db.table("drafts").insert({**row, "created": moment, "updated": moment})
            insert(db, version, draft, None, Change(document, cause, [one["id"] for one in document["sections"]]))
        return draft

    def rename(self, draft: str, owner: str, name: str) -> None:
        """Give a draft another name."""
        self._set(draft, owner, "name = ?", one_line(name, MAX_NAME))

    def set_brief(self, draft: str, owner: str, brief: dict[str, Any]) -> None:
        """Replace what the draft is to be."""
        self._set(draft, owner, "brief = ?", to_json(brief))

    def delete(self, draft: str, owner: str) -> None:
        """Move a draft into the trash, from where it comes back with all its versions."""
        self._set(draft, owner, "deleted = ?", now())

    def _set(self, draft: str, owner: str, change: str, value: Any) -> None:
        sql = f"UPDATE drafts SET {change} WHERE id = ? AND owner = ? AND deleted IS NULL"
        with self._store.write() as db:
            if not db.execute(sql, (value, draft, owner)).rowcount:
                raise NotFound("There is no such draft.")

    # One draft

    def open(self, draft: str, owner: str) -> Draft:
        """Return the owner's draft as it stands."""
        with self._store.read() as db:
            return opened(db, row_of(db, draft, owner))

    def open_job(self, draft: str, owner: str) -> str | None:
        """Return the job that writes in a draft now, if there is one."""
        with self._store.read() as db:
            return job_of(db, draft, owner)

    def save(self, draft: str, owner: str, section: str, text: str, based_on: str, heading: str | None = None) -> Draft:
        """Keep what a person typed into the section that they knew as revision ``based_on``."""
        typed = validated(Typed, {"section": section, "text": text, "heading": heading})

        def change(document: Document) -> Change:
            named = {} if typed.heading is None else {"heading": typed.heading}
            return Change(documents.with_text(document, section, typed.text, None, **named), "typing", [section])

        return self._change_section(draft, owner, section, based_on, change)

    def replace(
        self,
        draft: str,
        owner: str,
        section: str,
        start: int,
        end: int,
        text: str,
        based_on: str,
        job: str | None = None,
    ) -> Draft:
        """Put ``text`` in place of a stretch of a section: a person accepts what the job proposed."""
        validated(Typed, {"section": section, "text": text})
        model = self._model_of(job, owner)

        def change(document: Document) -> Change:
            old = documents.section_of(document, section)["text"]
            if not 0 <= start <= end <= len(old):
                raise InvalidInput("selection", "{field} does not lie in the section's text.")
            author = {"job": job, "model": model} if job else None
            new = documents.with_text(document, section, old[:start] + text + old[end:], author)
            return Change(new, "rewrite" if job else "edit", [section], job, model)

        return self._change_section(draft, owner, section, based_on, change)

    def write(
        self, draft: str, owner: str, section: str, text: str, based_on: str, cause: str, job: str, model: str | None
    ) -> Draft:
        """Keep what a job wrote; raises ``Conflict`` if the section is locked, or is not as the job knew it."""

        def change(document: Document) -> Change:
            new = documents.with_text(document, section, text, {"job": job, "model": model})
            return Change(new, cause, [section], job, model)

        return self._change_section(draft, owner, section, based_on, change)

    def outline(
        self, draft: str, owner: str, title: str, sections: list[documents.Section], job: str, model: str | None
    ) -> Draft:
        """Give a draft a new outline; locked sections stay as they are and where they are."""
        with self._store.write() as db:
            row = row_of(db, draft, owner)
            document = documents.outlined(document_of(db, row["version"]), title, sections)
            changed = [section["id"] for section in sections]
            commit(db, row, Change(document, "outline", changed, job, model))
            return opened(db, row_of(db, draft, owner))

    def arrange(
        self, draft: str, owner: str, sections: list[dict[str, Any]], title: str | None = None, *, based_on: str
    ) -> Draft:
        """Order, add, remove, name, lock and size the sections of the draft that the person knew as that version."""
        wanted = validated(Arrangement, {"sections": sections, "title": title})
        with self._store.write() as db:
            row = row_of(db, draft, owner)
            if row["version"] != based_on:
                raise Conflict(MOVED)
            listed = [one.model_dump(exclude_unset=True) for one in wanted.sections]
            document = documents.arranged(document_of(db, row["version"]), listed, wanted.title)
            commit(db, row, Change(document, "edit"))
            return opened(db, row_of(db, draft, owner))

    def lock(self, draft: str, owner: str, section: str, locked: bool) -> Draft:
        """Keep jobs out of a section, or let them in again."""
        with self._store.write() as db:
            row = row_of(db, draft, owner)
            document = document_of(db, row["version"])
            old = documents.section_of(document, section)
            listed = [{"id": one["id"]} | ({"locked": locked} if one is old else {}) for one in document["sections"]]
            commit(db, row, Change(documents.arranged(document, listed, None), "edit"))
            return opened(db, row_of(db, draft, owner))

    def _change_section(
        self, draft: str, owner: str, section: str, based_on: str, change: Callable[[Document], Change]
    ) -> Draft:
        """Commit a change of a section; one that is refused is kept beside the branch and raised as ``Conflict``."""
        with self._store.write() as db:
            row = row_of(db, draft, owner)
            document = document_of(db, row["version"])
            changed = change(document)
            old = documents.section_of(document, section)
            refused = _refusal(old, based_on, changed.job)
            if not refused:
                commit(db, row, changed)
                return opened(db, row_of(db, draft, owner))
            kept = new_id()
            changed.cause = changed.cause if changed.job else "conflict"
            insert(db, kept, draft, row["version"], changed)
        raise Conflict(refused, kept)

    def _model_of(self, job: str | None, owner: str) -> str | None:
        if job is None:
            return None
        with self._store.read() as db:
            row = db.execute("SELECT model FROM jobs WHERE id = ? AND owner = ?", (job, owner)).fetchone()
        if row is None:
            raise NotFound("There is no such item.")
        return row["model"]

    # Versions

    def versions(self, draft: str, owner: str, limit: int = 200) -> list[Version]:
        """Return the versions of a draft, the newest first, without their documents."""
        sql = f"SELECT {SUMMARY} FROM draft_versions WHERE draft = ? ORDER BY number DESC LIMIT ?"
        with self._store.read() as db:
            current = row_of(db, draft, owner)["version"]
            return [to_version(row, current) for row in db.execute(sql, (draft, limit))]

    def version(self, draft: str, version: str, owner: str) -> Version:
        """Return a version with its document."""
        with self._store.read() as db:
            return self._version(db, draft, version, owner)

    @staticmethod
    def _version(db: Any, draft: str, version: str, owner: str) -> Version:
        current = row_of(db, draft, owner)["version"]
        sql = f"SELECT {SUMMARY}, document FROM draft_versions WHERE id = ? AND draft = ?"
        row = db.execute(sql, (version, draft)).fetchone()
        if row is None:
            raise NotFound("There is no such version.")
        return to_version(row, current)

    def compare(self, draft: str, owner: str, left: str, right: str | None = None) -> list[Piece]:
        """Return what differs between two versions as Markdown; without ``right``, from the current one."""
        right = right or self.open(draft, owner).version
        before, after = self.version(draft, left, owner), self.version(draft, right, owner)
        return pieces(documents.markdown(before.whole), documents.markdown(after.whole))

    def restore(self, draft: str, owner: str, version: str) -> Draft:
        """Make a version the current one again; what came after it stays as another branch."""
        with self._store.write() as db:
            row = row_of(db, draft, owner)
            old = self._version(db, draft, version, owner)
            commit(db, row, Change(old.whole, "restore"), parent=version)
            return opened(db, row_of(db, draft, owner))

    def branch(self, draft: str, owner: str, version: str | None = None, name: str | None = None) -> str:
        """Begin another draft with what a version says (None: the current one) and return its id."""
        source = self.open(draft, owner)
        document = self.version(draft, version or source.version, owner).document
        return self.create(owner, name or source.name, source.brief, document)

    def undo(self, draft: str, owner: str) -> Draft:
        """Take back what the last job wrote, to the byte; what was typed into other sections since then stays."""
        with self._store.write() as db:
            row = row_of(db, draft, owner)
            last, target = last_job(db, row["version"])
            if target is None:
                raise InvalidInput("draft", "There is nothing to undo.")
            before, after, current = (document_of(db, one) for one in (target, last, row["version"]))
            document, redo = documents.without(before, after, current), [*json.loads(row["redo"]), row["version"]]
            if document == before:
                point(db, draft, target, redo)
            else:
                commit(db, row, Change(document, "undo"), parent=target, redo=redo)
            return opened(db, row_of(db, draft, owner))

    def redo(self, draft: str, owner: str) -> Draft:
        """Take back the last ``undo``; not possible once something was changed."""
        with self._store.write() as db:
            redo = json.loads(row_of(db, draft, owner)["redo"])
            if not redo:
                raise InvalidInput("draft", "There is nothing to redo.")
            point(db, draft, redo.pop(), redo)
            return opened(db, row_of(db, draft, owner))

    # Alternates

    def alternates(self, draft: str, owner: str, section: str) -> list[Alternate]:
        """Return the different texts that jobs wrote for a section, the newest first."""
        sql = (
            "SELECT id, cause, job, model, created, document FROM draft_versions"
            f" WHERE draft = ? AND cause IN {GENERATED}"
            " AND EXISTS (SELECT 1 FROM json_each(changed) WHERE value = ?) ORDER BY number DESC"
        )
        found: dict[str, Alternate] = {}
        with self._store.read() as db:
            row_of(db, draft, owner)
            for row in db.execute(sql, (draft, section)):
                text = documents.section_of(json.loads(row["document"]), section)["text"]
                if text and text not in found:
                    facts = {name: row[name] for name in ("cause", "job", "model", "created")}
                    found[text] = Alternate(row["id"], text, words=documents.count(text), **facts)
        return list(found.values())

    def choose(self, draft: str, owner: str, section: str, version: str, based_on: str) -> Draft:
        """Give a section the text that it has in another version, with those who wrote it."""
        chosen = documents.section_of(self.version(draft, version, owner).whole, section)

        def change(document: Document) -> Change:
            new = documents.with_text(document, section, chosen["text"], None)
            documents.section_of(new, section)["by"] = chosen["by"]
            return Change(new, "restore", [section])

        return self._change_section(draft, owner, section, based_on, change)

    def written_by(self, draft: str, job: str, cause: str) -> set[str]:
        """Return the sections that a job has finished; for a job that goes on after a crash."""
        sql = "SELECT changed FROM draft_versions WHERE job = ? AND draft = ? AND cause = ?"
        with self._store.read() as db:
            return {section for row in db.execute(sql, (job, draft, cause)) for section in json.loads(row[0])}

    # The list: behind all that calls the type by that name

    def list(self, owner: str, q: str = "", limit: int = 50, offset: int = 0) -> list[Line]:
        """Return the owner's drafts, the latest first; ``q`` looks in their names, briefs and texts."""
        values = {"owner": owner, "like": f"%{escape_like(q.strip())}%", "limit": limit, "offset": offset}
        with self._store.read() as db:
            return [Line(**row) for row in db.execute(LINES, values)]


def _refusal(section: documents.Section, based_on: str, job: str | None) -> str | None:
    if job and section["locked"]:
        return LOCKED
    return CHANGED if documents.revision(section) != based_on else None


def _name(name: str) -> str:
    return " ".join(name.split())[:MAX_NAME] or "…"
