"""The chat's settings: which template, which model, and how it chooses its words; empty means the model's own."""

from typing import Any

import gradio as gr

from assistants import chat
from assistants.errors import InvalidInput, NotFound
from assistants.requests import validated
from assistants.studio import Studio
from webapp.kit import browse_button, model_choices, model_picker, said, template_choices, template_picker, words
from webapp.visitors import visitor

SAMPLING = {
    "temperature": float,
    "top_p": float,
    "top_k": int,
    "repetition_penalty": float,
    "max_tokens": int,
    "seed": int,
}


class Panel:
    """The widgets of the settings; ``widgets`` are all of them, in the order in which the browser keeps them."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.template = template_picker(studio, chat.ID)
        browse_button(chat.ID)
        self.system = gr.Textbox(
            label=words("field.system"), placeholder=words("system.hint"), lines=3, max_lines=12, elem_id="system"
        )
        self.model = model_picker()
        with gr.Accordion(words("sampling.label"), open=False, elem_id="sampling"):
            with gr.Row():
                # Not gr.Number, which shows nothing as 0.
                self.sampling = {name: self._box(name) for name in SAMPLING}
            self.stop = gr.Textbox(
                label=words("field.stop"), placeholder=words("sampling.stop-hint"), lines=1, max_lines=8
            )
        self.widgets = [self.template, self.system, self.model, *self.sampling.values(), self.stop]

    @staticmethod
    def _box(name: str) -> gr.Textbox:
        return gr.Textbox(
            label=words(f"field.{name}"), placeholder=words("sampling.own"), max_lines=1, min_width=120, elem_id=name
        )

    def read(self, values: dict[Any, Any]) -> dict[str, Any]:
        """Return the widgets' values as the part of a chat request that they are; raises ``InvalidInput``."""
        params: dict[str, Any] = {}
        for name, box in self.sampling.items():
            if text := (values[box] or "").strip():
                params[name] = number(name, text)
        if stop := [line for line in (values[self.stop] or "").splitlines() if line]:
            params["stop"] = stop
        request = {"model": values[self.model] or None, "params": params}
        if values[self.template]:
            request["template"] = values[self.template]
        if (values[self.system] or "").strip():
            request["system"] = values[self.system]
        return request

    def restore(self, saved: list[Any] | None, request: gr.Request) -> list[Any]:
        """Put back what the visitor's browser has kept, as far as it still exists."""
        if isinstance(saved, list) and len(saved) == len(self.widgets) + 1:
            # Earlier pages kept the default by its name then, which stood at the end.
            *saved, own_then = saved
            saved[2] = "" if saved[2] == own_then else saved[2]
        if not isinstance(saved, list) or len(saved) != len(self.widgets):
            saved = ["", gr.skip(), "", *[gr.skip()] * (len(self.widgets) - 3)]
        template, system, model, *rest = saved
        picker, hint = self.templates(template if isinstance(template, str) else "", request)
        box = hint if isinstance(system, dict) else hint | {"value": system}
        return [picker, box, model or "", *rest]

    def templates(self, chosen: str, request: gr.Request) -> list[Any]:
        """Return the picker with the visitor's templates as they are now, and what the chosen one says to the model."""
        owner = visitor(request).id
        choices = template_choices(self._studio, owner, chat.ID, chosen)
        value = chosen if chosen in [id for _, id in choices] else ""
        return [gr.update(choices=choices, value=value), self._hint(value, owner)]

    def choose(self, template: str, request: gr.Request) -> Any:
        """Return an empty system prompt, with what the template says to the model as its hint."""
        return self._hint(template, visitor(request).id) | {"value": ""}

    def _hint(self, template: str, owner: str) -> dict[str, Any]:
        """Return the box for the system prompt; while it is empty, the template's own holds."""
        try:
            messages = self._studio.prompts.get(template, owner).messages if template else ()
        except NotFound:
            messages = ()
        system = "\n\n".join(message.content for message in messages if message.role == "system")
        return gr.update(placeholder=system or words("system.hint"))

    def put_back(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Show what a request asks with, as far as it says and that still exists."""
        asked = validated(chat.Request, said(event))
        params = {name: "" if value is None else str(value) for name, value in asked.params.model_dump().items()}
        picker, hint = self.templates(asked.template or "", request)
        values = {
            self.template: picker,
            self.system: hint | {"value": asked.system or ""},
            self.model: asked.model or "",
        }
        values |= {box: params[name] for name, box in self.sampling.items()}
        values[self.stop] = "\n".join(asked.params.stop or [])
        part = {self.template: "template", self.system: "template", self.model: "model"}
        given = asked.model_fields_set
        shown = [one for one in self.widgets if one in values and part.get(one, "params") in given]
        return [values[one] if one in shown else gr.skip() for one in self.widgets]

    def models(self, request: gr.Request) -> Any:
        """Return the picker with the models that the visitor can choose from now."""
        return gr.update(choices=model_choices(self._studio, visitor(request)))

    def use(self, event: gr.EventData, request: gr.Request) -> Any:
        """Return the picker with the model that was chosen elsewhere on the page."""
        chosen = said(event).get("model")
        return gr.update(choices=model_choices(self._studio, visitor(request)), value=str(chosen))


def number(name: str, text: str) -> float | int:
    """Read a number that somebody typed."""
    kind = SAMPLING[name]
    try:
        return kind(text)
    except ValueError:
        template = "{field} must be a whole number." if kind is int else "{field} must be a number."
        raise InvalidInput(name, template) from None
