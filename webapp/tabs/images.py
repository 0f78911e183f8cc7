"""The Images tab: a live component draws the form, the queue and the gallery; what it asks goes over ``/api``."""

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.images"


def build(studio: Studio) -> None:
    """Make the tab."""
    live("images")
