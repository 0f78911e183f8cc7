"""The Settings tab: its sections, one below the other, and above them a line of links to each.

What they show and change goes over ``/api``; each draws itself by ``static/settings/<section>.js``.
"""

import gradio as gr

from assistants.studio import Studio
from webapp.live import live

TITLE = "tab.settings"


def build(studio: Studio) -> None:
    """Make the tab."""
    with gr.Column(elem_id="settings"):
        live("settings", "sections")
        live("settings", "general")
        live("settings", "models")
        live("settings", "connections")
        live("settings", "storage")
        live("settings", "about")
