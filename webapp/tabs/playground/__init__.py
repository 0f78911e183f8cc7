"""The Playground tab: prompts are tried, compared on many rows and studied, in one live component."""

from assistants.studio import Studio
from webapp.kit import answers
from webapp.live import live
from webapp.tabs.playground.actions import Asked, act

TITLE = "tab.playground"


def build(studio: Studio) -> None:
    """Make the tab."""
    tab = live("playground")

    answers(tab, Asked, lambda who, asked, lang: act(studio, who, asked, lang))
