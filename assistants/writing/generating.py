"""Generations: prose that goes through the filter, and short answers that are not shown.

Knows how a model is kept writing until a length is reached; knows nothing about sections or briefs.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants.engines.controls import Controls
from assistants.generation import NO_CONTROLS, conversation, generate, limited, silent
from assistants.generation.loops import LoopDetector
from assistants.jobs import Event, RunningJob, Text
from assistants.profile import knowing
from assistants.store.documents import count
from assistants.writing.sentences import SentenceFilter
from prompts.library import Messages

if TYPE_CHECKING:
    from assistants.engines.chat_engine import ChatEngine

TOKENS_A_WORD = 1.6
# For the sentence that the last token falls into.
SPARE_TOKENS = 60
# A model that ends early or repeats itself is asked to go on so often.
ATTEMPTS = 3
# So many characters of what there is tell a model how to go on.
REACH = 4000
ENOUGH = 0.8
# Of the words that are missing, so many tokens at least.
LEAST_SHARE = 0.9
PENALTY, GUARDED, STEP = 1.1, 1.15, 0.03
TEMPERATURE = 0.4


@dataclass(frozen=True)
class Writer:
    """An open model and how a person wants it to choose its words; ``guided`` says which one ``is_guided``.

    Where it ``may_loop``, a text that goes round is ended. ``profile`` is what it is told of the person.
    """

    engine: "ChatEngine"
    job: RunningJob
    params: dict[str, Any]
    is_guided: bool = False
    may_loop: bool = False
    profile: str | None = None

    def told(self, turns: Messages) -> Messages:
        """Return messages that also say what the person wants known of themselves."""
        return knowing(turns, self.profile)

    def watch(self) -> LoopDetector | None:
        """Return what notices that a text goes round, if that is to be feared."""
        return LoopDetector() if self.may_loop else None

    @property
    def context(self) -> int | None:
        """How many tokens a prompt and its answer may have, where that is known."""
        return self.engine.context

    def can(self, capability: str) -> bool:
        """Say whether the engine holds to a constraint while it writes."""
        return capability in self.engine.capabilities

    def limit(self, tokens: int) -> dict[str, int]:
        """Return the limit of tokens for an answer that the studio cuts by itself, where the model is here."""
        return limited(self.engine, tokens)

    def tokens(self, turns: Messages) -> int:
        """Return how many tokens messages have."""
        return self.engine.get_num_tokens_from_messages(conversation(turns))

    def quietly(self, turns: Messages, controls: Controls, options: dict[str, Any]) -> Generator[Event, None, str]:
        """Return the answer to a constrained question; its text is no text of the job."""
        options = {"temperature": TEMPERATURE, **options}
        ending = yield from silent(generate(self.engine, conversation(turns), controls, options, self.job))
        return ending.text

    def prose(
        self,
        turns: Messages,
        filtered: SentenceFilter,
        target: int,
        options: dict[str, Any],
        *,
        guard: bool = False,
        once: bool = False,
    ) -> Generator[Event, None, None]:
        """Yield sentences after ``filtered.text`` until there are about ``target`` words; the filter has them.

        A model that repeats itself or ends early is asked to go on from what there is, each time held more firmly; a
        text that is done when the model says so is asked for ``once``.
        """
        penalty = GUARDED if guard else PENALTY
        for attempt in range(ATTEMPTS):
            have = count(filtered.text)
            if have >= target * (ENOUGH if attempt else 1):
                return
            own = {
                "temperature": TEMPERATURE,
                "repetition_penalty": penalty + STEP * attempt,
                **self.limit(int((target - have) * TOKENS_A_WORD) + SPARE_TOKENS),
                **options,
            }
            if self.can("min_tokens"):
                # Small models end far too early.
                own["min_tokens"] = int((target - have) * LEAST_SHARE)
            if attempt:
                own = changed(own, attempt)
            began = filtered.text
            yield from self._attempt(turns, filtered, target, own)
            if (filtered.text == began and attempt) or (once and filtered.text):
                return

    def _attempt(
        self, turns: Messages, filtered: SentenceFilter, target: int, options: dict[str, Any]
    ) -> Generator[Event, None, None]:
        said = [*turns, ("assistant", filtered.text[-REACH:].rstrip())] if filtered.text else turns
        events = generate(self.engine, conversation(said), NO_CONTROLS, options, self.job)
        with closing(events):
            while not filtered.closed and count(filtered.text) < target:
                try:
                    event = next(events)
                except StopIteration as end:
                    passed = filtered.finish(end.value.finish_reason == "stop")
                    if passed:
                        yield Text(passed)
                    break
                if not isinstance(event, Text):
                    yield event
                elif passed := filtered.push(event.delta):
                    yield Text(passed)
            filtered.drop()


def changed(options: dict[str, Any], attempt: int) -> dict[str, Any]:
    """Return the options for another attempt: the same seed would repeat what was refused."""
    seed = options.get("seed")
    return options if seed is None else options | {"seed": (seed + attempt) % 2**32}
