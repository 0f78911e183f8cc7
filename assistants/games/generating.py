"""A job of games: makes what was asked, lets a model put it into words, and proves that the world still holds together.

Every batch is in the world as soon as it is written; after a restart the batches that are there are not written again.
Knows how a job goes; what is made, written and proved is known elsewhere.
"""

import copy
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from assistants import bounded
from assistants.bounded import Budget
from assistants.embedder import MODEL, MULTILINGUAL, opened_embedder
from assistants.errors import Conflict
from assistants.games import making, playing, texts, work
from assistants.games.content import Document, elements
from assistants.games.request import Request
from assistants.games.texts import Slot, Writer
from assistants.games.worlds import Worlds
from assistants.generation import NO_CONTROLS, conversation, generate, limited, opened
from assistants.jobs import Event, Part, Progress, Result, RunningJob, note
from assistants.prompts import render

if TYPE_CHECKING:
    from assistants.studio import Studio

# Proving a large world takes a while; nobody waits on the line for it.
PROVING = Budget(60, 1024, "checks")
ATTEMPTS = 3
NARRATION = {"en": "games/narration", "zh": "games/narration-zh"}
NARRATION_TOKENS = 120
UNSPOKEN = "{model} doesn't write the language of this world, so the names and texts are the studio's own."
SHORT = "{count} texts were not written: {tokens} tokens are used up. They can be written one by one."
FAILED = "The model did not keep to the form in {count} texts, so they are the studio's own."
ALIKE = "{count} texts nearly repeated others, even when asked for again, so they are the studio's own."


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Do what was asked, telling of it."""
    if request.kind == "narration":
        yield from _narrated(studio, request, job)
        return
    going = Generation(studio, request, job)
    yield from going.make()
    yield from going.write()
    yield from going.prove()


class Generation:
    """The job under way."""

    def __init__(self, studio: "Studio", request: Request, job: RunningJob) -> None:
        self._studio = studio
        self._request = request
        self._job = job
        self._worlds = Worlds(studio.history.store)
        self._world = (job.row.result or {})["world"]
        self._ids: list[str] = []
        self._count = 0
        # A model that is no better than the one that comes with the studio.
        self._guided = not studio.models.is_better(job.model)
        self._tokens = 0

    def _document(self) -> Document:
        return self._worlds.get(self._world, self._job.owner).document

    def make(self) -> Iterator[Event]:
        """Add what was asked for to the world, in one go, unless that was done before a restart."""
        made = next((part for part in self._job.parts if part.name == "made"), None)
        if made is None:
            made = Part("made", {"ids": self._made()})
            yield made
        self._ids = made.data["ids"]

    def _made(self) -> list[str]:
        request, job = self._request, self._job
        if request.kind == "world":
            return [element["id"] for _, element in elements(self._document())]
        if request.kind == "field":
            return [str(request.element)]
        for _ in range(ATTEMPTS):
            before = self._document()
            after = copy.deepcopy(before)
            ids = making.add(after, request, request.seed or 0)
            try:
                self._worlds.replace(self._world, job.owner, before, after, "made", job.id)
            except Conflict:
                continue
            return ids
        raise Conflict("This world is being changed by others. Try again in a moment.")

    def _slots(self) -> list[Slot]:
        found = texts.slots(self._document(), self._ids, guided=self._guided)
        if self._request.kind == "field":
            found = [slot for slot in found if slot.field == self._request.field]
        done = {key for part in self._job.parts if part.name == "written" for key in part.data["texts"]}
        return [slot for slot in found if slot.key not in done]

    def write(self) -> Iterator[Event]:
        """Let the model write the texts, batch by batch."""
        language, model = self._document()["language"], self._job.model
        known = self._studio.models.languages(model)
        if known and language not in known:
            yield note(UNSPOKEN, model=model)
            return
        engine = yield from opened(self._studio, self._job)
        budget = texts.MOST_TOKENS if self._request.kind == "world" else None
        writer = Writer(self._studio, self._job, engine, self._request.seed or 0, budget, self._guided)
        embed = yield from self._embedder(language)
        alike = yield from self._batches(writer, texts.batches(self._slots()), embed)
        if alike:
            # What nearly repeats something is asked for once more.
            alike = yield from self._batches(writer, texts.batches(alike), embed)
            writer.written.alike = len(alike)
        self._tokens = writer.tokens
        yield from self._told(writer)

    def _embedder(self, language: str) -> Generator[Event, None, Any]:
        """Return what makes vectors, where that is installed: for a few names none is fetched."""
        model = MODEL if language == "en" else MULTILINGUAL
        if self._studio.models.state(model).state not in ("installed", "ready"):
            return None
        embedder = yield from opened_embedder(self._studio, self._job, model=model)
        return embedder.vectors

    def _batches(self, writer: Writer, waiting: list[list[Slot]], embed: Any) -> Generator[Event, None, list[Slot]]:
        alike: list[Slot] = []
        failures = 0
        tried: list[str] = []
        for number, batch in enumerate(waiting):
            yield Progress(number, len(waiting), "Writing names and texts")
            if failures == texts.GIVEN_UP:
                writer.written.failed += len(batch)
                continue
            document = self._document()
            said = writer.write(document, batch, tried)
            failures = 0 if said else failures + 1
            kept, again = texts.fresh(document, said, embed)
            alike += again
            tried += [text for slot, text in said.items() if slot.form == "name"]
            if kept:
                self._put(kept)
                yield Part("written", {"texts": {slot.key: text for slot, text in kept.items()}})
        return alike

    def _put(self, kept: dict[Slot, str]) -> None:
        def do(document: Document) -> None:
            self._count += texts.put(document, kept)

        self._worlds.change(self._world, self._job.owner, do, "written", self._job.id, self._job.model)

    def _told(self, writer: Writer) -> Iterator[Event]:
        written = writer.written
        if written.out_of_budget:
            yield note(SHORT, count=written.out_of_budget, tokens=texts.MOST_TOKENS)
        if written.failed:
            yield note(FAILED, count=written.failed)
        if written.alike:
            yield note(ALIKE, count=written.alike)

    def prove(self) -> Iterator[Event]:
        """Check the world, mend what can be, and tell of it."""
        yield Progress(0, None, "Checking the world")
        report = mended(self._worlds, self._world, self._job.owner, self._job.id)
        result = {"world": self._world, "ids": self._ids, "written": self._count, "tokens": self._tokens}
        yield Part("report", report)
        yield Result(result | {"report": report})


def mended(worlds: Worlds, world: str, owner: str, job: str | None = None, budget: Budget = PROVING) -> dict[str, Any]:
    """Mend the world of an owner, keep it as a version where something was mended, and return the report."""
    for _ in range(ATTEMPTS):
        before = worlds.get(world, owner).document
        found = bounded.call(work.mended, before, field="world", budget=budget)
        try:
            worlds.replace(world, owner, before, found["document"], "mended", job)
        except Conflict:
            continue
        return dict(found["report"])
    raise Conflict("This world is being changed by others. Try again in a moment.")


def _narrated(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Let the model tell the last turn of a game again; what has happened stays what it is."""
    worlds = Worlds(studio.history.store)
    play = playing.opened(worlds, str(request.world), job.owner, str(request.game))
    language = play.adventure.document["language"]
    place = play.adventure.element(play.state.location)
    engine = yield from opened(studio, job)
    values = {
        "place": f"{place['name']}. {place['description']}",
        "events": " ".join(line.text for line in play.last if line.kind != "command"),
    }
    messages = conversation(render(studio.prompts.get(NARRATION[language], job.owner), values))
    options = limited(engine, NARRATION_TOKENS)
    yield from generate(engine, messages, NO_CONTROLS, options, job)
    yield Result({"world": request.world, "game": request.game, "commands": len(play.game.commands)})
