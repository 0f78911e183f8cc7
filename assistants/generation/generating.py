"""One generation: what every assistant does the same once it knows its messages for a model.

Knows how a model is waited for, streamed, stopped and counted; knows nothing about what the text is for.
"""

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from assistants.engines.controls import Controls, stream
from assistants.errors import GenerationFailed
from assistants.generation.loops import LoopDetector, Unwatched
from assistants.jobs import REASONING, Event, Part, Progress, Retracted, RunningJob, Stopped, Text
from assistants.storable import storable

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk, BaseMessage

    from assistants.engines.chat_engine import ChatEngine
    from assistants.studio import Studio

Outcome = TypeVar("Outcome")

NO_CONTROLS = Controls()
# Reasoning is told so often, for it is long and nobody reads along.
REASONING_SECONDS = 0.5
USED_UP = "{model} used up its tokens while it was still reasoning. Allow it more."
ONLY_REASONING = "{model} only reasoned and gave no answer. Ask again or in other words."


@dataclass(frozen=True)
class Ending:
    """How a generation ended: its text, and ``stop``, ``length``, ``circle`` or what else the server calls the reason.

    ``attempts`` says how often a constraint was tried; ``cut`` is what a circle said again at the end, which is no part
    of the text; ``notes`` are what its readers have to know, as sentences.
    """

    text: str
    finish_reason: str = "stop"
    attempts: int | None = None
    cut: str = ""
    notes: tuple[dict[str, Any], ...] = ()


@dataclass
class Step:
    """One generation of a job that makes many, maybe several at once: it has its own model and its own usage."""

    job: RunningJob
    model: str
    usage: dict[str, Any] | None = None

    @property
    def stopping(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self.job.stopping

    def slot(self, engine: str, count: int) -> AbstractContextManager[None]:
        """Hold a slot for the job, which tells itself how far it is."""
        return self.job.slot(engine, count, quiet=True)


def conversation(turns: Iterable[tuple[str, str]]) -> "list[BaseMessage]":
    """Return (role, text) pairs as LangChain has them; a role is system, user or assistant."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[role](text) for role, text in turns]


def opened(studio: "Studio", job: RunningJob, needs: frozenset[str] = frozenset()) -> Generator[Event, None, Any]:
    """Wait for the job's model, telling how far it is, and return its engine."""
    for state in studio.models.waiting(job.model, needs):
        yield Progress(state.done, state.total, state.note)
    return studio.models.engine(job.model, needs)


def watch(studio: "Studio", job: RunningJob) -> LoopDetector | None:
    """Return what watches the job's text for circles; None unless its model is a small one of this machine."""
    return None if studio.models.is_capable(job.model) else LoopDetector()


def limited(engine: "ChatEngine", tokens: int) -> dict[str, int]:
    """Return the limit that the studio itself sets to an answer: none elsewhere, where a model may have to think first.

    What a person sets goes everywhere.
    """
    return {} if engine.context is None else {"max_tokens": tokens}


def settled(studio: "Studio", job: RunningJob) -> Generator[Event, None, bool]:
    """Wait for the better model while it is on its way, and let the studio's own write; say whether it is a better."""
    for state in studio.models.better.waiting():
        yield Progress(state.done, state.total, state.note)
    model = studio.models.resolve(None, job.who, "chat")
    job.write_by(model, studio.models.sha256(model))
    return studio.models.is_better(model)


def generate(
    engine: "ChatEngine",
    messages: "list[BaseMessage]",
    controls: Controls,
    options: dict[str, Any],
    job: "RunningJob | Step",
    circle: LoopDetector | None = None,
    *,
    may_hold: bool = True,
    may_retract: bool = False,
) -> Generator[Event, None, Ending]:
    """Yield the text as it comes, and what ``controls`` asks about its tokens; return how it ended.

    Reasoning is no text, and comes as parts of its own. Of a model of which nobody knows yet whether its text begins
    with that, the text comes at its end, unless it must not be held; a reader of whom it ``may_retract`` text is then
    told to forget it.

    A text that goes round is ended where a ``circle`` is given to watch it, for it would only come to more of the same.
    Holds a slot of the job's model meanwhile, and adds to the job's usage even where it is stopped or fails.
    """
    held = may_hold and engine.begins_reasoning is None
    with job.slot(job.model, engine.slots):
        writing = Generating(held, may_retract, circle)
        try:
            with closing(stream(engine, messages, controls, options)) as chunks:
                for chunk in chunks:
                    # Engines send empty chunks while they think, so that they can be stopped there, too.
                    if job.stopping:
                        raise Stopped
                    yield from writing.take(chunk)
                    if writing.is_round:
                        break
        except Exception:
            # Nothing that was written is lost with what broke or was stopped.
            yield from writing.rest()
            raise
        finally:
            job.usage = writing.added(job.usage)
        yield from writing.rest()
    ending = writing.ending
    if writing.is_only_reasoning:
        raise GenerationFailed(USED_UP if ending.finish_reason == "length" else ONLY_REASONING, model=job.model)
    yield from (Part("note", one) for one in ending.notes)
    return ending


class Generating:
    """A generation under way: what has come of it so far, and when."""

    def __init__(self, held: bool, may_retract: bool, circle: LoopDetector | None) -> None:
        self._watched = circle or Unwatched()
        self._cut = ""
        self._said: dict[str, Any] = {}
        self._may_retract = may_retract
        self._held: list[Event] | None = [] if held else None
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._told_at = 0.0
        self._has_reasoned = False
        # When it had thought, as far as it told.
        self._thought: float | None = None
        self._counted: dict[str, Any] = {}
        self._began = self._last = monotonic()
        self._first: float | None = None
        # Characters, of text and reasoning, that came first and in all.
        self._size_first = self._size = 0

    def take(self, chunk: "AIMessageChunk") -> list[Event]:
        """Return what more there is to tell."""
        self._counted = {**self._counted, **(chunk.usage_metadata or {})}
        self._said |= chunk.response_metadata
        reasoning = storable(chunk.additional_kwargs.get("reasoning_content") or "")
        events: list[Event] = []
        if chunk.response_metadata.get("retracted"):
            events += self._retract()
        elif size := len(reasoning) + len(chunk.text):
            self._clock(size)
        if reasoning:
            self._thoughts.append(reasoning)
            self._has_reasoned = self._has_reasoned or bool(reasoning.strip())
            self._thought = self._last
        if chunk.text or monotonic() - self._told_at >= REASONING_SECONDS:
            events += self._told()
        if shown := self._watched.push(chunk.text):
            self._texts.append(shown)
            events.append(Text(shown))
        if tokens := chunk.response_metadata.get("logprobs"):
            events.append(Part("logprobs", tokens["content"]))
        if self._held is None:
            return events
        self._held += events
        return []

    def _clock(self, size: int) -> None:
        self._last = monotonic()
        if self._first is None:
            self._first, self._size_first = self._last, size
        self._size += size

    def _retract(self) -> list[Event]:
        self._texts.clear()
        if self._held is not None:
            self._held = [event for event in self._held if not is_of_text(event)]
            return []
        return [Retracted()] if self._may_retract else []

    def _told(self) -> list[Event]:
        """Return the reasoning that nobody was told yet."""
        self._told_at = monotonic()
        thoughts, self._thoughts = "".join(self._thoughts), []
        return [Part(REASONING, {"text": thoughts})] if thoughts.strip() else []

    def rest(self) -> list[Event]:
        """Return what was held back, but for what a circle says again."""
        held, self._held = [*(self._held or []), *self._told()], None
        if self._watched.found:
            self._cut = self._cut or self._watched.rest()
        elif text := self._watched.rest():
            self._texts.append(text)
            held.append(Text(text))
        return held

    @property
    def is_round(self) -> bool:
        """Whether the text goes round."""
        return self._watched.found

    @property
    def is_only_reasoning(self) -> bool:
        """Whether there is no word of an answer behind the reasoning."""
        return self._has_reasoned and not "".join(self._texts).strip()

    @property
    def ending(self) -> Ending:
        """How it ended."""
        if self.is_round:
            return Ending("".join(self._texts), "circle", cut=self._cut)
        reason, attempts = self._said.get("finish_reason", "stop"), self._said.get("attempts")
        return Ending("".join(self._texts), reason, attempts, notes=tuple(self._said.get("notes", ())))

    def added(self, usage: dict[str, Any] | None) -> dict[str, Any]:
        """Return the usage so far with the tokens of this generation, where the engine counted them, and its seconds.

        The seconds to the first word are those of the first generation. ``timed_tokens`` came in ``timed_seconds``,
        from the first piece to the last: neither what the first one has, nor what was thought unseen before it.
        ``reasoning_tokens``, of those that were written, were thought in ``reasoning_seconds``.
        """
        ended = monotonic()
        sums = usage or {"first_seconds": round((self._first or ended) - self._began, 3), "seconds": 0}
        own: dict[str, Any] = {
            key: self._counted[key] for key in ("input_tokens", "output_tokens") if key in self._counted
        }
        own["seconds"] = round(ended - self._began, 3)
        if self._first is not None and self._size > self._size_first and "output_tokens" in own:
            unseen = 0 if self._has_reasoned else self._counted.get("output_token_details", {}).get("reasoning", 0)
            share = 1 - self._size_first / self._size
            own["timed_tokens"] = round((own["output_tokens"] - unseen) * share, 1)
            own["timed_seconds"] = round(self._last - self._first, 3)
        if reasoned := self._counted.get("output_token_details", {}).get("reasoning"):
            own["reasoning_tokens"] = reasoned
        if self._thought is not None and self._first is not None:
            own["reasoning_seconds"] = round(self._thought - self._first, 3)
        return sums | {key: round(sums.get(key, 0) + value, 3) for key, value in own.items()}


def is_of_text(event: Event) -> bool:
    """Say whether an event is a piece of the text, or of what is said of its tokens."""
    return isinstance(event, Text) or (isinstance(event, Part) and event.name == "logprobs")


def silent(events: Generator[Event, None, Ending]) -> Generator[Event, None, Ending]:
    """Pass on all of a generation but its text, which is no text of the job; return how it ended."""
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                return end.value
            if not isinstance(event, Text):
                yield event


def run_to_end(going: Generator[Event, None, Outcome]) -> Outcome:
    """Run what nobody follows word by word to its end, and return what it returns."""
    while True:
        try:
            next(going)
        except StopIteration as end:
            return end.value
