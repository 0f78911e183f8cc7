"""The models: what a name means, what state a model is in, and the open engine behind it.

Knows when to fetch and load and who waits for it; knows nothing about where files come from or how engines run.
"""

import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from assistants.engines import CHAT, open_chat
from assistants.engines.catalog import Catalog, read_catalog
from assistants.engines.sources import CHECKING, MEGABYTE, Report, fetch
from assistants.errors import InvalidInput, ModelUnavailable
from assistants.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LOCAL = "local:"
WAIT_SECONDS = 0.5
LOG_SECONDS = 5
CLOSE_SECONDS = 5
UNDER_WAY = ("downloading", "loading", "ready")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelState:
    """How far a model is; ``done`` and ``total`` are bytes while it downloads."""

    name: str
    state: Literal["absent", "downloading", "loading", "ready", "failed"]
    note: str = ""
    done: float = 0
    total: float | None = None
    failure: ModelUnavailable | None = None

    @property
    def error(self) -> str | None:
        """Why it failed, in English."""
        return str(self.failure) if self.failure else None


class Models:
    """Every model that can be named, each opened once for all who use it."""

    def __init__(self, settings: Settings, catalog: Catalog | None = None) -> None:
        self._settings = settings
        self._catalog = read_catalog() if catalog is None else catalog
        self._states: dict[str, ModelState] = {}
        self._engines: dict[str, BaseChatModel] = {}
        self._changed = threading.Condition()
        self._loaders: list[threading.Thread] = []
        self._closing = threading.Event()

    def resolve(self, name: str | None) -> str:
        """Return the ``provider:model`` that ``name`` means, or the studio's own; raises ``InvalidInput``."""
        name = name or self._settings.text_model
        if name in self._catalog:
            return LOCAL + name
        provider, _, model = name.partition(":")
        if provider == "local":
            known = model in self._catalog
        elif provider in CHAT:
            open_chat(name)
            known = True
        else:
            known = bool(model) and is_installed_provider(provider)
        if not known:
            raise InvalidInput("model", "There is no model named {name}.", name=name)
        return name

    def pickable(self) -> list[str]:
        """Return the models to choose from, the studio's own first."""
        return list(dict.fromkeys([self.resolve(None), *(LOCAL + name for name in self._catalog)]))

    def state(self, name: str | None) -> ModelState:
        """Return how far a model is; one that needs no file is ready."""
        name = self.resolve(name)
        with self._changed:
            return self._states.get(name) or ModelState(name, "absent" if name.startswith(LOCAL) else "ready")

    def prepare(self, name: str | None) -> None:
        """Begin to fetch and load a model in the background, unless that was begun; again if it failed."""
        name = self.resolve(name)
        with self._changed:
            if self.state(name).state in UNDER_WAY or self._closing.is_set():
                return
            self._set(ModelState(name, "loading"))
            loader = threading.Thread(target=self._load, args=[name], name=f"load {name}", daemon=True)
            self._loaders.append(loader)
            loader.start()

    def waiting(self, name: str | None) -> Iterator[ModelState]:
        """Prepare a model and yield its state at each change, and at least twice a second, until it is ready.

        Raises ``ModelUnavailable``.
        """
        name = self.resolve(name)
        self.prepare(name)
        shown = None
        while (state := self._next_state(name, shown)).state != "ready":
            if self._closing.is_set():
                raise ModelUnavailable("The studio is shutting down.")
            if state.failure:
                raise ModelUnavailable(state.failure.template, **state.failure.values)
            shown = state
            yield state

    def engine(self, name: str | None) -> "BaseChatModel":
        """Return the open engine of a model that is ready; raises ``ModelUnavailable``."""
        name = self.resolve(name)
        with self._changed:
            if name not in self._engines:
                if name.startswith(LOCAL):
                    raise ModelUnavailable("The model {model} is not ready.", model=name)
                self._engines[name] = open_remote(name)
            return self._engines[name]

    def close(self) -> None:
        """Cancel what is being fetched and close every engine."""
        self._closing.set()
        for loader in self._loaders:
            loader.join(CLOSE_SECONDS)
        with self._changed:
            engines = [self._engines.pop(name) for name in list(self._engines)]
        for engine in engines:
            close_engine(engine)

    def _next_state(self, name: str, shown: ModelState | None) -> ModelState:
        with self._changed:
            if self.state(name) == shown:
                self._changed.wait(WAIT_SECONDS)
            return self.state(name)

    def _set(self, state: ModelState) -> None:
        with self._changed:
            self._states[state.name] = state
            self._changed.notify_all()

    def _load(self, name: str) -> None:
        key = name.removeprefix(LOCAL)
        try:
            folder = self._settings.models_folder / key
            file = fetch(self._catalog[key], folder, self._reporter(name), self._closing)
            self._set(ModelState(name, "loading", "Loading the model"))
            self._keep(name, open_chat(name, file))
        except ModelUnavailable as error:
            self._fail(name, error)
        except Exception as error:
            logger.exception("%s does not load", name)
            self._fail(name, ModelUnavailable("The model {model} does not load: {cause}.", model=name, cause=error))

    def _keep(self, name: str, engine: "BaseChatModel") -> None:
        with self._changed:
            if not self._closing.is_set():
                self._engines[name] = engine
                self._set(ModelState(name, "ready"))
                logger.info("%s is ready", name)
                return
        close_engine(engine)

    def _fail(self, name: str, failure: ModelUnavailable) -> None:
        logger.warning("%s", failure)
        self._set(ModelState(name, "failed", failure=failure))

    def _reporter(self, name: str) -> Report:
        """Return what tells a fetch's progress to those who wait, and now and then to the log."""
        logged = -LOG_SECONDS

        def report(note: str, done: int, total: int | None) -> None:
            nonlocal logged
            self._set(ModelState(name, "loading" if note == CHECKING else "downloading", note, done, total))
            if time.monotonic() - logged >= LOG_SECONDS:
                logged = time.monotonic()
                logger.info("%s: %s (%d of %d MB)", name, note, done // MEGABYTE, (total or 0) // MEGABYTE)

        return report


def is_installed_provider(provider: str) -> bool:
    """Say whether LangChain's package for a provider is installed."""
    return bool(re.fullmatch(r"[a-z0-9_]+", provider)) and find_spec(f"langchain_{provider}") is not None


def open_remote(name: str) -> "BaseChatModel":
    """Open a model that needs no file; raises ``ModelUnavailable``."""
    try:
        return open_chat(name)
    except (ImportError, ValueError) as error:
        raise ModelUnavailable("The model {model} does not load: {cause}.", model=name, cause=error) from error


def close_engine(engine: "BaseChatModel") -> None:
    """Close an engine, if it is one of ours."""
    if hasattr(engine, "close"):
        engine.close()
