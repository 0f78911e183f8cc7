"""Improving: a better model comes beside the small one that answers, is tried, and takes over.

Knows in which order candidates are fetched, and what a person may do about that; what suits, ``role`` knows. Knows
nothing about how a page shows it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from assistants.errors import ModelUnavailable, StudioError
from assistants.models import installing
from assistants.models.cards import parts_of
from assistants.models.files import hub
from assistants.models.files.downloads import Halt
from assistants.models.loading import Loader
from assistants.models.opened import NoMemory
from assistants.models.registry import LOCAL, ModelRegistry
from assistants.models.role import Role
from assistants.models.states import WAIT_SECONDS, ModelState, States
from assistants.models.tasks import ModelTask
from assistants.principals import Principal, must_be_operator

# A machine may be busy when a model is measured, with the studio's own start for one: how long to wait before another
# try, in seconds.
BUSY_SECONDS = (15, 30, 60)

Phase = Literal["offered", "coming", "paused", "failed", "declined"]
Begin = Callable[[str, str, Callable[[ModelTask], None]], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Better:
    """A model that is better than the one that answers, and how far it is.

    ``hub`` is where it comes from in the first place, ``parts`` in how many parts the package index has it or a
    relative of it. ``size`` in bytes.
    """

    name: str
    title: str
    languages: tuple[str, ...]
    size: int | None
    phase: Phase
    state: ModelState
    hub: str
    parts: int | None


class Improvement:
    """What is done about a better model.

    ``follows`` says whether the studio's own is the one that is chosen for the role; ``told`` is called when none is on
    its way any more.
    """

    def __init__(
        self,
        role: Role,
        registry: ModelRegistry,
        states: States,
        begin: Begin,
        loader: Loader,
        follows: Callable[[], bool],
        told: Callable[[], None],
    ) -> None:
        self._role = role
        self._registry = registry
        self._states = states
        self._begin = begin
        self._loader = loader
        self._follows = follows
        self._told = told
        # The candidate that is on its way, or was when it failed; how many are being fetched or tried.
        self._coming: str | None = None
        self._under_way = 0
        self._has_looked = threading.Event()

    # At the start

    def look(self, halt: Halt) -> None:
        """Begin to fetch a better model, where there is one and nobody has to be asked, once the small one is there."""
        try:
            self._look(halt)
        finally:
            self._has_looked.set()
            self._told()

    def _look(self, halt: Halt) -> None:
        self._role.check()
        if not self._follows() or self._role.chosen.model:
            return
        own = LOCAL + self._role.name()
        while not halt.is_set() and (state := self._states.get(own)) is not None and state.is_under_way:
            with self._states.changed:
                self._states.changed.wait(WAIT_SECONDS)
        chosen, names = self._role.chosen, self._role.candidates()
        if halt.is_set() or not names or chosen.small or chosen.held:
            return
        if self._is_unasked(names[0]):
            self._go(names)

    def _is_unasked(self, name: str) -> bool:
        return self._role.fetch(self._registry.entry(name)) == "auto"

    # What is seen

    def seen(self, *, declined: bool = False) -> Better | None:
        """Return the better model and how far it is; None where there is none.

        One that a person does not want is seen only where ``declined`` ones are asked for.
        """
        chosen = self._role.chosen
        if not self._follows() or chosen.model or (chosen.small and not declined):
            return None
        names = self._role.candidates()
        name = self._coming if self._coming in names else names[0] if names else None
        if name is None or self._role.fetch(self._registry.entry(name)) == "off":
            return None
        entry, state = self._registry.entry(name), self._loader.state(LOCAL + name)
        if not (self._has_looked.is_set() or state.is_under_way or chosen.held) and self._is_unasked(name):
            state = ModelState(LOCAL + name, "downloading", "Waiting for the small model")
        parts = next((count for other in names if (count := parts_of(self._registry.entry(other)))), None)
        return Better(
            name=name,
            title=entry.title,
            languages=entry.languages,
            size=self._registry.size(name),
            phase="declined" if chosen.small else self._phase(name, state),
            state=state,
            hub=f"{hub.host()}/{entry.hub.repo}" if entry.hub else "",
            parts=parts,
        )

    def _phase(self, name: str, state: ModelState) -> Phase:
        if state.is_under_way or (self._under_way and name == self._coming):
            return "coming"
        if state.failure:
            return "failed"
        return "paused" if state.state == "paused" else "offered"

    @property
    def is_awaited(self) -> bool:
        """Whether a better model is on its way, or may yet begin to be: who wants to wait for it, waits."""
        return self._under_way > 0 or not self._has_looked.is_set()

    def waiting(self) -> Iterator[ModelState]:
        """Yield how far the better model is, at each change and twice a second, until it is there or comes no more."""
        while self.is_awaited:
            better = self.seen()
            yield better.state if better else ModelState("", "loading")
            with self._states.changed:
                self._states.changed.wait(WAIT_SECONDS)

    @property
    def left(self) -> StudioError | None:
        """Why another model answers than before, if that is to be said."""
        told = self._role.chosen.left
        return StudioError(told["template"], **told["values"]) if told else None

    # What a person does

    def begin(self, who: Principal) -> None:
        """Fetch the better model, or go on with that; raises ``NotAllowed``."""
        must_be_operator(who)
        self._role.reconsider()
        if not self._under_way and (names := self._role.candidates()):
            self._go(names)

    def hold(self) -> None:
        """Note that what is coming was paused or called off: the next start does not go on by itself."""
        self._role.change(held=True)

    def lost(self, name: str) -> None:
        """Note that a person has deleted a model: it is not fetched again unasked."""
        if self._role.chosen.model == name:
            self._role.change(model=None, held=True)

    def decline(self, who: Principal) -> str | None:
        """Keep the small model; returns the name of what is coming, which is to be called off.

        Raises ``NotAllowed``.
        """
        must_be_operator(who)
        self._role.change(small=True, model=None, left=None)
        return self._coming

    def understood(self, who: Principal) -> None:
        """Say no more why another model answers than before; raises ``NotAllowed``."""
        must_be_operator(who)
        self._role.change(left=None)

    # In the background

    def _go(self, names: list[str]) -> None:
        name = LOCAL + names[0]
        with self._states.changed:
            state = self._states.get(name)
            if state and state.is_under_way:
                return
            self._coming = names[0]
            self._states.set(name, ModelState(name, "downloading", "Asking the model hub"))
            self._under_way += 1
        self._begin(name, name, lambda doing: self._tried(doing, names))

    def _tried(self, doing: ModelTask, names: list[str]) -> None:
        try:
            self._try(doing, names)
        finally:
            with self._states.changed:
                self._under_way -= 1
            self._told()

    def _try(self, doing: ModelTask, names: list[str]) -> None:
        """Fetch and try a candidate; where it does not come or is of no use, go on with others."""
        further: list[str] = []
        with doing.failing():
            further = self._attempt(doing, names)
        if further:
            self._go(further)

    def _attempt(self, doing: ModelTask, names: list[str]) -> list[str]:
        """Return what to go on with, which is nothing when a model has taken over; raises ``StudioError``."""
        name, others = names[0], names[1:]
        try:
            self._loader.fetch(doing)
        except ModelUnavailable as failure:
            if doing.halt.is_set() or not others:
                raise
            logger.info("%s", failure)
            doing.rest()
            return others
        for other in others:
            installing.discard(self._registry, other)
        try:
            self._loader.load(doing)
        except NoMemory:
            # Other programs may be closed.
            raise
        except ModelUnavailable as failure:
            if doing.halt.is_set():
                raise
            self._role.rule_out(name, failure)
            doing.rest()
            return self._role.candidates()
        return [] if doing.halt.is_set() or self._takes_over(doing, name) else self._role.candidates()

    def _takes_over(self, doing: ModelTask, name: str) -> bool:
        """Give the role to a model that is open, unless it is too slow; say whether it has it."""
        for pause in BUSY_SECONDS:
            if not self._role.is_slow(name) or doing.halt.wait(pause):
                break
            self._loader.measure(name)
        has_it = self._role.try_out(name)
        if has_it:
            logger.info("%s is the studio's own model now", name)
        else:
            self._loader.close(doing.name)
        return has_it
