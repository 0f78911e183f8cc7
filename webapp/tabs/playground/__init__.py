"""The Playground tab: prompts are tried, compared on many rows and studied, in one live component."""

from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp.kit import UNQUEUED, respond
from webapp.live import live
from webapp.tabs.playground.actions import Asked, act

TITLE = "tab.playground"


def build(studio: Studio) -> None:
    """Make the tab."""
    tab = live("playground")

    def answer(event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        return respond(Asked, event, request, lambda owner, asked, lang: act(studio, owner, asked, lang))

    tab.action(answer, None, tab, trigger_mode="multiple", **UNQUEUED)
