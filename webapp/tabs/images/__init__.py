"""The Images tab: the live component that draws the form, the queue and the gallery over the studio's own interface.

What it shows comes by ``/api/images`` as to any program; the page's own way is only to get a model that is missing.
"""

from assistants.studio import Studio
from webapp.kit import answers
from webapp.live import live
from webapp.tabs.images.actions import Asked, act

TITLE = "tab.images"


def build(studio: Studio) -> None:
    """Make the tab."""
    tab = live("images")

    answers(tab, Asked, lambda who, asked, _lang: act(studio, who, asked))
