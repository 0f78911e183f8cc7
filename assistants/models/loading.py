"""Loading: from a model on the registry, or one that can be fetched, to an open engine whose speed is known.

Knows which engine opens what, and whether there is room for it; knows nothing about who waits meanwhile.
"""

import logging
import threading
from pathlib import Path
from typing import Any

from assistants import engines
from assistants.errors import ModelUnavailable
from assistants.models import cards, files, installing
from assistants.models.files.catalog import Entry
from assistants.models.files.downloads import bytes_in
from assistants.models.files.sources import begun
from assistants.models.installing import Plan
from assistants.models.opened import Engines
from assistants.models.registry import LOCAL, ModelRegistry
from assistants.models.speeds import Speeds
from assistants.models.states import ModelState, States
from assistants.models.tasks import ModelTask
from assistants.models.work import Work
from assistants.settings import Settings

NO_NEEDS: frozenset[str] = frozenset()
FETCHES_NOTHING = (
    "{model} isn't here, and with STUDIO_FETCH=off the studio fetches nothing by itself."
    " Install it or another one under Settings > Models."
)

logger = logging.getLogger(__name__)


class Loader:
    """Opens engines, one after the other."""

    def __init__(
        self, settings: Settings, registry: ModelRegistry, states: States, opened: Engines, work: Work, speeds: Speeds
    ) -> None:
        self._fetches = settings.fetch != "off"
        self._registry = registry
        self._states = states
        self._engines = opened
        self._work = work
        self._speeds = speeds
        self._runners: dict[tuple[Path, frozenset[str]], str] = {}
        self._opening = threading.Lock()

    def state(self, name: str, label: str | None = None) -> ModelState:
        """Return how far a model is, or that engine of it which has the label."""
        if state := self._states.get(label or name):
            return state
        key = name.removeprefix(LOCAL)
        if not name.startswith(LOCAL):
            return ModelState(name, "ready")
        if self._registry.is_installed(key):
            return ModelState(name, "installed")
        entry = self._registry.get(key)
        done = begun(self._registry.place(key)) if entry else None
        if entry is None or done is None:
            return ModelState(name, "absent")
        return ModelState(name, "paused", "Download paused", min(done, entry.size or done), entry.size)

    def label(self, name: str, needs: frozenset[str]) -> str:
        """Return the label of the engine that serves: a model's first one, or another one beside it."""
        key = name.removeprefix(LOCAL)
        if not (needs and name.startswith(LOCAL) and self._registry.is_installed(key)):
            return name
        path = self._registry.path(key)
        runner = self.runner(path, needs)
        return name if runner == self.runner(path) else f"{name} ({runner})"

    def runner(self, path: Path, needs: frozenset[str] = NO_NEEDS) -> str:
        """Return the engine that runs a file; raises ``ModelUnavailable``."""
        # Telling takes a look into the file.
        if (path, needs) not in self._runners:
            self._runners[path, needs] = files.runner(path, needs)
        return self._runners[path, needs]

    def forget(self) -> None:
        """Look into files anew, for some are gone."""
        self._runners.clear()

    def load(self, doing: ModelTask, needs: frozenset[str] = NO_NEEDS) -> None:
        """Fetch a model if need be and open an engine on it; raises ``StudioError``."""
        key = doing.name.removeprefix(LOCAL)
        entry = self._registry.entry(key)
        for name in (key, *entry.needs):
            if not (self._fetches or self._registry.is_installed(name)):
                raise ModelUnavailable(FETCHES_NOTHING, model=self._registry.entry(name).title)
        path = self.fetch(doing)
        self._registry.note_sha256(key)
        ready = path
        if entry.kind == "chat":
            ready = files.make_ready(path, self._registry.place(key), doing.report, doing.halt, needs)
        with self._opening:
            doing.begin_loading()
            for closed in self._engines.make_room(entry.title, self._need(key, path, ready)):
                self._states.rest(closed)
            engine = self._opened(entry, doing.name, ready)
            if entry.kind == "chat" and doing.label == doing.name and self._speeds.get(key) is None:
                doing.begin_measuring()
                self._speeds.measure(key, engine)
            self._keep(doing, engine)

    def fetch(self, doing: ModelTask) -> Path:
        """Fetch a model, and those that it needs, unless they are there; return what an engine opens."""
        key = doing.name.removeprefix(LOCAL)
        plan = Plan(key, self._registry.entry(key))
        path = installing.carry_out(self._registry, plan, doing.report, doing.halt)
        for other in plan.entry.needs:
            installing.carry_out(self._registry, Plan(other, self._registry.entry(other)), doing.report, doing.halt)
        return path

    def measure(self, key: str) -> None:
        """Measure a model that is open."""
        if engine := self._engines.get(LOCAL + key):
            self._speeds.measure(key, engine)

    def close(self, name: str) -> None:
        """Close the engines of a model."""
        labels = self._engines.labels(name)
        self._engines.close(labels)
        for label in (name, *labels):
            self._states.rest(label)

    def _need(self, key: str, path: Path, ready: Path) -> int | None:
        """Return how many bytes of memory a model takes, or what was made ready of it."""
        if ready == path:
            return self._registry.entry(key).need(self._registry.size(key))
        return cards.need_ready(bytes_in(ready), files.runner(ready))

    def _opened(self, entry: Entry, name: str, path: Path) -> Any:
        if entry.kind == "embed":
            return engines.open_embedder(name, path)
        if entry.kind == "classify":
            return engines.open_classifier(name, path)
        if entry.kind == "rerank":
            return engines.open_reranker(name, path)
        if entry.kind == "image":
            files.check_image_model(path)
            encoder = next((self._registry.path(other) for other in entry.needs), None)
            return engines.open_image(name, path, encoder)
        return engines.open_chat(name, path)

    def _keep(self, doing: ModelTask, engine: Any) -> None:
        with self._states.changed:
            if not (self._work.closing.is_set() or doing.halt.is_set()):
                self._engines.keep(doing.label, doing.name, engine)
                self._states.set(doing.label, ModelState(doing.name, "ready"))
                logger.info("%s is ready", doing.label)
                return
        engine.close()
        doing.rest()
