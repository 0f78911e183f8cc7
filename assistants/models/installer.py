"""The installer: what the operator has done to models, and the cards that show what came of it.

Knows who may install, hold, call off and delete, and what is planned; knows nothing about what a name means to whom.
"""

import logging
from collections.abc import Callable
from typing import Any

from assistants import memory
from assistants.errors import ModelUnavailable, NotFound
from assistants.models import cards, installing
from assistants.models.cards import ModelCard
from assistants.models.files.catalog import Entry
from assistants.models.files.downloads import Halt
from assistants.models.improving import Improvement
from assistants.models.installing import Plan
from assistants.models.loading import Loader
from assistants.models.opened import Engines
from assistants.models.registry import LOCAL, ModelRegistry
from assistants.models.role import Role
from assistants.models.speeds import Speeds
from assistants.models.states import ModelState, States
from assistants.models.tasks import ModelTask
from assistants.models.work import Work
from assistants.principals import Principal, must_be_operator

logger = logging.getLogger(__name__)


class Installer:
    """Installs models and deletes them; ``begin`` does something to one of them in the background, by label and name.

    ``plans`` are what is being installed, or failed to be, by name: it may be in no registry yet.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        role: Role,
        speeds: Speeds,
        states: States,
        engines: Engines,
        work: Work,
        loader: Loader,
        better: Improvement,
        begin: Callable[[str, str, Callable[[ModelTask], None]], None],
    ) -> None:
        self.plans: dict[str, Plan] = {}
        self._registry = registry
        self._role = role
        self._speeds = speeds
        self._states = states
        self._engines = engines
        self._work = work
        self._loader = loader
        self._better = better
        self._begin = begin

    def listed(self, who: Principal, language: str = "en") -> list[ModelCard]:
        """Return a card for every model there is or is to come, those that suit ``language`` best marked."""
        # First what is to come: it may have come by the time the registry is read.
        plans = dict(self.plans)
        entries = self._registry.entries()
        best = cards.recommended(entries, memory.total(), language)
        entries = {name: plan.entry for name, plan in plans.items()} | entries
        sizes = self._role.sizes()
        return cards.in_order(self._card(name, entry, name in best, who, sizes) for name, entry in entries.items())

    def _card(self, name: str, entry: Entry, is_best: bool, who: Principal, sizes: dict[str, int]) -> ModelCard:
        state, is_installed = self._loader.state(LOCAL + name), self._registry.is_installed(name)
        runner, size = cards.expected_runner(entry), entry.size or (int(state.total) if state.total else None)
        if is_installed:
            size = self._registry.size(name)
            if entry.kind == "chat":
                try:
                    runner = self._loader.runner(self._registry.path(name))
                except ModelUnavailable as error:
                    runner, state = None, ModelState(LOCAL + name, "failed", failure=error)
        measured = self._speeds.get(name)
        estimated = self._speeds.estimated(size, sizes) if entry.kind == "chat" else None
        facts: dict[str, Any] = {"state": state, "runner": runner, "recommended": is_best}
        facts |= {"speed": measured or estimated, "measured": measured is not None}
        is_operator = who.is_operator
        return cards.card(
            name, entry, memory.total(), size=size, installed=is_installed, shows_paths=is_operator, **facts
        )

    def install(self, spec: str, who: Principal) -> str:
        """Begin to install a model and return its name: one of the catalog, a hub id, or a path on this machine.

        Raises ``NotAllowed``, and ``InvalidInput`` or ``ModelUnavailable`` for what shows at once.
        """
        must_be_operator(who)
        plan = self.plans.get(spec) or installing.planned(self._registry, spec)
        name = LOCAL + plan.name
        with self._states.changed:
            state = self._loader.state(name)
            if state.is_under_way or state.state in ("installed", "ready"):
                return plan.name
            if not plan.entry.linked:
                self.plans[plan.name] = plan
                self._states.set(name, ModelState(name, "downloading", "Asking the model hub"))
                self._begin(name, name, lambda doing: self._install(doing, plan))
                return plan.name
        installing.carry_out(self._registry, plan, lambda *_: None, Halt())
        self._consider(plan)
        return plan.name

    def _install(self, doing: ModelTask, plan: Plan) -> None:
        """Fetch a model without opening it."""
        with doing.failing():
            installing.carry_out(self._registry, plan, doing.report, doing.halt)
            doing.rest()
            logger.info("%s is installed", doing.name)
            self._consider(plan)

    def _consider(self, plan: Plan) -> None:
        """Look whether what was just installed is to be the studio's own model."""
        if plan.entry.tier:
            self._work.start("better", self._better.look)

    def cancel(self, name: str, who: Principal) -> None:
        """Call off what is being done to a model, or forget that it failed, with what had come of it.

        Raises ``NotAllowed``.
        """
        must_be_operator(who)
        for label, state in self._states.all().items():
            if state.name == LOCAL + name:
                self._work.cancel(label)
                if self._loader.state(state.name, label).failure:
                    self.plans.pop(name, None)
                    self._states.rest(label)
        if self._loader.state(LOCAL + name).state == "paused":
            installing.discard(self._registry, name)
        self._held(name)

    def _held(self, name: str) -> None:
        if (entry := self._registry.get(name)) and entry.tier:
            self._better.hold()

    def pause(self, name: str, who: Principal) -> None:
        """Hold a download, keeping what has come; ``install`` goes on with it. Raises ``NotAllowed``."""
        must_be_operator(who)
        for label, state in self._states.all().items():
            if state.name == LOCAL + name and state.state == "downloading":
                self._work.cancel(label, keeps=True)
        self._held(name)

    def keep_small(self, who: Principal) -> None:
        """Want no better model than the small one, and call off what is coming; raises ``NotAllowed``."""
        if coming := self._better.decline(who):
            self.cancel(coming, who)

    def delete(self, name: str, who: Principal) -> None:
        """Delete a model, or forget one that lies elsewhere.

        Raises ``NotAllowed``, ``NotFound`` or ``ModelUnavailable``.
        """
        must_be_operator(who)
        entry = self._registry.get(name)
        if entry is None and name not in self.plans:
            raise NotFound("There is no model named {name}.", name=name)
        if entry and entry.shipped:
            raise ModelUnavailable("{model} comes with the studio and cannot be deleted.", model=entry.title)
        full = LOCAL + name
        if self._engines.is_in_use(full):
            raise ModelUnavailable("{model} is writing just now. Stop that first.", model=name)
        self.cancel(name, who)
        labels = self._engines.labels(full)
        self._engines.close(labels)
        installing.delete(self._registry, name)
        self._speeds.forget(name)
        self._better.lost(name)
        self._loader.forget()
        for label in (full, *labels):
            self._states.rest(label)
