"""How pictures are drawn: one slot of the model for each, watched step by step, kept when they are ready.

A job that goes on after a restart finds its finished pictures in its parts and draws the others. A stop keeps what was
last seen of the picture under way. Knows what an engine tells (``engines.drawing``), not what it is.
"""

import io
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistants.engines.drawing import Drawn, ImageEngine, Preview, Step
from assistants.errors import GenerationFailed, StoreError
from assistants.images.keeping import address, keep, shown
from assistants.images.planning import Planner, Shot, batches
from assistants.images.plotting import grid
from assistants.jobs import Event, Part, Progress, Result, RunningJob, Stopped, kept, note

if TYPE_CHECKING:
    from PIL.Image import Image

    from assistants.studio import Studio

DRAWING = "Drawing the picture"


def opened_painter(studio: "Studio", job: RunningJob) -> Generator[Event, None, ImageEngine]:
    """Wait for the job's model, telling how far it is, and return its engine."""
    name = job.row.model or ""
    if name.startswith("local:"):
        for state in studio.models.waiting(name):
            yield Progress(state.done, state.total, state.note)
    return studio.models.painter(name)


def draw_all(planner: Planner, engine: ImageEngine, shots: list[Shot], job: RunningJob) -> Iterator[Event]:
    """Draw the pictures that are not there yet, and the grid of a plot."""
    # What a restart broke off is drawn again.
    planner.studio.history.pictures.drop_unfinished(job.id)
    ready = yield from _ready(planner.studio, job)
    steps = _Steps(sum(shot.settings["steps"] for shot in shots))
    try:
        for group in batches([shot for shot in shots if shot.index not in ready], engine.facts.batch):
            yield from DrawingBatch(planner, engine, group, job, steps).draw()
        if planner.request.plot:
            yield from _plotted(planner, shots, job)
    finally:
        # However it ended, what is there is its result; whoever stopped it does not listen to what is yielded.
        job.publish(_result(planner.studio, job))


def _ready(studio: "Studio", job: RunningJob) -> Generator[Event, None, set[int]]:
    """Return which pictures need not be drawn: the gallery may have one that the job did not come to tell of."""
    parts = [part for part in job.parts if part.name in ("picture", "skipped") and "unfinished" not in part.data]
    told = {part.data["index"] for part in parts}
    rows = [row for row in studio.history.pictures.of_job(job.id, trashed=True) if row.kind == "picture"]
    for row in rows:
        if row.place not in told:
            yield Part("picture", shown(row))
    return told | {row.place for row in rows}


class _Steps:
    """How many steps of a job are done, and what they took, so that the next one can be foretold."""

    def __init__(self, total: int) -> None:
        self.done, self.total = 0, total
        self.seconds, self.drawn, self.pixels = 0.0, 0, 0

    def usage(self) -> dict[str, Any]:
        """Return what the job has used."""
        return {"seconds": round(self.seconds, 3), "steps": self.drawn, "pixels": self.pixels}


class DrawingBatch:
    """Some pictures that an engine draws at once, most often one."""

    def __init__(
        self, planner: Planner, engine: ImageEngine, shots: list[Shot], job: RunningJob, steps: _Steps
    ) -> None:
        self._planner, self._engine, self._shots, self._job, self._steps = planner, engine, shots, job, steps
        self._own_steps = sum(shot.settings["steps"] for shot in shots)
        self._previews: dict[int, bytes] = {}
        self._kept: set[int] = set()

    def draw(self) -> Iterator[Event]:
        """Draw, telling how far it is; a stop keeps what was last seen."""
        job, began, before = self._job, monotonic(), self._steps.done
        for shot in self._shots:
            yield Part("prompt", {"index": shot.index, "text": shot.sent})
        try:
            with (
                job.slot(job.model or "", self._engine.slots),
                closing(self._engine.draw(self._planner.drawing(self._shots))) as marks,
            ):
                began = monotonic()
                for mark in marks:
                    if job.stopping:
                        raise Stopped
                    if job.take_skip():
                        yield from self._skipped()
                        break
                    yield from self._told(mark, before)
        except (GeneratorExit, Stopped, GenerationFailed):
            # Nobody listens to what is yielded now, so it is told in another way; a full disk changes no ending.
            with suppress(StoreError):
                for event in self._unfinished():
                    job.publish(event)
            raise
        finally:
            self._steps.seconds += monotonic() - began
            job.usage = self._steps.usage()
        self._steps.done = before + self._own_steps

    def _told(self, mark: Any, before: int) -> Iterator[Event]:
        if isinstance(mark, Step):
            self._steps.done = before + round(mark.done * self._own_steps / max(1, mark.total))
            yield Progress(self._steps.done, self._steps.total, DRAWING)
        elif isinstance(mark, Preview):
            self._previews[mark.index] = mark.jpeg
            yield self._job.show(mark.jpeg)
        elif isinstance(mark, Drawn):
            yield from self._keep(mark)

    def _keep(self, drawn: Drawn) -> Iterator[Event]:
        shot, picture = self._shots[drawn.index], _opened(drawn.png)
        yield (yield from kept(self._job, lambda: self._row(shot, picture, "picture")))
        self._kept.add(drawn.index)
        self._steps.drawn += shot.settings["steps"]
        self._steps.pixels = picture.width * picture.height

    def _row(self, shot: Shot, picture: "Image", kind: str) -> Part:
        row = keep(
            self._planner.studio,
            self._job,
            picture,
            settings=shot.settings,
            sent=shot.sent,
            made_with=self._engine.facts.made_with,
            kind=kind,
            place=shot.index,
        )
        return Part("picture", shown(row) | ({"unfinished": True} if kind == "unfinished" else {}))

    def _skipped(self) -> Iterator[Event]:
        for place, shot in enumerate(self._shots):
            if place not in self._kept:
                yield Part("skipped", {"index": shot.index})

    def _unfinished(self) -> Iterator[Event]:
        """Keep the last preview of each picture under way, as large as the picture was to be."""
        for place, jpeg in self._previews.items():
            if place not in self._kept:
                shot = self._shots[place]
                size = shot.settings["width"], shot.settings["height"]
                yield self._row(shot, _opened(jpeg).convert("RGB").resize(size), "unfinished")


def _result(studio: "Studio", job: RunningJob) -> Result:
    pictures = [one for one in studio.history.pictures.of_job(job.id) if one.kind != "grid"]
    names = ("width", "height", "seed")
    return Result({
        "images": [{"file": address(one.id)} | {name: getattr(one, name) for name in names} for one in pictures]
    })


def _opened(content: bytes) -> "Image":
    from PIL import Image

    return Image.open(io.BytesIO(content))


def _plotted(planner: Planner, shots: list[Shot], job: RunningJob) -> Iterator[Event]:
    """Lay the pictures of a plot out as one, unless one of them was left out."""
    studio, plot = planner.studio, planner.request.plot
    grids = [row for row in studio.history.pictures.of_job(job.id, trashed=True) if row.kind == "grid"]
    yield from (Part("grid", shown(row)) for row in grids)
    rows = {row.place: row for row in studio.history.pictures.of_job(job.id) if row.kind == "picture"}
    if plot is None or grids or len(rows) < len(shots):
        return
    cells = [_opened(studio.history.files.get(rows[shot.index].id, job.owner).path.read_bytes()) for shot in shots]
    settings = shots[0].settings | {"plot": plot.model_dump(mode="json", exclude_none=True)}
    whole, sent = grid(plot, cells), shots[0].sent
    kept_so = partial(
        keep, studio, job, whole, settings=settings, sent=sent, made_with={}, kind="grid", place=len(shots)
    )
    row = yield from kept(job, kept_so)
    yield Part("grid", shown(row))


def compared(studio: "Studio", earlier: str, job: RunningJob) -> Iterator[Event]:
    """Say whether the picture that the job drew is an earlier one, pixel for pixel, and if not, what has changed."""
    before = studio.history.pictures.get(earlier, job.owner)
    drawn = [row for row in studio.history.pictures.of_job(job.id) if row.kind == "picture"]
    if not drawn:
        return
    after = studio.history.pictures.get(drawn[0].id, job.owner)
    if after.pixels == before.pixels:
        yield note("The same picture came out, pixel for pixel.")
        return
    names = before.made_with.keys() | after.made_with.keys()
    changes = [
        f"{name}: {before.made_with.get(name, '-')} → {after.made_with.get(name, '-')}"
        for name in sorted(names)
        if before.made_with.get(name) != after.made_with.get(name)
    ]
    if changes:
        yield note("Another picture came out. What has changed since: {changes}.", changes=", ".join(changes))
    else:
        yield note("Another picture came out, although nothing that is recorded has changed.")
