"""The Settings room: its sections, one below the other."""

import gradio as gr

from assistants.studio import Studio
from webapp.tabs.settings import connections, models

TITLE = "tab.settings"

SECTIONS = (models, connections)


def build(studio: Studio) -> None:
    """Make the room; each section says its own ``TITLE``."""
    with gr.Column(elem_id="settings"):
        for section in SECTIONS:
            section.build(studio)
