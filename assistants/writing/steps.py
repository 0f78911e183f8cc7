"""The steps of a writing job: outline, draft, repair, rewrite; each takes from the draft and writes into it at once.

A job that was broken off goes on: what the draft has from this job already is not made again, and a section that was
begun is gone on with. Knows nothing about requests beyond what it was handed.
"""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from assistants.errors import Conflict, GenerationFailed, StudioError
from assistants.jobs import Event, Part, Progress, RunningJob, Text, kept
from assistants.store.documents import count, section_of
from assistants.store.draft_rows import Draft
from assistants.writing import drafting, losses, outline, repair
from assistants.writing.brief import Brief
from assistants.writing.generating import Writer
from assistants.writing.kinds import kinds
from assistants.writing.sentences import MOST, SentenceFilter

if TYPE_CHECKING:
    from assistants.studio import Studio

# With the guard, no phrase may come again at all.
GUARDED = 1
FACTUAL = ("article", "news", "product", "email", "speech", "social")


class Steps:
    """One job's work on one draft."""

    def __init__(self, studio: "Studio", request: Any, brief: Brief, job: RunningJob, writer: Writer) -> None:
        self._studio = studio
        self._drafts = studio.history.drafts
        self._request = request
        self._brief = brief
        self._job = job
        self._writer = writer
        self._id: str = (job.row.result or {})["draft"]

    @property
    def draft(self) -> Draft:
        """The draft as it stands."""
        return self._drafts.open(self._id, self._job.owner)

    def outline(self) -> Iterator[Event]:
        """Give the draft an outline: the person's, the plan of the kind, or one that the model makes."""
        brief, request = self._brief, self._request
        yield Progress(0, None, "Writing the outline")
        if request.outline:
            title, sections = outline.given(brief, [one.model_dump() for one in request.outline])
        elif plan := outline.planned(brief):
            title, sections = plan
        else:
            asked = request if request.action == "outline" else None
            title, sections = yield from outline.by_model(self._studio, brief, self._writer, self._job, asked)
        draft = self._drafts.outline(self._id, self._job.owner, title, sections, self._job.id, self._job.row.model)
        yield Part("outline", {"title": title, "sections": outlined(draft), "version": draft.version})

    def sections(self, wanted: list[str]) -> Iterator[Event]:
        """Write these sections, but for those that this job has written already."""
        done = self._drafts.written_by(self._id, self._job.id, self._cause)
        left = [section for section in wanted if section not in done]
        for number, section in enumerate(wanted):
            if section in left:
                yield from self._section(section, number, wanted)
        if wanted and not any(section_of(self.draft.document, one)["text"] for one in wanted):
            raise GenerationFailed(drafting.NOTHING)

    @property
    def _cause(self) -> str:
        return "section" if self._request.action == "section" else "draft"

    def _section(self, section_id: str, index: int, wanted: list[str]) -> Iterator[Event]:
        document = self.draft.document
        section = section_of(document, section_id)
        before = self._begun(section_id)
        if before is None:
            yield from self._frame(section, index)
        offset = len(self._job.output) - len(before or "")
        place = {"section": section_id, "before": before or "", "offset": offset, "index": index, "count": len(wanted)}
        yield Part("at", place)
        # What is about to be written anew does not count as said.
        most = GUARDED if self._request.guard else MOST
        limit = self._brief.limit and self._brief.limit - len(self._brief.tags)
        elsewhere = [one["text"] for one in document["sections"] if one["text"] and one["id"] not in wanted[index:]]
        # The numbers of a small model are made up.
        is_guided = self._writer.is_guided
        known = self._brief.said if is_guided and self._brief.kind in FACTUAL else None
        filtered = SentenceFilter(before or "", elsewhere, most, limit, known, is_firm=is_guided)
        written = drafting.write(self._studio, self._brief, document, section, self._writer, filtered, self._request)
        is_whole = False
        try:
            yield from self._counted(written, section, filtered)
            yield from self._regained(section, filtered)
            is_whole = True
        finally:
            if not is_whole and filtered.text:
                with contextlib.suppress(StudioError):
                    self._keep(section, filtered.text, "partial")
        yield from self._kept(section, filtered.text)

    def _regained(self, section: dict[str, Any], filtered: SentenceFilter) -> Iterator[Event]:
        """Put the facts and keywords back that a section had and the draft has lost with it, or say so.

        A draft that is repaired gets its facts there.
        """
        if not section["text"].strip() or (self._request.action == "draft" and self._request.polish):
            return
        others = [one["text"] for one in self.draft.document["sections"] if one["id"] != section["id"]]
        found = losses.lost(self._brief, [section["text"]], [filtered.text, *others])
        if not found:
            return
        what = "; ".join(loss.term for loss in found)
        more = losses.joined(filtered.text, found)[len(filtered.text) :]
        is_fit = losses.takes_sentence(self._brief, section["heading"], filtered.text)
        if is_fit and (taken := filtered.append(more)):
            yield Text(taken)
            yield Part("note", {"template": losses.PUT_BACK, "values": {"what": what}})
        else:
            yield Part("note", {"template": losses.LOST, "values": {"what": what}})

    def _counted(self, written: Iterator[Event], section: dict[str, Any], filtered: SentenceFilter) -> Iterator[Event]:
        target = section["words"] or None
        for event in written:
            yield event
            if isinstance(event, Text):
                yield Progress(min(count(filtered.text), target or 0), target, "Writing the text")

    def _begun(self, section_id: str) -> str | None:
        """Return what this job wrote of a section before it was broken off; None if it had not begun with it."""
        places = [part.data for part in self._job.parts if part.name == "at"]
        if places and places[-1]["section"] == section_id:
            return self._job.output[places[-1]["offset"] :]
        return None

    def _frame(self, section: dict[str, Any], index: int) -> Iterator[Event]:
        """Yield what stands between the sections in the job's output, which is all of the text."""
        heading = f"## {section['heading']}\n\n" if kinds()[self._brief.kind].headings and section["heading"] else ""
        frame = ("\n\n" if index else "") + heading
        if frame:
            yield Part("at", {"section": None, "before": "", "offset": len(self._job.output), "index": index})
            yield Text(frame)

    def _keep(self, section: dict[str, Any], text: str, cause: str) -> Draft:
        job, based_on = self._job, section["revision"]
        return self._drafts.write(self._id, job.owner, section["id"], text, based_on, cause, job.id, job.row.model)

    def _kept(self, section: dict[str, Any], text: str) -> Iterator[Event]:
        try:
            draft = yield from kept(self._job, lambda: self._keep(section, text, self._cause))
        except Conflict as refusal:
            yield Part("note", {"template": refusal.template, "values": refusal.values, "version": refusal.kept})
            return
        written = section_of(draft.document, section["id"])
        yield Part("section", {**told(written), "version": draft.version})

    def repair(self, only: list[str]) -> Iterator[Event]:
        """Check these sections and mend what can be mended."""
        yield Progress(0, None, "Repairing the text")
        document = self.draft.document
        mended = yield from repair.repair(self._studio, self._brief, document, self._writer, only)
        for section in mended:
            known = section_of(document, section.id)
            try:
                draft = yield from kept(self._job, partial(self._keep, known, section.text, "repair"))
            except Conflict as refusal:
                yield Part("note", {"template": refusal.template, "values": refusal.values, "version": refusal.kept})
                continue
            written = section_of(draft.document, section.id)
            yield Part("repaired", {**told(written), "version": draft.version, "changes": section.changes})


def told(section: dict[str, Any]) -> dict[str, Any]:
    """Return a section as events show it."""
    own = {name: section[name] for name in ("heading", "text", "revision")}
    return {"section": section["id"], **own, "words": section["count"]}


def outlined(draft: Draft) -> list[dict[str, Any]]:
    """Return the outline as events and results show it."""
    names = ("id", "heading", "words", "notes", "locked")
    return [{name: section[name] for name in names} for section in draft.document["sections"]]
