"""The history: everything ever generated, asked or uploaded, in one SQLite file that people can open themselves.

``History`` hands out the parts: ``jobs``, ``conversations``, ``labels``, ``drafts``, ``experiments``, ``answers``,
``files``, ``pictures``, ``prompts``, ``settings`` and ``trash``, and what goes over all of it. Every call that reads or
changes somebody's rows takes their owner and answers ``NotFound`` for what is not theirs.
"""

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from assistants.errors import Conflict, StoreError
from assistants.history.backup import backup
from assistants.history.compare import Comparison, compare
from assistants.history.export import export
from assistants.history.restoring import Waiting, apply_staged, forget, restore, stage_restore, waiting
from assistants.history.rows import ROWS
from assistants.history.search import Filters, Item, choices, search
from assistants.history.stats import Count, stats
from assistants.history.trash import Trash, Trashed
from assistants.principals import Principal, must_be_operator
from assistants.store import Store, new_id, now, uploads
from assistants.store.branches import Branches
from assistants.store.conversations import Conversation, Conversations, Turn, Window
from assistants.store.drafts import Drafts
from assistants.store.experiments import Answers, Experiment, Experiments
from assistants.store.files import File, Files
from assistants.store.jobs import OPEN, JobRow, Jobs
from assistants.store.labels import Labels
from assistants.store.pictures import Pictures
from assistants.store.prompts import PromptVersions, Version
from assistants.store.row_kinds import RowKinds
from assistants.store.settings import StoredSettings

__all__ = [
    "ROWS",
    "Comparison",
    "Conversation",
    "Count",
    "Experiment",
    "File",
    "Filters",
    "History",
    "Item",
    "JobRow",
    "Labels",
    "Trashed",
    "Turn",
    "Version",
    "Waiting",
    "Window",
    "apply_staged",
    "new_id",
    "now",
    "restore",
]


# With less free space than this, in bytes, the next picture or document may not be kept.
LEAST_FREE = 32 << 20

FULL = "The disk is full: {free} MB are free. Make room, or what is made can't be kept."
GONE = "The studio's folder was deleted or replaced. What is made now is lost: put it back and start the studio again."


class History:
    """The open history of one home folder."""

    def __init__(self, home: Path, kinds: RowKinds, quota: int | None = None) -> None:
        """Open it with the kinds of rows that people have in it.

        ``quota`` is how many bytes the uploads of one visitor may take, None for any.
        """
        self.home = home
        self.kinds = kinds
        self.store = Store(home / "studio.db", kinds.migrations)
        self.jobs = Jobs(self.store)
        self.conversations = Conversations(self.store)
        self.branches = Branches(self.store, self.conversations)
        self.labels = Labels(self.store)
        self.drafts = Drafts(self.store)
        self.experiments = Experiments(self.store)
        self.answers = Answers(self.store)
        self.files = Files(self.store, home / "files", kinds, quota)
        self.pictures = Pictures(self.store, self.files, home / "thumbnails")
        self.prompts = PromptVersions(self.store)
        self.trash = Trash(self.store, kinds, home)
        self.settings = StoredSettings(self.store)

    def search(
        self, owner: str, q: str = "", *, limit: int = 50, before: int | None = None, **filters: Any
    ) -> list[Item]:
        """Return the owner's items that fit the ``Filters``: the newest or, with words, the best matches first.

        ``before`` is the number of the last item of the page before.
        """
        return search(self.store, owner, q, Filters(**filters), limit, before)

    def choices(self, owner: str) -> dict[str, list[str]]:
        """Return the models and templates that the owner's items name."""
        return choices(self.store, owner)

    def compare(self, owner: str, left: str, right: str) -> Comparison:
        """Return what differs between two of the owner's items."""
        return compare(self.jobs.get(left, owner), self.jobs.get(right, owner))

    def stats(self, owner: str, days: int = 30) -> list[Count]:
        """Return what each model made on each of the last days."""
        return stats(self.store, owner, days)

    def export(self, owner: str, target: BinaryIO, ids: list[str] | None = None) -> int:
        """Write the owner's items, or those named, as one labelled zip; return how many there were."""
        return export(self.store, self.kinds, self.files, target, owner, ids)

    def erase(self, owner: str) -> None:
        """Delete for good all that an owner has, files too; raises ``Conflict`` while a job of theirs is open."""
        if not owner:
            raise ValueError("the studio's own rows stay")
        with self.store.write() as db:
            if db.execute(f"SELECT 1 FROM jobs WHERE owner = ? AND status IN {OPEN}", (owner,)).fetchone():
                raise Conflict("Something is still being made. Stop it first.")
            paths = self.kinds.erase(db, owner)
        for path in paths:
            (self.home / path).unlink(missing_ok=True)

    def forget(self, conversation: str) -> None:
        """Delete a conversation for good with all that was written in it; raises ``Conflict`` while something is."""
        if self.conversations.open_jobs(conversation):
            raise Conflict("Something is still being made. Stop it first.")
        with self.store.write() as db:
            rows = self.kinds.with_parts(db, {"conversations": [conversation]})
            paths = self.kinds.delete(db, rows)
        for path in paths:
            (self.home / path).unlink(missing_ok=True)
        self.store.settle()

    def forget_temporary(self, idle: timedelta) -> None:
        """Delete everybody's temporary conversations in which nothing was said, or is being written, for so long."""
        for conversation in self.conversations.temporary(uploads.before(seconds=idle.total_seconds())):
            with suppress(Conflict):
                self.forget(conversation)

    def backup(self, who: Principal, target: BinaryIO) -> None:
        """Write everybody's history and files as one zip, for the operator only."""
        must_be_operator(who)
        backup(self.store, self.files.folder, target)

    def stage_restore(self, who: Principal, archive: Path, name: str) -> Waiting:
        """Check a backup and let it take the place of everything at the next start, for the operator only."""
        must_be_operator(who)
        return stage_restore(archive, self.home, name, self.kinds.migrations)

    def waiting(self, who: Principal) -> Waiting | None:
        """Return the backup that the next start puts in place, for the operator only."""
        must_be_operator(who)
        return waiting(self.home)

    def discard_staged(self, who: Principal) -> None:
        """Let the next start go on with what there is, for the operator only."""
        must_be_operator(who)
        forget(self.home)

    @property
    def problem(self) -> StoreError | None:
        """Why what is made cannot be kept just now, if it cannot; takes a look at the disk."""
        if not (self.store.is_in_place and self.files.folder.is_dir()):
            return StoreError(GONE)
        try:
            free = shutil.disk_usage(self.home).free
        except OSError:
            return StoreError(GONE)
        return StoreError(FULL, free=free >> 20) if free < LEAST_FREE else self.store.problem

    def close(self) -> None:
        """Close the database."""
        self.store.close()
