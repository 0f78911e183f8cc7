"""The studio: settings, prompts, history, connections, models and jobs, made once, frozen and passed down.

Knows how they are put together and taken apart; knows nothing about pages or HTTP.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from assistants import ASSISTANTS, preferences
from assistants.connections import Connections
from assistants.history import History, take_waiting
from assistants.history.home import take_home
from assistants.jobs import JobRunner
from assistants.jobs.assistant import Assistant
from assistants.knowledge import Knowledge
from assistants.models import Models
from assistants.prompts import Prompts
from assistants.settings import Settings
from prompts.library import Library

PROMPTS = Path(__file__).parent.parent / "prompts"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Studio:
    """Everything the page, the API and the assistants share."""

    settings: Settings
    prompts: Prompts
    history: History
    knowledge: Knowledge
    connections: Connections
    models: Models
    jobs: JobRunner
    lock: FileLock

    @classmethod
    def open(cls, settings: Settings, assistants: Iterable[Assistant] = ASSISTANTS) -> "Studio":
        """Take the home folder, open its history and pick up the jobs left in it; raises ``StoreError``."""
        lock = take_home(settings.home)
        try:
            library, connections = Library(PROMPTS), Connections(settings)
            if aside := take_waiting(settings.home):
                log.info("The history is that of the backup now. What was there before is in %s", aside)
            history = History(settings.home)
            prompts = Prompts(library, history)
            if days := preferences.trash_days(settings, history):
                history.trash.expire(days)
            knowledge = Knowledge(history, settings.home)
            jobs = JobRunner(history, assistants, settings.workers, settings.queue_size)
            models = Models(
                settings,
                connections,
                in_use=jobs.models_in_use,
                chosen=lambda: preferences.stored(history).text_model,
                kept=history.settings,
                told=jobs.wake,
            )
            studio = cls(settings, prompts, history, knowledge, connections, models, jobs, lock)
        except BaseException:
            lock.release()
            raise
        jobs.start(studio)
        return studio

    def close(self) -> None:
        """Interrupt what runs, keep it, and give the home folder back."""
        self.jobs.close()
        self.models.close()
        self.connections.close()
        self.knowledge.close()
        self.history.close()
        self.lock.release()
