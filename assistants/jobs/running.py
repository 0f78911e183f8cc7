"""One job of this process: the handle its assistant holds, its numbered events, and who follows them.

Text is sealed into an event at most every 40 ms, so that a fast engine costs a follower 25 events a second and not
250; the sealed events are what everybody sees, live or late, with the same numbers, once they are written down: what
was seen survives the process. Only where that takes too long they are shown before. Knows nothing about queues or the
database.
"""

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from assistants.errors import Stopped, StudioError
from assistants.jobs.events import (
    Event,
    Part,
    Preview,
    Progress,
    Result,
    Retracted,
    Status,
    Text,
    event_data,
    event_from,
    output_of,
    part_key,
    reasoning_of,
    writable,
)
from assistants.jobs.followers import Followers
from assistants.jobs.slots import Slots
from assistants.principals import of_owner
from assistants.storable import storable
from assistants.store import now
from assistants.store.jobs import JobRow

SEAL_SECONDS = 0.04
PROGRESS_SECONDS = 0.1
# Nobody is kept waiting longer than this for what is there, however long the disk takes.
LATE_SECONDS = 0.25

Numbered = tuple[int, Event]


class RunningJob:
    """A queued or running job, as its assistant sees it, and whoever runs or follows it."""

    def __init__(
        self,
        row: JobRow,
        slots: Callable[[str, int], Slots],
        changed: Callable[["RunningJob"], None],
        earlier: list[tuple[int, str, Any]],
        gap: int = 0,
        *,
        recorded: bool = True,
    ) -> None:
        """Go on from the stored events ``earlier``, numbering new ones ``gap`` higher than need be.

        A job that is not ``recorded`` lives in memory only and is gone when its last follower is.
        """
        self.row = row
        self.who = of_owner(row.owner)
        self.recorded = recorded
        self.usage: dict[str, Any] | None = row.usage
        self.ended = threading.Event()
        self._slots = slots
        self._changed = changed
        self._lock = threading.Lock()
        self._events: list[Numbered] = [(number, event_from(kind, data)) for number, kind, data in earlier]
        self._saved = self._visible = len(self._events)
        # Whether anybody could see more of it than that it waits or runs.
        self.has_begun = bool(self._events)
        self._told = Counter(part_key(event) for _, event in self._events if isinstance(event, Part))
        # Since when there is something that nobody has seen yet.
        self._held_since: float | None = None
        self._last = (self._events[-1][0] if self._events else 0) + gap
        self._output = output_of(event for _, event in self._events)
        self._pending: list[str] = []
        self._sealed_at = self._progress_at = 0.0
        self._stop, self._skip = threading.Event(), threading.Event()
        self.gives_way = False
        self.shown: bytes | None = None
        self._shown = 0
        self._asked: Counter[str] = Counter()
        self._waits: set[Slots] = set()
        self._final: tuple[JobRow, Numbered] | None = None
        self._refused: dict[str, Any] | None = None
        self._followers = Followers()

    # What an assistant uses

    @property
    def id(self) -> str:
        """The job's id."""
        return self.row.id

    @property
    def owner(self) -> str:
        """Whose job it is."""
        return self.row.owner

    @property
    def model(self) -> str:
        """The model that the job is for; empty for one that asks none."""
        return self.row.model or ""

    @property
    def models(self) -> set[str]:
        """The model that the job is for, and those whose slots it holds or waits for."""
        with self._lock:
            return {*self._asked, *([self.row.model] if self.row.model else [])}

    @property
    def output(self) -> str:
        """The text so far."""
        with self._lock:
            return "".join(self._output) + "".join(self._pending)

    @property
    def parts(self) -> list[Part]:
        """The finished pieces; after a restart a resumed job finds here what it need not do again."""
        with self._lock:
            return [event for _, event in self._events if isinstance(event, Part)]

    @property
    def stopping(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self._stop.is_set()

    def rest(self, seconds: float) -> bool:
        """Wait, but no longer than until somebody asks the job to stop; say whether they did."""
        return self._stop.wait(seconds)

    def take_skip(self) -> bool:
        """Say whether somebody asked to leave out the step that the job is at; they are heard once."""
        was_asked = self._skip.is_set()
        self._skip.clear()
        return was_asked

    def show(self, picture: bytes) -> Preview:
        """Keep a small picture of the work so far until the next one or the end, and return the event that tells."""
        self.shown, self._shown = picture, self._shown + 1
        return Preview(f"/api/jobs/{self.id}/preview?{self._shown}")

    @contextlib.contextmanager
    def slot(self, engine: str, count: int, *, quiet: bool = False) -> Iterator[None]:
        """Hold one of the ``count`` slots of the engine of that name; raises ``Stopped`` if stopped while it waits.

        A job may do so in several threads at once; one that tells how far it is in other ways waits ``quiet``.
        """
        slots = self._slots(engine, count)
        with self._lock:
            self._asked[engine] += 1
            self._waits.add(slots)
        waiting = Progress(0, None, "Waiting for the model to be free")
        try:
            tell = (lambda: None) if quiet else (lambda: self.publish(waiting))
            with slots.take(self.who, tell, self._stop.is_set) as taken:
                if not taken:
                    raise Stopped
                yield
        finally:
            with self._lock:
                self._asked -= Counter([engine])

    def write_by(self, model: str, sha256: str | None) -> None:
        """Let another model write than the job was admitted for, before it has written anything."""
        with self._lock:
            self.row = replace(self.row, model=model, model_sha256=sha256)
        self._changed(self)

    # What the runner uses

    def publish(self, event: Event) -> None:
        """Number an event and show it to the followers; text may wait until it is sealed.

        Whoever comes too late, such as somebody who stops a job while it ends, is not heard: the end is the last event.
        """
        with self._lock:
            if self._final:
                return
            moment = time.monotonic()
            if self._is_told(event):
                return
            if isinstance(event, Text):
                self._pending.append(event.delta)
                if moment - self._sealed_at >= SEAL_SECONDS:
                    self._seal()
            elif isinstance(event, Progress) and self._is_hasty(event, moment):
                return
            else:
                self._seal()
                self._append(event)
                self._apply(event)
            if self._held_since and moment - self._held_since > LATE_SECONDS:
                self._reveal()
        self._changed(self)

    def _is_told(self, event: Event) -> bool:
        """Say whether a job that goes on after a restart tells again what it told before, such as a note."""
        if not (self._told and isinstance(event, Part)):
            return False
        key = part_key(event)
        was_told = key in self._told
        self._told -= Counter([key])
        return was_told

    def _is_hasty(self, event: Progress, moment: float) -> bool:
        previous = self._events[-1][1] if self._events else None
        repeats = isinstance(previous, Progress) and previous.note == event.note and event.done != event.total
        if (repeats and moment - self._progress_at < PROGRESS_SECONDS) or previous == event:
            return True
        self._progress_at = moment
        return False

    def _apply(self, event: Event) -> None:
        if isinstance(event, Status):
            self.row = replace(self.row, status=event.status)
            if event.status == "running":
                self.row = replace(self.row, started=self.row.started or now())
        elif isinstance(event, Result):
            self.row = replace(self.row, result={**(self.row.result or {}), **event.data})
        elif isinstance(event, Retracted):
            self._output.clear()

    def _append(self, event: Event) -> None:
        self._last += 1
        self._events.append((self._last, event))
        self._held_since = self._held_since or time.monotonic()

    def flush_text(self) -> None:
        """Make an event of the text that came since the last one."""
        with self._lock:
            self._seal()

    def _seal(self) -> None:
        if self._pending:
            delta = "".join(self._pending)
            self._pending.clear()
            self._output.append(delta)
            self._sealed_at = time.monotonic()
            self._append(Text(delta))

    def reveal(self) -> None:
        """Show what there is to the followers, whether or not it is written down."""
        with self._lock:
            self._reveal()

    def _reveal(self) -> None:
        self._show(len(self._events))

    def _show(self, count: int) -> None:
        self._held_since = time.monotonic() if count < len(self._events) else None
        if self._visible < count:
            self.has_begun = self.has_begun or self.is_awaited
            self._visible = count
            self._followers.wake()

    def ask_to_skip(self) -> None:
        """Ask the assistant to leave out the step that it is at."""
        self._skip.set()

    def ask_to_stop(self, *, gives_way: bool = False) -> None:
        """Ask the assistant to stop, wherever it waits; for good, or because the job ``gives_way`` to others."""
        with self._lock:
            self.gives_way = gives_way and (self.gives_way or not self._stop.is_set())
            self._stop.set()
            waits = list(self._waits)
        for slots in waits:
            slots.wake()

    def go_on(self) -> None:
        """Let a job that gave way be run again."""
        self.gives_way = False
        self._stop.clear()

    def finish(self, status: str, failure: dict[str, Any] | None = None) -> None:
        """Set how the job ended; nobody sees it before ``announce``, so that it is on disk first."""
        with self._lock:
            self._seal()
            self._last += 1
            if self._refused:
                status, failure = "failed", self._refused
            row = replace(
                self.row,
                status=status,
                failure=failure,
                usage=self.usage,
                output="".join(self._output),
                reasoning=reasoning_of(event for _, event in self._events),
                finished=now(),
            )
            self._final = (row, (self._last, Status(status, failure)))

    def announce(self) -> None:
        """Show the end to everybody."""
        with self._lock:
            if self._final and not self.ended.is_set():
                self.row, ending = self._final
                self._events.append(ending)
            self.ended.set()
            self._reveal()
            self._followers.wake()

    def snapshot(self) -> JobRow:
        """Return the job as it stands, with its text as far as anybody may see it."""
        with self._lock:
            seen = output_of(event for _, event in self._events[: self._visible])
            return replace(self.row, output="".join(seen), usage=self.usage)

    def unsaved(self) -> tuple[JobRow, list[tuple[int, str, Any]], int]:
        """Seal the text; return the row and the events that the database lacks, and the mark to give to ``saved``."""
        with self._lock:
            self._seal()
            row, known = replace(self.row, usage=self.usage), self._events
            if self._final and not self.ended.is_set():
                row, ending = self._final
                known = [*known, ending]
            new = known[self._saved :]
            events = [(number, event.kind, event_data(event)) for number, event in new]
            return row, events, self._saved + len(new)

    def saved(self, mark: int) -> None:
        """Note that the database has everything up to ``mark``, so that all may see it."""
        with self._lock:
            self._saved = max(self._saved, mark)
            self._show(min(self._saved, len(self._events)))

    @property
    def is_awaited(self) -> bool:
        """Whether something waits to be seen beside that the job waits or runs."""
        return any(not isinstance(event, Status) for _, event in self._events[self._visible :])

    @property
    def has_news(self) -> bool:
        """Whether there is something, such as its end, that the database lacks."""
        with self._lock:
            known = len(self._events) + (self._final is not None and not self.ended.is_set())
            return self._saved < known or bool(self._pending)

    def refuse(self, error: StudioError) -> None:
        """Let the job fail, for what it made cannot be written down; what can be of it is kept, its text in any case.

        Where even that cannot be, the job goes on unrecorded.
        """
        with self._lock:
            self.recorded = self._refused is None
            self._refused = error.failure
            new = [(number, writable(event)) for number, event in self._events[self._saved :]]
            self._events[self._saved :] = [(number, event) for number, event in new if event]
            self._pending = list(map(storable, self._pending))
            self._output = output_of(event for _, event in self._events)
            self._visible = min(self._visible, len(self._events))
            self.usage = None
            result = {name: value for name, value in (self.row.result or {}).items() if writable(Result({name: value}))}
            self.row = replace(self.row, result=result or None, usage=None)
        self.ask_to_stop()
        if self._final:
            self.finish("failed")

    # What a follower uses

    def since(self, number: int) -> list[Numbered]:
        """Return the events numbered higher than ``number``."""
        with self._lock:
            start = end = min(self._visible, len(self._events))
            while start and self._events[start - 1][0] > number:
                start -= 1
            return self._events[start:end]

    async def follow(self, after: int = 0) -> AsyncIterator[Numbered]:
        """Yield the events numbered higher than ``after`` until the job has ended."""
        with self.followed() as news:
            while True:
                news.clear()
                ended = self.ended.is_set()
                for after, event in self.since(after):  # noqa: B020 (goes on from the last one seen)
                    yield after, event
                if ended:
                    return
                await news.wait()

    def followed(self, news: asyncio.Event | None = None) -> AbstractContextManager[asyncio.Event]:
        """Lend an asyncio event of the running loop, ``news`` if given, that is set whenever there is something new."""
        return self._followers.lend(news)
