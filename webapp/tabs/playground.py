"""The Playground tab: prompts tried, run on tables with checks, and studied; what it asks goes over ``/api``."""

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.playground"


def build(studio: Studio) -> None:
    """Make the tab."""
    live("playground")
