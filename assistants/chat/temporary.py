"""Conversations of which nothing is kept: what was said in one is deleted for good when it is left.

One that nobody left, for the browser or the machine went off, goes at the next start, or when the next one begins an
hour later. Knows nothing about how one is shown.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from assistants.errors import NotFound

if TYPE_CHECKING:
    from assistants.studio import Studio

# One that nobody left goes when another begins, and nothing was said in it for so long.
IDLE = timedelta(hours=1)
# So long it may take until a reply that is being written has stopped.
SECONDS = 5.0


def leave(studio: "Studio", conversation_id: str, owner: str) -> None:
    """Stop what is being written in a temporary conversation and delete all of it; raises ``NotFound``."""
    if not studio.history.conversations.get(conversation_id, owner).temporary:
        raise NotFound("There is no such conversation.")
    for job in studio.history.conversations.open_jobs(conversation_id):
        studio.jobs.stop(job, owner)
        studio.jobs.wait(job, owner, SECONDS)
    studio.history.forget(conversation_id)
