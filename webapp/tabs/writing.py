"""The Write tab: drafts, and what a new one begins with; what writes in them is a job.

What it shows and does goes over ``/api/writing`` and ``/api/drafts``.
"""

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.writing"


def build(studio: Studio) -> None:
    """Make the tab."""
    live("writing")
