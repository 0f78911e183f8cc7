"""The studio: settings, prompts, history, models and jobs, made once, frozen and passed down.

Knows how they are put together and taken apart; knows nothing about pages or HTTP.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assistants import ASSISTANTS
from assistants.errors import StoreError
from assistants.history import History
from assistants.jobs import JobRunner
from assistants.jobs.runner import Assistant
from assistants.models import Models
from assistants.settings import Settings
from prompts.library import Library

PROMPTS = Path(__file__).parent.parent / "prompts"


@dataclass(frozen=True)
class Studio:
    """Everything the page, the API and the assistants share."""

    settings: Settings
    prompts: Library
    history: History
    models: Models
    jobs: JobRunner
    lock: FileLock

    @classmethod
    def open(cls, settings: Settings, assistants: Iterable[Assistant] = ASSISTANTS) -> "Studio":
        """Take the home folder, open its history and pick up the jobs left in it; raises ``StoreError``."""
        lock = take_home(settings.home)
        try:
            prompts, models = Library(PROMPTS), Models(settings)
            history = History(settings.home)
            jobs = JobRunner(history, assistants, settings.workers, settings.queue_size)
            studio = cls(settings, prompts, history, models, jobs, lock)
        except BaseException:
            lock.release()
            raise
        jobs.start(studio)
        return studio

    def close(self) -> None:
        """Interrupt what runs, keep it, and give the home folder back."""
        self.jobs.close()
        self.models.close()
        self.history.close()
        self.lock.release()


def take_home(home: Path) -> FileLock:
    """Make the home folder and lock it, so that no second studio writes into it."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(home / "studio.lock")
        lock.acquire(timeout=0)
    except Timeout:
        template = "Another studio uses {home}. Close it, or set STUDIO_HOME to another folder."
        raise StoreError(template, home=home) from None
    except OSError as error:
        template = "The folder {home} cannot be used ({cause}). Set STUDIO_HOME to one that can."
        raise StoreError(template, home=home, cause=error.strerror) from error
    return lock
