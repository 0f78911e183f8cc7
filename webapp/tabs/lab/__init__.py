"""The Lab tab: look inside the model that just answered, part by part, in Gradio's own widgets.

What is looked at stands above and is the same for all parts; each part is a module of ``SUBTABS`` with ``NAME``, which
is also the part's in a request, and ``build(studio, subject)``. Knows nothing about what a part shows.
"""

from types import ModuleType

import gradio as gr

from assistants.studio import Studio
from webapp.kit import UNQUEUED, words
from webapp.native import handled, native_tab
from webapp.tabs.lab import attention, control, lens, moved, sampling, tokens
from webapp.tabs.lab.subject import Subject

TITLE = "tab.lab"

# In the order of the tab; a part that learns has its own inputs and leaves those above alone.
SUBTABS: tuple[ModuleType, ...] = (tokens, sampling, lens, attention, moved, control)


def build(studio: Studio) -> None:
    """Make the tab."""
    with native_tab("lab") as events:
        gr.Markdown(words("lab.about"), elem_classes="hint")
        subject = Subject.build()
        with gr.Tabs():
            for part in SUBTABS:
                with gr.Tab(words(f"lab.{part.NAME}"), elem_id=f"lab-{part.NAME}"):
                    part.build(studio, subject)

    def models(who, _lang):  # type: ignore[no-untyped-def]
        return subject.choices(studio, who)

    for event in (events.action, events.models):
        event(handled(models), None, subject.model, **UNQUEUED)
