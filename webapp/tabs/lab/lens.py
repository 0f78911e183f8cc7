"""The logit lens on the page: for each layer and token, the word that the layer would have said."""

from collections.abc import Sequence
from math import exp
from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import words
from webapp.native import Work, job_form
from webapp.tabs.lab.drawing import lines, picture
from webapp.tabs.lab.subject import Subject, asking, filled
from webapp.tabs.lab.tokens import visible

NAME = "lens"


def build(studio: Studio, subject: Subject) -> None:
    """Make the part."""
    with gr.Row():
        first = gr.Number(0, precision=0, minimum=0, label=words("lab.first"))
        count = gr.Slider(1, 48, value=8, step=1, label=words("lab.count"))
    spot = gr.Column()
    chart = gr.HTML(visible=False)
    table = gr.Dataframe(visible=False, interactive=False, show_label=False, wrap=True, elem_id="lab-lens-table")
    with spot:
        inputs = subject.inputs(first=first, count=count)
        job_form(studio, f"lab-{NAME}", "lab", words("lab.look"), inputs, [chart, table], show, asking(NAME), filled)


def show(work: Work) -> Sequence[Any]:
    """Return what each layer would have said, and how sure each is of the text's own tokens."""
    found = work.row.result
    if not found or "layers" not in found:
        return [gr.update(visible=False)] * 2
    tokens = [visible(one["token"]) for one in found["tokens"]]
    rows = [
        [str(number), *(f"{visible(top[0]['token'])}  {exp(top[0]['logprob']):.0%}" for top in layer["top"])]
        for number, layer in enumerate(found["layers"])
    ]
    # Columns may be called alike, as tokens are.
    heads = [t("lab.layer", work.lang), *(f"{number}: {token}" for number, token in enumerate(tokens, found["first"]))]
    means = [sum(exp(one) for one in layer["own"]) / len(layer["own"]) for layer in found["layers"]]
    name = t("lab.own-chance", work.lang)
    svg = lines([(name, means)], 0, max([*means, 1e-9]))
    return [
        gr.update(visible=True, value=picture(svg, name)),
        gr.update(visible=True, value={"headers": heads, "data": rows}),
    ]
