"""The Chat tab: its script draws conversations and asks the studio over ``/api``."""

import gradio as gr

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.chat"


def build(studio: Studio) -> None:
    """Make the tab."""
    with gr.Row(elem_id="chat-tab"):
        live("chat")
