"""The Support tab: ask a base of knowledge, see what proves the answer and how it came about, and fill bases.

What it shows and does goes over ``/api``: questions and texts are jobs, all else is ``/api/knowledge`` and its like.
"""

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.support"


def build(studio: Studio) -> None:
    """Make the tab."""
    live("support")
