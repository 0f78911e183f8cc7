"""How fast models write and read on this machine: each measured once, when it is first loaded, and remembered.

Of one that is not here, what another has shown says enough: twice the bytes, half the speed, which on a CPU holds
within a third from 0.1 to 1.3 GB. Knows nothing about what the figures are for.
"""

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from assistants import processor
from assistants.errors import StudioError

logger = logging.getLogger(__name__)

# Some 200 tokens, new to an engine that has read nothing yet.
PROSE = Path(__file__).with_name("prose.txt")
QUESTION = "Go on with this text, number {number}:\n\n{text}"
# Tokens: enough for a large model, and for one that is through with these in no time.
FEW, MANY = 12, 64
SHORT_SECONDS = 0.5


class KeptFacts(Protocol):
    """Where values outlive the process, by name."""

    def all(self) -> dict[str, Any]:
        """Return what is kept."""

    def put(self, values: dict[str, Any]) -> None:
        """Keep all of ``values``; None drops one."""


class Forgetful(dict[str, Any]):
    """Where values live as long as the process."""

    def all(self) -> dict[str, Any]:
        """Return what is kept."""
        return dict(self)

    def put(self, values: dict[str, Any]) -> None:
        """Keep all of ``values``; None drops one."""
        self.update(values)


@dataclass(frozen=True)
class Speed:
    """Tokens a second: those written for one alone, and those of a prompt that is read."""

    writes: float
    reads: float

    def scaled(self, factor: float) -> "Speed":
        """Return ``factor`` times the speed."""
        return Speed(self.writes * factor, self.reads * factor)


class Speeds:
    """What was measured here, by name of the model; what another machine has shown is forgotten."""

    def __init__(self, kept: KeptFacts) -> None:
        self._kept = kept
        self._machine = machine()
        stored = kept.all().get("speeds")
        found = stored if isinstance(stored, dict) and stored.get("machine") == self._machine else {}
        self._found = {name: Speed(**speed) for name, speed in found.get("models", {}).items()}

    def get(self, name: str) -> Speed | None:
        """Return how fast a model is, if that was measured."""
        return self._found.get(name)

    def estimated(self, size: int | None, sizes: dict[str, int]) -> Speed | None:
        """Return how fast a model of ``size`` bytes is likely to be, by that measured one whose size is nearest."""
        known = {name: sizes[name] for name in self._found if sizes.get(name)}
        if not (size and known):
            return None
        nearest = min(known, key=lambda name: max(known[name] / size, size / known[name]))
        return self._found[nearest].scaled(known[nearest] / size)

    def measure(self, name: str, engine: Any) -> None:
        """Measure a model that nobody uses just now; of two times the better counts, and no answer is no speed."""
        try:
            speed = measured(engine)
        except (StudioError, RuntimeError, LookupError, TypeError, ValueError) as error:
            logger.warning("%s could not be measured: %s", name, error)
            return
        logger.info("%s writes %.1f tokens a second and reads %.0f", name, speed.writes, speed.reads)
        known = self._found.get(name, speed)
        self._found[name] = Speed(max(known.writes, speed.writes), max(known.reads, speed.reads))
        self._keep()

    def forget(self, name: str) -> None:
        """Forget a model that is gone: another one may get its name."""
        if self._found.pop(name, None):
            self._keep()

    def _keep(self) -> None:
        models = {name: asdict(speed) for name, speed in self._found.items()}
        self._kept.put({"speeds": {"machine": self._machine, "models": models}})


def measured(engine: Any) -> Speed:
    """Return how fast an engine is, in two seconds or three; other work on the machine counts as little as it can."""
    run(engine, 0, "Hello", 1)
    first, last, read, written = run(engine, 1, PROSE.read_text(encoding="utf-8"), FEW)
    again = run(engine, 2, "Hello", FEW if last > SHORT_SECONDS else MANY)
    writes = max((written - 1) / last, (again[3] - 1) / again[1])
    return Speed(round(writes, 1), round(read / first, 1))


def run(engine: Any, number: int, text: str, tokens: int) -> tuple[float, float, int, int]:
    """Return the seconds to the first token and from there to the last, and the tokens that were read and written."""
    from langchain_core.messages import HumanMessage

    options = {"temperature": 0, "max_tokens": tokens}
    if "min_tokens" in engine.capabilities:
        options["min_tokens"] = tokens
    began, first = monotonic(), None
    usage: dict[str, Any] = {}
    for chunk in engine.stream([HumanMessage(QUESTION.format(number=number, text=text))], **options):
        usage = chunk.usage_metadata or usage
        if chunk.text:
            first = first or monotonic()
    ended = monotonic()
    first = first or ended
    # A clock that does not tick between two tokens has seen less than a microsecond.
    return first - began + 1e-6, ended - first + 1e-6, usage["input_tokens"], usage["output_tokens"]


def machine() -> str:
    """Return what tells this machine from another: its processor, and how much of it may be used."""
    return f"{processor.described()[0]}, {processor.usable()}"
