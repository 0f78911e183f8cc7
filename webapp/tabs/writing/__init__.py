"""The Write tab: the live component that draws drafts and what a new one begins with."""

from assistants.studio import Studio
from webapp.kit import answers
from webapp.live import live
from webapp.tabs.writing.actions import Asked, act

TITLE = "tab.writing"


def build(studio: Studio) -> None:
    """Make the tab."""
    tab = live("writing")

    answers(tab, Asked, lambda who, asked, lang: act(studio, who, asked, lang))
