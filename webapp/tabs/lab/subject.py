"""What is looked at: a text of one's own or an item of the history, and the model that reads it.

Knows its widgets, and how their values become a request and back; knows nothing about the parts.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from assistants.lab import samples
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.kit import UNQUEUED, words

PICK = f"(number) => {json.dumps(samples())}[number]"
OWN = ("text", "item", "model")


@dataclass(frozen=True)
class Subject:
    """The widgets above all parts."""

    text: gr.Textbox
    item: gr.Textbox
    model: gr.Dropdown

    @classmethod
    def build(cls) -> "Subject":
        """Make the widgets."""
        with gr.Row():
            with gr.Column(scale=3):
                text = gr.Textbox(label=words("lab.text"), lines=2, max_lines=8, elem_id="lab-text")
                examples = gr.Dataset(
                    components=["textbox"], samples=[[one] for one in samples()], label=words("lab.examples")
                )
                # In the browser alone: which one was picked comes as its number.
                examples.click(None, [examples], [text], js=PICK, **UNQUEUED)
            with gr.Column(scale=2):
                item = gr.Textbox(label=words("lab.item"), info=words("lab.item-hint"), max_lines=1, elem_id="lab-item")
                model = gr.Dropdown(
                    choices=[(words("lab.same-model"), "")],
                    value="",
                    allow_custom_value=True,
                    label=words("field.model"),
                    elem_id="lab-model",
                )
        return cls(text, item, model)

    def inputs(self, **options: Component) -> dict[str, Component]:
        """Return the widgets by name, with those of a part's own options."""
        return {"text": self.text, "item": self.item, "model": self.model, **options}

    def choices(self, studio: Studio, who: Principal) -> Any:
        """Return the models that can be chosen: those of this machine."""
        here = [name for name in studio.models.pickable(who) if name.startswith("local:")]
        return gr.update(choices=[(words("lab.same-model"), ""), *((name, name) for name in here)])


def asking(part: str) -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """Return what makes the request of a part; an item goes before a text."""

    def ask(values: dict[str, Any], _lang: str) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if value not in (None, "", [])}
        job, which = (*str(given.get("item", "")).strip().split("#", 1), "")[:2]
        options = {name: value for name, value in given.items() if name not in OWN}
        asked: dict[str, Any] = {"part": part, "options": options}
        asked |= {"job": job} if job else {"text": given["text"]} if "text" in given else {}
        asked |= {"which": which} if which else {}
        return asked | ({"model": given["model"]} if "model" in given else {})

    return ask


def filled(request: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the widgets for a request."""
    item = "#".join(filter(None, [request.get("job"), request.get("which")]))
    own = {"text": request.get("text") or "", "item": item, "model": request.get("model") or ""}
    return own | request.get("options", {})
