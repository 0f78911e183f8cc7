"""The History tab: everything that was generated, found as one types; what has no tab of its own opens here.

Two items are compared here, deleted ones brought back, and what was made is counted. What it shows and does goes over
``/api/history`` and ``/api/trash``.
"""

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.history"


def build(studio: Studio) -> None:
    """Make the tab."""
    live("history")
