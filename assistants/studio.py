"""The studio: settings, prompts, history, connections, models and jobs, made once, frozen and passed down.

Knows how they are taken apart; knows nothing about pages or HTTP, nor which assistants there are.
"""

from dataclasses import dataclass

from filelock import FileLock

from assistants.closing import Deadline
from assistants.connections import Connections
from assistants.history import History
from assistants.jobs import JobRunner
from assistants.knowledge import Knowledge
from assistants.models import Models
from assistants.prompts import Prompts
from assistants.settings import Settings

# What starts a program gives it ten seconds to end, as a rule (Docker does); the web server has taken two of them.
CLOSE_SECONDS = 6.0


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
