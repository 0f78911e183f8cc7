"""Sampling on the page: sliders on the real distribution of a chosen place, before and after."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import words
from webapp.native import Work, job_form
from webapp.tabs.lab.drawing import bars, picture
from webapp.tabs.lab.subject import Subject, asking, filled

NAME = "sampling"
SHOWN = 12


def build(studio: Studio, subject: Subject) -> None:
    """Make the part."""
    with gr.Row():
        options = {
            "place": gr.Number(0, precision=0, minimum=0, label=words("lab.place")),
            "temperature": gr.Slider(0, 2, value=1, step=0.05, label=words("field.temperature")),
            "top_k": gr.Slider(0, 100, value=0, step=1, label=words("lab.top-k")),
            "top_p": gr.Slider(0.05, 1, value=1, step=0.01, label=words("field.top_p")),
        }
    with gr.Row():
        options |= {
            "repetition_penalty": gr.Slider(0.5, 2, value=1, step=0.05, label=words("lab.repetition")),
            "frequency_penalty": gr.Slider(-2, 2, value=0, step=0.1, label=words("lab.frequency")),
            "presence_penalty": gr.Slider(-2, 2, value=0, step=0.1, label=words("lab.presence")),
        }
    spot = gr.Column()
    said = gr.Markdown(visible=False)
    chart = gr.HTML(visible=False)
    with spot:
        ask = asking(NAME)

        def asked(values: dict[str, Any], lang: str) -> dict[str, Any]:
            # Nothing is chosen at 0.
            return ask({name: value for name, value in values.items() if (name, value) != ("top_k", 0)}, lang)

        label, inputs = words("lab.look-there"), subject.inputs(**options)
        job_form(studio, f"lab-{NAME}", "lab", label, inputs, [said, chart], show, asked, filled)


def show(work: Work) -> Sequence[Any]:
    """Return what may come at the place."""
    found = work.row.result
    if not found or "tokens" not in found:
        return [gr.update(visible=False)] * 2
    entries = sorted(found["tokens"], key=lambda one: -max(one["raw"], one["shaped"]))[:SHOWN]
    names = (t("lab.raw", work.lang), t("lab.shaped", work.lang))
    svg = bars([(one["token"], one["raw"], one["shaped"]) for one in entries], names)
    values = {
        "kept": found["kept"],
        "mass": f"{found['mass']:.1%}",
        "raw": f"{found['entropy']['raw']:.3f}",
        "shaped": f"{found['entropy']['shaped']:.3f}",
    }
    sentence = t("lab.kept", work.lang, **values)
    return [gr.update(visible=True, value=sentence), gr.update(visible=True, value=picture(svg, sentence))]
