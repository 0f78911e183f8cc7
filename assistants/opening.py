"""Opening: the studio is put together, in the order in which its parts need each other, on its home folder."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from assistants import ASSISTANTS, ROWS, preferences
from assistants.connections import Connections
from assistants.history import History, apply_staged
from assistants.jobs import Assistant, JobRunner
from assistants.knowledge import Knowledge
from assistants.models import Models
from assistants.prompts import Prompts
from assistants.settings import Settings
from assistants.store import uploads
from assistants.store.home import take_home
from assistants.studio import Studio
from prompts.library import Library

PROMPTS = Path(__file__).parent.parent / "prompts"

log = logging.getLogger(__name__)


def open_studio(settings: Settings, assistants: Iterable[Assistant[Studio]] = ASSISTANTS) -> Studio:
    """Take the home folder, open its history and pick up the jobs left in it; raises ``StoreError``."""
    lock = take_home(settings.home)
    try:
        library, connections = Library(PROMPTS), Connections(settings)
        if aside := apply_staged(settings.home):
            log.info("The history is that of the backup now. What was there before is in %s", aside)
        history = History(settings.home, ROWS, settings.uploads_mb << 20)
        history.forget_temporary(timedelta(0))
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
        studio = Studio(settings, prompts, history, knowledge, connections, models, jobs, lock)
    except BaseException:
        lock.release()
        raise
    jobs.start(studio)
    return studio
