"""The models: what a name means, what state a model is in, and the open engine behind it.

    files/           where their files come from, and what is in them
    names.py         what a name means, and for whom
    registry.py      which models there are, and where they lie
    installing.py    how they come there and leave
    installer.py     what the operator has done to them
    states.py        how far each is, and who waits
    tasks.py         what is seen of a model that is being fetched or loaded
    work.py          what is done in the background
    loading.py       from a file to an open engine
    opened.py        the open engines, and room for more
    speeds.py        how fast each is on this machine
    role.py          which of them is the studio's own
    improving.py     how a better one comes to be that
    cards.py         what a person chooses by
    abilities.py     what a model's chat template says that it can
    image_models.py  what is known of the models that draw

Knows when to fetch and load and who may have what; knows nothing about where files come from or how engines run.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistants import engines, principals
from assistants.errors import InvalidInput, ModelUnavailable
from assistants.models.abilities import UNKNOWN, Abilities, TemplatesRead
from assistants.models.cards import ModelCard
from assistants.models.files.catalog import Catalog, Kind, read_catalog
from assistants.models.files.sources import CANCELLED, PAUSED
from assistants.models.image_models import ImageModels
from assistants.models.improving import Improvement
from assistants.models.installer import Installer
from assistants.models.loading import NO_NEEDS, Loader
from assistants.models.names import MINI, OF_ANOTHER_KIND, STARTER_EMBEDDER, STARTER_IMAGE, Names, unknown
from assistants.models.opened import Engines
from assistants.models.registry import DEFAULT, LOCAL, ModelRegistry
from assistants.models.role import Role
from assistants.models.speeds import Forgetful, KeptFacts, Speeds
from assistants.models.states import ModelState, States
from assistants.models.tasks import ModelTask
from assistants.models.work import Work
from assistants.principals import Principal, must_be_operator
from assistants.settings import Settings

if TYPE_CHECKING:
    from assistants.connections import Connections

__all__ = ["DEFAULT", "LOCAL", "MINI", "ModelCard", "ModelState", "Models", "must_be_operator"]

# Bytes of a model that does as it is told, mostly: about 1.5 billion weights of 4 bits.
CAPABLE = 900_000_000
STARTERS: dict[Kind, str] = {"chat": MINI, "embed": STARTER_EMBEDDER, "image": STARTER_IMAGE}

logger = logging.getLogger(__name__)


class Models:
    """Every model that can be named, each opened once for all who use it.

    ``in_use`` returns the models that jobs under way name: their engines are left alone. ``chosen`` returns the model
    that the operator wants for everybody, if there is one. ``kept`` is where speeds and what was decided outlive this,
    and ``told`` is called when no better model is on its way any more.
    """

    def __init__(
        self,
        settings: Settings,
        connections: "Connections",
        catalog: Catalog | None = None,
        in_use: Callable[[], Collection[str]] = frozenset,
        chosen: Callable[[], str | None] = lambda: None,
        kept: KeptFacts | None = None,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._connections = connections
        self._chosen = chosen
        self._registry = ModelRegistry(settings.models_folder, read_catalog() if catalog is None else catalog)
        self._names = Names(self._registry, connections)
        self.image_models = ImageModels(self._registry)
        self._states = States()
        self._engines = Engines(in_use, own=lambda: self._names.find(self.own()))
        self._work = Work()
        kept = Forgetful() if kept is None else kept
        self.speeds = Speeds(kept)
        self._loader = Loader(settings, self._registry, self._states, self._engines, self._work, self.speeds)
        self._role = Role(self._registry, self.speeds, kept, settings)
        self.better = Improvement(
            self._role, self._registry, self._states, self._begin, self._loader, self._follows_role, told
        )
        self.installer = Installer(
            self._registry,
            self._role,
            self.speeds,
            self._states,
            self._engines,
            self._work,
            self._loader,
            self.better,
            self._begin,
        )
        self._connecting = threading.Lock()
        self._templates = TemplatesRead()

    # Names

    def resolve(self, name: str | None, who: Principal = principals.LOCAL, kind: Kind | None = None) -> str:
        """Return the ``provider:model`` that ``name`` means to ``who``: for ``default`` and none the studio's own.

        Raises ``InvalidInput`` where there is none, or one of another ``kind``, and ``NotAllowed`` where it is not for
        them.
        """
        asked = self.own(kind) if name in (None, "", DEFAULT) else name
        found = self._names.find(asked, kind)
        if found is None:
            raise unknown(asked, who)
        # The studio's own stands in the database, which is not looked into for nothing.
        if not who.is_operator and found != self._names.find(self.own(kind), kind):
            self._names.check_right(found, who)
        if kind and (other := self._kind(found, kind)) != kind:
            raise InvalidInput("model", OF_ANOTHER_KIND[other, kind], model=found)
        return found

    def own(self, kind: Kind | None = None) -> str:
        """Return the name of the studio's own model: what the operator chose, while it is there, or the setting."""
        if kind in ("image", "embed"):
            return self._settings.image_model if kind == "image" else STARTER_EMBEDDER
        chosen = self._chosen()
        return chosen if chosen and self._names.find(chosen) else self.unchosen()

    def unchosen(self) -> str:
        """Return the name of the text model that is the studio's own where the operator has chosen none."""
        return self._role.name() if self._settings.text_model == DEFAULT else self._settings.text_model

    def _follows_role(self) -> bool:
        """Say whether nobody has named another model than the small one to be the studio's own."""
        return self._settings.text_model == DEFAULT and self._chosen() in (None, LOCAL + MINI)

    def _kind(self, name: str, wanted: Kind) -> Kind:
        """Return what a model is for; one that runs elsewhere may write and draw, as it is ``wanted``."""
        entry = self._registry.get(name.removeprefix(LOCAL))
        return entry.kind if entry else "image" if wanted == "image" else "chat"

    def pickable(self, who: Principal = principals.LOCAL, kind: Kind = "chat") -> list[str]:
        """Return the models that ``who`` can choose from, the studio's own first."""
        own = [self.resolve(None, kind=kind)] if kind in ("chat", "image") else []
        first = [*own, LOCAL + STARTERS[kind]] if kind in STARTERS else own
        mine = [
            LOCAL + name
            for name, entry in self._registry.entries().items()
            if entry.kind == kind and self._registry.is_installed(name)
        ]
        elsewhere = self._connections.names(who) if kind == "chat" else []
        return list(dict.fromkeys([name for name in first if self._names.find(name, kind)] + mine + elsewhere))

    def languages(self, name: str) -> tuple[str, ...]:
        """Return the languages that a model knows, none where nobody knows that."""
        entry = self._registry.get(name.removeprefix(LOCAL))
        return entry.languages if entry else ()

    def abilities(self, name: str) -> Abilities:
        """Return what is known of what a model can do, before it is open."""
        key = name.removeprefix(LOCAL)
        is_here = name.startswith(LOCAL) and self._registry.is_installed(key)
        return self._templates.abilities(self._registry.path(key)) if is_here else UNKNOWN

    def size(self, name: str) -> int | None:
        """Return how many bytes the files of a model have; None of one that has no files here."""
        key = name.removeprefix(LOCAL)
        return self._registry.size(key) if self._registry.is_installed(key) else None

    def sha256(self, name: str) -> str | None:
        """Return the sha256 of a model's file; None of one that runs elsewhere, has several, or was never loaded."""
        return self._registry.sha256(name.removeprefix(LOCAL)) if name.startswith(LOCAL) else None

    def folder(self, name: str) -> Path:
        """Return where the files of an installed model lie; raises ``ModelUnavailable``."""
        key = name.removeprefix(LOCAL)
        if not self._registry.is_installed(key):
            raise ModelUnavailable("The model {model} is not ready.", model=name)
        return self._registry.path(key)

    def is_capable(self, name: str) -> bool:
        """Say whether a model is likely to do as it is told: one that runs elsewhere, or a large one here."""
        size = self._registry.size(name.removeprefix(LOCAL)) if name.startswith(LOCAL) else None
        return not name.startswith(LOCAL) or (size or 0) >= CAPABLE

    def is_better(self, name: str) -> bool:
        """Say whether a model is a better one than the small one that comes with the studio."""
        return name != LOCAL + MINI

    def is_base(self, name: str) -> bool:
        """Say whether a model that is open has no chat template, and so only goes on with a text."""
        engine = self._engines.get(name)
        return engine is not None and engine.is_base

    # States and engines

    def state(self, name: str | None) -> ModelState:
        """Return how far a model is; one that needs no file is ready."""
        return self._loader.state(self.resolve(name))

    def prepare(self, name: str | None, needs: frozenset[str] = NO_NEEDS) -> None:
        """Begin to fetch and load a model in the background, unless that was begun; again if it failed."""
        name = self.resolve(name)
        label = self._loader.label(name, needs)
        with self._states.changed:
            state = self._loader.state(name, label)
            if state.is_under_way or state.state == "ready" or self._work.closing.is_set():
                return
            self._states.set(label, ModelState(name, "loading"))
            self._begin(label, name, lambda doing: self._load(doing, needs))

    def begin(self) -> None:
        """Get the studio's own model ready, and a better one beside it, where there is one and that may be."""
        self.prepare(None)
        self._work.start("better", self.better.look)

    def waiting(self, name: str | None, needs: frozenset[str] = NO_NEEDS) -> Iterator[ModelState]:
        """Prepare a model and yield its state at each change, and at least twice a second, until it is ready.

        ``needs`` are the capabilities without which it is of no use. Raises ``ModelUnavailable``.
        """
        name = self.resolve(name)
        if needs and name.startswith(LOCAL) and not self._registry.is_installed(name.removeprefix(LOCAL)):
            # Which engine can do it shows in the file.
            yield from self.waiting(name)
        label = self._loader.label(name, needs)
        self.prepare(name, needs)
        shown = None
        while (state := self._states.next(lambda: self._loader.state(name, label), shown)).state != "ready":
            if self._work.closing.is_set():
                raise ModelUnavailable("The studio is shutting down.")
            if state.failure:
                raise ModelUnavailable(state.failure.template, **state.failure.values)
            if state.state == "installed":
                # Somebody else had it installed, or had its engine closed meanwhile.
                self.prepare(name, needs)
            elif not state.is_under_way:
                raise ModelUnavailable(PAUSED if state.state == "paused" else CANCELLED, model=name)
            else:
                shown = state
                yield state

    def engine(self, name: str | None, needs: frozenset[str] = NO_NEEDS) -> Any:
        """Return the open engine of a model that is ready, one that can do ``needs``; raises ``ModelUnavailable``."""
        name = self.resolve(name)
        if not name.startswith(LOCAL) and (connection := self._connections.find(name)):
            # It opens its engines itself, and again when it leads elsewhere.
            return self._connections.open(connection, name.partition(":")[2])
        label = self._loader.label(name, needs)
        if engine := self._engines.get(label):
            return engine
        if name.startswith(LOCAL):
            raise ModelUnavailable("The model {model} is not ready.", model=name)
        with self._connecting:
            if self._engines.get(label) is None:
                self._engines.keep(label, name, self._open_elsewhere(name))
            return self._engines.get(label)

    def painter(self, name: str | None) -> Any:
        """Return the open engine of an image model that is ready; raises ``ModelUnavailable``."""
        name = self.resolve(name, kind="image")
        if name.startswith(LOCAL):
            return self.engine(name)
        if connection := self._connections.find(name):
            return self._connections.open(connection, name.partition(":")[2], "image")
        return engines.open_image(name)

    def facts(self, name: str) -> Any:
        """Return what an image model that is open says of itself; None of one that is not open."""
        if name.startswith(LOCAL):
            engine = self._engines.get(name)
            return engine and engine.facts
        return self.painter(name).facts

    @staticmethod
    def _open_elsewhere(name: str) -> Any:
        """Open a model that needs no file; raises ``ModelUnavailable``."""
        try:
            return engines.open_chat(name)
        except (ImportError, ValueError) as error:
            raise ModelUnavailable("The model {model} does not load: {cause}.", model=name, cause=error) from error

    def close(self) -> None:
        """Call off what is being fetched and close every engine."""
        self._work.close()
        with self._states.changed:
            self._states.changed.notify_all()
        self._engines.close_all()

    # In the background

    def _load(self, doing: ModelTask, needs: frozenset[str]) -> None:
        """Fetch a model if need be and open an engine on it."""
        with doing.failing():
            self._loader.load(doing, needs)

    def _begin(self, label: str, name: str, do: Callable[[ModelTask], None]) -> None:
        """Do something to a model in the background."""
        forget = partial(self.installer.plans.pop, name.removeprefix(LOCAL), None)
        self._work.start(label, lambda halt: do(ModelTask(self._states, label, name, halt, forget)))
