"""Control on the page: one thing to hold an answer to, and the answer before and after on one seed."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from assistants.errors import InvalidInput
from assistants.lab.control import FORMS
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import words
from webapp.native import Work, job_form
from webapp.tabs.lab.subject import OWN, Subject, asking, filled

NAME = "control"
KINDS = ("json_schema", "regex", "choice", "form", "include", "exclude", "negative")
USUAL = "regex"
# What is held to, where it is written in lines.
LISTS = ("choice", "include", "exclude")


def build(studio: Studio, subject: Subject) -> None:
    """Make the part."""
    gr.Markdown(words("lab.control-hint"), elem_classes="hint")
    kinds = [(words(f"lab.hold-{name}"), name) for name in KINDS]
    kind = gr.Dropdown(kinds, value=USUAL, label=words("lab.hold"))
    wanted = gr.Textbox(label=words("lab.wanted"), info=words("lab.wanted-hint"), lines=2, elem_id="lab-control-wanted")
    with gr.Row():
        seed = gr.Number(0, precision=0, minimum=0, label=words("field.seed"))
        temperature = gr.Slider(0, 2, value=0.7, step=0.05, label=words("field.temperature"))
        guidance = gr.Slider(1, 10, value=1.5, step=0.1, label=words("lab.guidance"))
        tokens = gr.Slider(16, 1024, value=160, step=16, label=words("field.max_tokens"))
    spot = gr.Column()
    with gr.Row():
        before = gr.Textbox(visible=False, label=words("lab.before"), lines=4, max_lines=24, interactive=False)
        after = gr.Textbox(visible=False, label=words("lab.after"), lines=4, max_lines=24, interactive=False)
    said = gr.Markdown(visible=False, elem_id="lab-control-said")
    with spot:
        settings = {"seed": seed, "temperature": temperature, "guidance": guidance, "max_tokens": tokens}
        inputs = subject.inputs(kind=kind, wanted=wanted, **settings)
        label = words("lab.compare")
        job_form(studio, f"lab-{NAME}", "lab", label, inputs, [before, after, said], show, asked, back)


def asked(values: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return the request; what is wanted is JSON for a schema and lines for a list."""
    kind, wanted = values["kind"] or USUAL, (values.get("wanted") or "").strip()
    own = {name: values[name] for name in (*OWN, "seed", "temperature", "guidance", "max_tokens")}
    return asking(NAME)(own | {kind: read(kind, wanted)}, lang)


def read(kind: str, wanted: str) -> Any:
    """Return what was written as the request has it; raises ``InvalidInput``."""
    if kind == "json_schema":
        try:
            return json.loads(wanted)
        except ValueError as error:
            raise InvalidInput("json_schema", "{field} is not JSON: {problem}.", problem=error) from error
    if kind in LISTS:
        return [line.strip() for line in wanted.splitlines() if line.strip()]
    if kind == "form" and wanted not in FORMS:
        raise InvalidInput("form", "{field} must be one of: {expected}.", expected=", ".join(FORMS))
    return wanted


def back(request: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the widgets for a request."""
    options = request.get("options", {})
    kind = next((name for name in KINDS if options.get(name)), USUAL)
    wanted = options.get(kind, "")
    if kind == "json_schema":
        wanted = json.dumps(wanted, ensure_ascii=False)
    elif kind in LISTS:
        wanted = "\n".join(wanted)
    return filled(request) | {"kind": kind, "wanted": wanted}


def show(work: Work) -> Sequence[Any]:
    """Return both answers, and whether each is as was asked for."""
    found = {name: work.named(name)[-1] for name in ("before", "after") if work.named(name)}
    texts = [
        gr.update(visible=True, value=found[name]["text"]) if name in found else gr.update(visible=False)
        for name in ("before", "after")
    ]
    held = [
        t(f"lab.{name}-{verdict(one['holds'])}", work.lang) for name, one in found.items() if one["holds"] is not None
    ]
    return [*texts, gr.update(visible=bool(held), value=" ".join(held))]


def verdict(holds: bool) -> str:
    """Return the name of a finding."""
    return "holds" if holds else "fails"
