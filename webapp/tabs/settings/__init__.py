"""The Settings tab: its sections, one below the other, and above them a line of links to each."""

import gradio as gr

from assistants.studio import Studio
from webapp.live import live
from webapp.tabs.settings import about, connections, general, models, storage

TITLE = "tab.settings"

SECTIONS = (general, models, connections, storage, about)


def build(studio: Studio) -> None:
    """Make the tab; each section says its own ``TITLE``, and ``static/settings/sections.html`` all of them."""
    with gr.Column(elem_id="settings"):
        live("settings", "sections")
        for section in SECTIONS:
            section.build(studio)
