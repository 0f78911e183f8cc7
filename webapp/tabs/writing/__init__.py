"""The Write tab: the live component that draws drafts and what a new one begins with."""

from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp.kit import UNQUEUED, respond
from webapp.live import live
from webapp.tabs.writing.actions import Asked, act

TITLE = "tab.writing"


def build(studio: Studio) -> None:
    """Make the tab."""
    tab = live("writing")

    def answer(event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        return respond(Asked, event, request, lambda owner, asked, lang: act(studio, owner, asked, lang))

    tab.action(answer, None, tab, trigger_mode="multiple", **UNQUEUED)
