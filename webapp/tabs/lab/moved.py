"""What moved the answer, on the page: a bar with its interval for each piece of the prompt."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import words
from webapp.native import Work, job_form
from webapp.tabs.lab.drawing import intervals, picture
from webapp.tabs.lab.subject import Subject, asking, filled

NAME = "moved"
UNITS = ("auto", "message", "paragraph", "sentence")


def build(studio: Studio, subject: Subject) -> None:
    """Make the part."""
    gr.Markdown(words("lab.moved-hint"), elem_classes="hint")
    units = [(words(f"lab.unit-{name}"), name) for name in UNITS]
    unit = gr.Radio(units, value=UNITS[0], label=words("lab.unit"))
    spot = gr.Column()
    said = gr.Markdown(visible=False)
    chart = gr.HTML(visible=False)
    table = gr.Dataframe(visible=False, interactive=False, show_label=False, wrap=True, elem_id="lab-moved-table")
    with spot:
        label, inputs = words("lab.weigh"), subject.inputs(unit=unit)
        job_form(studio, f"lab-{NAME}", "lab", label, inputs, [said, chart, table], show, asking(NAME), back)


def back(request: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the widgets for a request."""
    return {"unit": UNITS[0], **filled(request)}


def show(work: Work) -> Sequence[Any]:
    """Return how much each piece moved the answer, as far as it is known."""
    found = work.named("piece")
    if not found:
        return [gr.update(visible=False)] * 3
    svg = intervals([
        (f"{number} {one['text']}", one["nats"], one["low"], one["high"]) for number, one in enumerate(found)
    ])
    most = max(found, key=lambda one: one["nats"])
    said = t("lab.moved-most", work.lang, number=found.index(most), nats=f"{most['nats']:.2f}")
    heads = [t(f"lab.col-{name}", work.lang) for name in ("piece", "role", "words", "nats", "interval")]
    rows = [
        [number, t(f"role.{one['role']}", work.lang), one["text"], f"{one['nats']:+.2f}", span(one)]
        for number, one in enumerate(found)
    ]
    return [
        gr.update(visible=True, value=said),
        gr.update(visible=True, value=picture(svg, said)),
        gr.update(visible=True, value={"headers": heads, "data": rows}),
    ]


def span(one: dict[str, Any]) -> str:
    """Return an interval in words."""
    return f"{one['low']:+.2f} … {one['high']:+.2f}"
