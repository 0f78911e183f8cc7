"""One question to one model, answered from what was kept where nothing is left to chance and it was asked before.

Knows engines that are open and the kept answers; knows nothing about what the answer is for.
"""

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistants.engines.controls import Controls
from assistants.errors import GenerationFailed, StudioError
from assistants.generation import NO_CONTROLS, Step, conversation, generate, limited
from assistants.jobs import Event, Progress, RunningJob
from prompts.library import Messages

if TYPE_CHECKING:
    from assistants.studio import Studio

SCORE = "score"
NO_NEEDS: frozenset[str] = frozenset()
NEEDS_SCORE = frozenset({SCORE})


@dataclass(frozen=True)
class Said:
    """What a model said; a ``cached`` answer has the seconds and tokens that it once took."""

    text: str
    finish: str
    seconds: float
    first_seconds: float
    input_tokens: int
    output_tokens: int
    scores: dict[str, float] | None = None
    cached: bool = False
    # What a reader has to know of it, as sentences.
    notes: Sequence[dict[str, Any]] = ()


class CellRun:
    """Asks the models of one job, each opened once."""

    def __init__(self, studio: "Studio", job: RunningJob) -> None:
        self._studio = studio
        self._job = job
        self._engines: dict[tuple[str, frozenset[str]], Any] = {}
        self.failed: dict[tuple[str, frozenset[str]], StudioError] = {}

    def open(self, model: str, needs: frozenset[str] = NO_NEEDS) -> Iterator[Event]:
        """Wait for a model, telling how far it is; why one cannot be had is told to whoever asks it."""
        try:
            for state in self._studio.models.waiting(model, needs):
                yield Progress(state.done, state.total, state.note)
            engine = self._studio.models.engine(model, needs)
            if SCORE in needs and SCORE not in engine.capabilities:
                raise GenerationFailed("{model} cannot weigh labels against each other here.", model=model)
        except StudioError as error:
            self.failed[model, needs] = error
        else:
            self._engines[model, needs] = engine

    def _engine(self, model: str, needs: frozenset[str] = NO_NEEDS) -> Any:
        if error := self.failed.get((model, needs)):
            raise error
        return self._engines[model, needs]

    def width(self, models: set[str]) -> int:
        """Return how many questions these models take at once."""
        return sum(engine.slots for (model, _), engine in self._engines.items() if model in models)

    def ask(
        self, model: str, messages: Messages, options: dict[str, Any], limit: int, controls: Controls = NO_CONTROLS
    ) -> Generator[Event, None, Said]:
        """Yield the text as it comes and return the answer; raises ``StudioError`` or ``Stopped``.

        ``limit`` is how many tokens the studio allows it where nobody else said and the model is here.
        """
        asked = {"max_tokens": limit} | options
        key = _key(model, messages, asked, controls.model_dump(exclude_none=True)) if _is_sure(options) else None
        if key and (kept := self._studio.history.answers.find(self._job.owner, key)):
            return Said(**kept, cached=True)
        step, engine = Step(self._job, model), self._engine(model)
        options = limited(engine, limit) | options
        ending = yield from generate(engine, conversation(messages), controls, options, step)
        said = Said(ending.text, ending.finish_reason, **_counts(step.usage or {}), notes=ending.notes)
        self._keep(key, said)
        return said

    def score(self, model: str, messages: Messages, texts: list[str]) -> Said:
        """Return the text that the model holds for the likeliest reply, with each one's log-probability a token."""
        key = _key(model, messages, {}, {"score": texts})
        if kept := self._studio.history.answers.find(self._job.owner, key):
            return Said(**kept, cached=True)
        engine = self._engine(model, NEEDS_SCORE)
        with self._job.slot(f"{model} (score)", 1, quiet=True):
            began = monotonic()
            found = engine.score(conversation(messages), texts)
        seconds = round(monotonic() - began, 3)
        scores = {text: round(sum(one) / max(1, len(one)), 4) for text, one in zip(texts, found, strict=True)}
        said = Said(max(scores, key=scores.__getitem__), "stop", seconds, seconds, 0, 0, scores)
        self._keep(key, said)
        return said

    def _keep(self, key: str | None, said: Said) -> None:
        if key and self._job.recorded:
            answer = {name: value for name, value in asdict(said).items() if name != "cached"}
            self._studio.history.answers.keep(self._job.id, key, answer)


def _is_sure(options: dict[str, Any]) -> bool:
    """Say whether asking again would only come to the same."""
    return options.get("temperature") == 0 or options.get("seed") is not None


def _key(*asked: Any) -> str:
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _counts(usage: dict[str, Any]) -> dict[str, Any]:
    names = ("seconds", "first_seconds", "input_tokens", "output_tokens")
    return {name: usage.get(name, 0) for name in names}
