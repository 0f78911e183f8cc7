"""One call: its jobs, one for each choice, followed together for as long as the client is on the line.

Knows how jobs become pieces of answers; knows nothing about how those look on the wire.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from assistants.errors import InvalidInput, ModelUnavailable, StudioError
from assistants.jobs import REASONING, TERMINAL, Event, Part, Result, Retracted, RunningJob, Status, Text
from assistants.principals import Principal
from assistants.studio import Studio

# A stream says so often that it is alive; until its first word it has as long to become an error with a status.
PING_SECONDS = 10.0

# What the studio calls something else.
FIELDS = {
    "controls": "response_format",
    "json_schema": "response_format",
    "regex": "guided_regex",
    "choice": "guided_choice",
    "texts": "input",
    "width": "size",
    "height": "size",
    "count": "n",
}


class UnknownModel(InvalidInput):
    """There is no model of that name for this caller."""

    status = 404


@dataclass(frozen=True)
class Piece:
    """More of a choice: text and what was asked about its tokens; the last one has the job's ``result``."""

    choice: int
    text: str = ""
    tokens: list[dict[str, Any]] | None = None
    result: dict[str, Any] | None = None
    # All of its text so far is none: it was what the model thought.
    retracts: bool = False
    # More of what the model thinks.
    reasoning: str = ""

    @property
    def reason(self) -> str | None:
        """Why the choice ended, if it did; one that was stopped by hand ended, too."""
        return None if self.result is None else self.result.get("finish_reason", "stop")


@dataclass
class Choice:
    """A choice as a whole."""

    text: str = ""
    reasoning: str = ""
    tokens: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    reason: str = "stop"

    def add(self, piece: Piece) -> None:
        """Make it longer."""
        self.text = piece.text if piece.retracts else self.text + piece.text
        self.reasoning += piece.reasoning
        self.tokens += piece.tokens or ()
        self.result = piece.result or self.result
        self.reason = piece.reason or self.reason


class Call:
    """The jobs of one call."""

    def __init__(self, studio: Studio, jobs: list[RunningJob], prompts: int) -> None:
        """Follow ``jobs``, of which equal shares, in order, belong to each of the ``prompts``."""
        self.jobs = jobs
        self.watcher: asyncio.Task[None] | None = None
        self._studio = studio
        self._prompts = prompts
        self._open = dict.fromkeys(range(len(jobs)))
        self._held: dict[int, str] = {}
        self._with_tokens = any(job.row.request.get("controls", {}).get("logprobs") for job in jobs)

    @classmethod
    def begin(
        cls,
        studio: Studio,
        who: Principal,
        assistant: str,
        requests: list[dict[str, Any]],
        prompts: int,
        *,
        recorded: bool,
    ) -> "Call":
        """Begin a job for each request, or none of them if one is refused."""
        jobs: list[RunningJob] = []
        try:
            for request in requests:
                jobs.append(studio.jobs.begin(assistant, request, who, recorded=recorded))
        except StudioError as error:
            cls(studio, jobs, prompts).stop()
            if not isinstance(error, InvalidInput):
                raise
            raise unknown_model(error) if error.field == "model" else about(error.field, error) from error
        return cls(studio, jobs, prompts)

    @property
    def id(self) -> str:
        """What the answer is called: the id of its first job."""
        return self.jobs[0].id

    @property
    def model(self) -> str:
        """The ``provider:model`` that answers."""
        return self.jobs[0].model

    def stop(self) -> None:
        """Stop what is still under way: nobody waits for it any more."""
        for choice in self._open:
            job = self.jobs[choice]
            if not job.ended.is_set():
                self._studio.jobs.stop(job.id, job.owner)

    def close(self) -> None:
        """Stop what is still under way, and watching the client."""
        self.stop()
        if self.watcher:
            self.watcher.cancel()

    async def pieces(self) -> AsyncIterator[Piece | None]:
        """Yield the choices as they grow; None when nothing has come for a while. Raises what made one fail."""
        news = asyncio.Event()
        seen = [0] * len(self.jobs)
        with contextlib.ExitStack() as stack:
            for job in self.jobs:
                stack.enter_context(job.followed(news))
            while self._open:
                news.clear()
                for choice in list(self._open):
                    for number, event in self.jobs[choice].since(seen[choice]):
                        seen[choice] = number
                        if piece := self._piece(choice, event):
                            yield piece
                if self._open and not await comes(news):
                    yield None

    def _piece(self, choice: int, event: Event) -> Piece | None:
        if choice not in self._open:
            return None
        if isinstance(event, Text):
            if not self._with_tokens:
                return Piece(choice, event.delta)
            # What was asked about these tokens comes right behind them.
            self._held[choice] = self._held.get(choice, "") + event.delta
        elif isinstance(event, Part) and event.name == "logprobs":
            return Piece(choice, self._held.pop(choice, ""), event.data)
        elif isinstance(event, Part) and event.name == REASONING:
            return Piece(choice, reasoning=event.data["text"])
        elif isinstance(event, Retracted):
            self._held.pop(choice, None)
            return Piece(choice, retracts=True)
        elif isinstance(event, Result):
            return self._end(choice, event.data)
        elif isinstance(event, Status) and event.status in TERMINAL:
            if event.status != "stopped":
                raise failed(event)
            return self._end(choice, {})
        return None

    def _end(self, choice: int, result: dict[str, Any]) -> Piece:
        # Before the job has quite ended, which takes a write to the disk: the answer is complete.
        del self._open[choice]
        return Piece(choice, self._held.pop(choice, ""), result=result)

    async def choices(self) -> list[Choice]:
        """Return the choices once all are complete; raises what made one fail."""
        choices = [Choice() for _ in self.jobs]
        async for piece in self.pieces():
            if piece:
                choices[piece.choice].add(piece)
        return choices

    @property
    def usage(self) -> dict[str, Any] | None:
        """The tokens of all choices, those of a prompt once; None where the engine did not count."""
        counts = [job.usage or {} for job in self.jobs]
        if not all("output_tokens" in count for count in counts):
            return None
        read = sum(count["input_tokens"] for count in counts[:: len(counts) // self._prompts])
        written = sum(count["output_tokens"] for count in counts)
        usage: dict[str, Any] = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        if thought := sum(count.get("reasoning_tokens", 0) for count in counts):
            usage["completion_tokens_details"] = {"reasoning_tokens": round(thought)}
        return usage


async def comes(news: asyncio.Event) -> bool:
    """Wait until ``news`` is set, but not for ever; say whether it was."""
    try:
        async with asyncio.timeout(PING_SECONDS):
            return await news.wait()
    except TimeoutError:
        return False


def failed(ending: Status) -> StudioError:
    """Return the error that ended a job."""
    if ending.failure is None:
        return ModelUnavailable("The studio is shutting down.")
    error = StudioError(ending.failure["template"], **ending.failure["values"])
    error.status = ending.failure["status"]
    field = error.values.get("field")
    return about(field, error) if field else error


def about(field: str, error: StudioError) -> InvalidInput:
    """Return ``error`` as one about ``field``, which a client of OpenAI's calls something else."""
    name = field.removeprefix("params.").removeprefix("controls.")
    found = InvalidInput(FIELDS.get(name, name), error.template, **without_field(error))
    found.status = error.status
    return found


def unknown_model(error: StudioError) -> UnknownModel:
    """Return ``error`` as one about a name that means nothing here."""
    return UnknownModel("model", error.template, **without_field(error))


def without_field(error: StudioError) -> dict[str, Any]:
    """Return the values of ``error`` but for the field."""
    return {name: value for name, value in error.values.items() if name != "field"}
