"""The Chat tab: the live component that draws conversations, and the folded settings beside it."""

from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp.kit import UNQUEUED, respond
from webapp.live import live
from webapp.tabs.chat.actions import Asked, Chosen, act
from webapp.tabs.chat.settings import Panel

TITLE = "tab.chat"


def build(studio: Studio) -> None:
    """Make the tab."""
    # The secret hides nothing: it must outlive this process, so that a restart does not forget a visitor's settings.
    saved = gr.BrowserState(storage_key="studio.chat.settings", secret="studio")
    with gr.Row(elem_id="chat-tab"):
        chat = live("chat")
        with gr.Column(elem_id="chat-settings"):
            panel = Panel(studio)

    def answer(values: dict[Any, Any], event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        chosen = Chosen(values[panel.model], values[panel.template] or None, lambda: panel.read(values))
        return respond(Asked, event, request, lambda who, asked, lang: act(studio, who, asked, chosen, lang))

    chat.action(answer, {*panel.widgets}, chat, trigger_mode="multiple", **UNQUEUED)
    chat.ready(panel.restore, saved, panel.widgets, **UNQUEUED)
    chat.ready(panel.models, None, panel.model, **UNQUEUED)
    chat.models(panel.models, None, panel.model, **UNQUEUED)
    chat.use(panel.use, None, panel.model, **UNQUEUED)
    chat.prompts(panel.templates, panel.template, [panel.template, panel.system], **UNQUEUED)
    chat.refill(panel.put_back, None, panel.widgets, **UNQUEUED)
    # Not their input events: a Textbox has none for what is pasted or deleted.
    changes = [widget.change for widget in panel.widgets]
    gr.on(changes, None, panel.widgets, saved, js="(...values) => [values]", **UNQUEUED)
    panel.template.input(panel.choose, panel.template, panel.system, **UNQUEUED)
    for widget, name in ((panel.model, "model"), (panel.template, "template")):
        widget.change(None, js=f"() => window.dispatchEvent(new Event('studio:{name}'))", **UNQUEUED)
