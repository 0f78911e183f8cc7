"""What two or more tabs share: words, how a handler is wired, and what a component may be handed.

Every handler is a public endpoint: anybody can send it anything.
"""

from typing import Any

import gradio as gr
from gradio.i18n import I18nData

from assistants.errors import StudioError

# How handlers are wired that answer at once: one request and its answer, past Gradio's queue. In 6.31 that loses an
# answer now and then when two events overlap: the stream that the first one closes was to bring the second one's.
UNQUEUED = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}

MB = 1024 * 1024
BROKEN = StudioError("Something broke. The studio's log says more.")


def words(key: str) -> I18nData:
    """Return a label that Gradio shows in the visitor's language; ``key`` is one of the ``page`` texts."""
    return I18nData(key)


def said(event: gr.EventData) -> dict[str, Any]:
    """Return what a script says with an event: anybody can send one that says anything."""
    return dict(event._data) if isinstance(event._data, dict) else {}


def takes_files(component: gr.components.Component, megabytes: int = 20) -> gr.components.Component:
    """Let visitors hand files to a component, of so many megabytes at most; no other component takes any."""
    component.studio_file_limit = megabytes * MB
    return component


def file_limit(component: Any) -> int:
    """Return how many bytes a file for a component may have: 0 where it takes none."""
    return getattr(component, "studio_file_limit", 0)
