"""The studio: settings, prompts, history, connections, models and jobs, made once, frozen and passed down.

Knows how they are put together and taken apart; knows nothing about pages or HTTP.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from assistants import ASSISTANTS, preferences
from assistants.closing import Deadline
from assistants.connections import Connections
from assistants.history import History, take_waiting, uploads
from assistants.history.home import take_home
from assistants.jobs import JobRunner
from assistants.jobs.assistant import Assistant
from assistants.knowledge import Knowledge
from assistants.models import Models
from assistants.prompts import Prompts
from assistants.settings import Settings
from prompts.library import Library

PROMPTS = Path(__file__).parent.parent / "prompts"

# What starts a program gives it ten seconds to end, as a rule (Docker does); the web server has taken two of them.
CLOSE_SECONDS = 6.0

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
            history = History(settings.home, settings.uploads_mb << 20)
            history.files.forget_unused(uploads.before(days=uploads.DAYS))
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

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Interrupt what runs, keep it, and give the home folder back; within so many seconds, whatever hangs.

        Jobs end by themselves within a token or a step, as a rule. Those that do not by half the time wait for a model
        or a server: these are closed, which ends them, and they have the rest.
        """
        deadline = Deadline(seconds)
        self.jobs.interrupt()
        self.jobs.wait_for_all(deadline, spare=seconds / 2)
        deadline.close(self.models.close, self.connections.close, self.knowledge.close, spare=seconds / 4)
        self.jobs.close(deadline)
        deadline.close(self.history.close)
        self.lock.release()
