"""The studio's own text model is a role: which model fills it is chosen once, by memory and measured speed.

The small model, ``mini``, answers until a better one is there, and where none fits. Of two models of the same tier the
general one goes first, which only the hub has; the package index has the other. Knows what suits this machine and what
may be fetched unasked; fetches and opens nothing itself.
"""

import shutil
import threading
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from assistants import memory
from assistants.errors import StudioError
from assistants.models.cards import fits
from assistants.models.files.catalog import Entry
from assistants.models.names import MINI
from assistants.models.registry import ModelRegistry
from assistants.models.speeds import KeptFacts, Speed, Speeds
from assistants.settings import Settings

GIGABYTE = 2**30
# What the rest of the studio takes while the model is open: the page, an embedder, a picture model.
REST = 1_200_000_000
# A model that writes slower than people read, or lets them wait for its first word, is none to talk with.
LEAST_WRITES = 6.0
LONG_PROMPT, LONGEST_SECONDS = 1500, 20.0
# An estimate may be wrong by so much before the model is not even tried.
TOLERANCE = 0.7
# Models of about the same size are of about the same speed.
ALIKE = 0.9
# So many times what is fetched must be free, where nobody is asked.
SPARE_DISK = 3

Fetch = Literal["auto", "ask", "off"]


@dataclass(frozen=True)
class Chosen:
    """What was decided: the ``model`` that fills the role, and what a person or this machine does not want.

    ``small``: a person keeps the small one; ``held``: a person has paused or called off what was coming; ``too_large``:
    from so many bytes on models are too slow; ``ruled_out``: why models were of no use, by name; ``left``: why another
    one answers than before, until a person has read it.
    """

    model: str | None = None
    small: bool = False
    held: bool = False
    ruled_out: dict[str, Any] = field(default_factory=dict)
    too_large: int | None = None
    left: dict[str, Any] | None = None


class Role:
    """Who fills it, who could, and what is remembered of that."""

    def __init__(self, registry: ModelRegistry, speeds: Speeds, kept: KeptFacts, settings: Settings) -> None:
        self._registry = registry
        self._speeds = speeds
        self._kept = kept
        self._settings = settings
        self._lock = threading.Lock()
        # What did not load: another start, perhaps of another version, may try again.
        self._unfit: set[str] = set()
        self.chosen = self._read()

    def _read(self) -> Chosen:
        stored = self._kept.all().get("role")
        try:
            return Chosen(**stored) if isinstance(stored, dict) else Chosen()
        except TypeError:
            # What a newer studio has written.
            return Chosen()

    def change(self, **changes: Any) -> None:
        """Decide something anew, and remember it."""
        with self._lock:
            self.chosen = replace(self.chosen, **changes)
            self._kept.put({"role": asdict(self.chosen)})

    def name(self) -> str:
        """Return the name of the model that answers for the studio."""
        filled = self.chosen.model
        return filled if filled and self._registry.is_installed(filled) else MINI

    def candidates(self) -> list[str]:
        """Return the models of the best tier that fits this machine and is better than what is there, best first."""
        now = self._registry.get(self.name())
        least = (now.tier if now else None) or 0
        tiers: dict[int, list[str]] = {}
        for name, entry in self._registry.catalog.items():
            if entry.tier and entry.tier > least and self.suits(name):
                tiers.setdefault(entry.tier, []).append(name)
        return sorted(tiers[max(tiers)], key=self._place) if tiers else []

    def _place(self, name: str) -> tuple[bool, bool, bool]:
        """Return what orders the models of a tier: what is there, what was begun, then the general one."""
        folder_has = self._registry.has_begun(name)
        return not self._registry.is_installed(name), not folder_has, self._registry.catalog[name].package is not None

    def suits(self, name: str) -> bool:
        """Say whether a model has room on this machine and is likely to be fast enough, as far as anybody knows."""
        size, limit = self._registry.size(name) or 0, self.chosen.too_large
        if name in self._unfit or not self.has_room(name) or (limit and size >= limit):
            return False
        measured = self._speeds.get(name)
        speed = measured or self._speeds.estimated(size, self.sizes())
        return speed is None or is_fast(speed, 1 if measured else TOLERANCE)

    def sizes(self) -> dict[str, int]:
        """Return how many bytes each model has, as far as that is known."""
        return {name: size for name in self._registry.entries() if (size := self._registry.size(name))}

    def has_room(self, name: str) -> bool:
        """Say whether a model fits the memory of the machine or container, beside the rest of the studio."""
        need = self._registry.entry(name).need(self._registry.size(name))
        return fits(need and need + REST, memory.total())

    def check(self) -> None:
        """Take the role from a model that is gone, or fits no more; why, is kept to be said."""
        filled = self.chosen.model
        if filled and not self._registry.is_installed(filled):
            self.change(model=None)
        elif filled and not self.has_room(filled):
            entry = self._registry.entry(filled)
            template = "{model} needs about {needed} GB of memory beside the rest, and this machine has {total} GB."
            need = entry.need(self._registry.size(filled)) or 0
            sizes = {"needed": f"{need / GIGABYTE:.1f}", "total": f"{memory.total() / GIGABYTE:.1f}"}
            self.change(model=None, left=StudioError(template, model=entry.title, **sizes).as_dict())

    def is_slow(self, name: str) -> bool:
        """Say whether a model was measured and is too slow to talk with."""
        speed = self._speeds.get(name)
        return speed is not None and not is_fast(speed)

    def try_out(self, name: str) -> bool:
        """Give the role to a model that was measured, unless it is too slow; say whether it has it."""
        speed, entry = self._speeds.get(name), self._registry.entry(name)
        if speed and self.is_slow(name):
            template = "{model} writes {writes} tokens a second here and needs {seconds} s to read {tokens}: too slow."
            seconds = round(LONG_PROMPT / speed.reads)
            facts = {"writes": speed.writes, "seconds": seconds, "tokens": LONG_PROMPT}
            self.rule_out(name, StudioError(template, model=entry.title, **facts))
            self.change(too_large=round(ALIKE * (self._registry.size(name) or 0)))
            return False
        best = max(other.tier or 0 for other in self._registry.catalog.values())
        is_best = entry.tier == best
        self.change(model=name, held=False, left=None if is_best else self.chosen.left)
        return True

    def rule_out(self, name: str, why: StudioError) -> None:
        """Note that a model is of no use here, and take the role from it; the same reason is said once."""
        chosen = self.chosen
        self._unfit.add(name)
        self.change(
            model=None if chosen.model == name else chosen.model,
            ruled_out=chosen.ruled_out | {name: why.as_dict()},
            left=chosen.left if chosen.ruled_out.get(name) == why.as_dict() else why.as_dict(),
        )

    def reconsider(self) -> None:
        """Take all models for possible again, as a person wants."""
        for name in self.chosen.ruled_out:
            self._speeds.forget(name)
        self._unfit.clear()
        self.change(small=False, held=False, ruled_out={}, too_large=None)

    def fetch(self, entry: Entry) -> Fetch:
        """Return whether a better model is fetched unasked, on demand, or not at all."""
        settings = self._settings
        if settings.fetch != "auto":
            return settings.fetch
        is_set = "fetch" in settings.model_fields_set
        if not is_set and (settings.is_ephemeral or self._kept.all().get("was_used")):
            return "ask"
        place = next(path for path in (self._registry.folder, *self._registry.folder.parents) if path.exists())
        return "auto" if shutil.disk_usage(place).free >= SPARE_DISK * (entry.size or 0) else "ask"


def is_fast(speed: Speed, share: float = 1.0) -> bool:
    """Say whether a speed is enough to talk with, or a ``share`` of that."""
    return speed.writes >= share * LEAST_WRITES and speed.reads >= share * LONG_PROMPT / LONGEST_SECONDS
