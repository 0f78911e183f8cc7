"""An undertaking: a model that is fetched or loaded in the background, and what is seen of it meanwhile.

Knows how progress, an end and a failure become a state and a line in the log; knows nothing about what is done.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from assistants.errors import ModelUnavailable, StudioError
from assistants.models.files.conversion import CONVERTING
from assistants.models.files.downloads import Halt
from assistants.models.files.readiness import MEASURING
from assistants.models.files.sources import CHECKING, MEGABYTE
from assistants.models.states import ModelState, State, States

LOG_SECONDS = 5

logger = logging.getLogger(__name__)


@dataclass
class ModelTask:
    """What is being done to the model ``name`` for its engine ``label``; ``halt`` calls it off.

    ``forget`` drops what was planned, before anybody can see that nothing is under way any more.
    """

    states: States
    label: str
    name: str
    halt: Halt
    forget: Callable[[], Any]
    _logged: float = field(default=-LOG_SECONDS, init=False)

    def begin_loading(self) -> None:
        """Say that the files are there."""
        self.states.set(self.label, ModelState(self.name, "loading", "Loading the model"))

    def begin_measuring(self) -> None:
        """Say that the engine is open, and is looked at before anybody uses it."""
        self.states.set(self.label, ModelState(self.name, "loading", MEASURING))

    def report(self, note: str, done: int, total: int | None) -> None:
        """Tell a fetch's progress to those who wait, and now and then to the log."""
        state: State = "loading" if note in (CHECKING, CONVERTING, MEASURING) else "downloading"
        self.states.set(self.label, ModelState(self.name, state, note, done, total))
        if time.monotonic() - self._logged >= LOG_SECONDS:
            self._logged = time.monotonic()
            logger.info("%s: %s (%d of %d MB)", self.name, note, done // MEGABYTE, (total or 0) // MEGABYTE)

    def rest(self) -> None:
        """Say that nothing is done any more: the model is as it lies on the disk."""
        self.forget()
        self.states.rest(self.label)

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Keep what goes wrong inside as the state of the model; what was called off is as if it had not begun."""
        try:
            yield
        except StudioError as error:
            if self.halt.is_set():
                self.rest()
            else:
                self._fail(error)
        except Exception as error:
            logger.exception("%s does not load", self.name)
            template = "The model {model} does not load: {cause}."
            self._fail(ModelUnavailable(template, model=self.name, cause=error))

    def _fail(self, failure: StudioError) -> None:
        logger.warning("%s", failure)
        self.states.set(self.label, ModelState(self.name, "failed", failure=failure))
