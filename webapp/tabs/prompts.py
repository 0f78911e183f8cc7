"""The Prompts tab: browse the templates, edit one beside its preview, and keep every version of it, over ``/api``."""

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.prompts"


def build(studio: Studio) -> None:
    """Make the tab."""
    live("prompts")
