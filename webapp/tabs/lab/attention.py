"""Attention on the page: a map for a layer and a head, their mean, the rollout, and one pair's Q, K and V."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import words
from webapp.native import Work, job_form
from webapp.tabs.lab.drawing import picture, png, triangle
from webapp.tabs.lab.subject import Subject, asking, filled
from webapp.tabs.lab.tokens import visible

NAME = "attention"
# More tokens have no room for their names: then the last ones are shown.
SHOWN = 48
SIDE = 110
VIEWS = ("weights", "mean", "rollout")


def build(studio: Studio, subject: Subject) -> None:
    """Make the part."""
    with gr.Row():
        layer = gr.Number(0, precision=0, minimum=0, label=words("lab.layer"))
        head = gr.Number(0, precision=0, minimum=0, label=words("lab.head"))
        views = [(words(f"lab.view-{name}"), name) for name in VIEWS]
        view = gr.Radio(views, value=VIEWS[0], label=words("lab.view"))
    with gr.Row():
        looks = gr.Number(None, precision=0, minimum=0, label=words("lab.looks"))
        seen = gr.Number(None, precision=0, minimum=0, label=words("lab.seen"))
    spot = gr.Column()
    said = gr.Markdown(visible=False, elem_id="lab-attention-said")
    chart = gr.HTML(visible=False, elem_id="lab-attention-map")
    heads = gr.HTML(visible=False, label=words("lab.heads"))
    pair = gr.Dataframe(visible=False, interactive=False, show_label=False)
    with spot:
        inputs = subject.inputs(layer=layer, head=head, view=view, looks=looks, seen=seen)
        outputs = [said, chart, heads, pair]
        job_form(studio, f"lab-{NAME}", "lab", words("lab.look"), inputs, outputs, show, asked, back)


def asked(values: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return the request: a pair is what was given of it, and the request says where a half is missing."""
    pair = [one for name in ("looks", "seen") if (one := values.pop(name)) is not None]
    return asking(NAME)(values | {"pair": pair}, lang)


def back(request: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the widgets for a request."""
    looks, seen = request.get("options", {}).get("pair") or (None, None)
    return {"view": VIEWS[0], **filled(request), "looks": looks, "seen": seen}


def show(work: Work) -> Sequence[Any]:
    """Return the map, the heads side by side, and what goes into one weight."""
    found = work.row.result
    if not found or "weights" not in found:
        return [gr.update(visible=False)] * 4
    view = work.row.request.get("options", {}).get("view", "weights")
    first = max(0, len(found["tokens"]) - SHOWN)
    labels = [f"{number} {visible(one['token'])}" for number, one in enumerate(found["tokens"])][first:]
    rows = [row[first:] for row in found[view][first:]]
    difference = max(found["difference"].values())
    values = {name: found[name] for name in ("layer", "head", "layers", "heads", "width")}
    said = t("lab.attended", work.lang, **values, tokens=len(found["tokens"]), difference=f"{difference:.2g}")
    if first:
        said += " " + t("lab.only-last", work.lang, count=SHOWN)
    maps = "".join(png(one, f"{t('lab.head', work.lang)} {number}", SIDE) for number, one in enumerate(found["maps"]))
    pair = found["pair"]
    return [
        gr.update(visible=True, value=said),
        gr.update(visible=True, value=picture(triangle(rows, labels), said)),
        gr.update(visible=True, value=f'<div class="lab-heads">{maps}</div>'),
        gr.update(visible=pair is not None, value=table(pair, work.lang) if pair else None),
    ]


def table(pair: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return Q, K and V of a pair number by number, and below them the product, the score and the weight."""
    rows = [[str(number), *numbers] for number, numbers in enumerate(zip(pair["q"], pair["k"], pair["v"], strict=True))]
    rows += [[t(f"lab.pair-{name}", lang), pair[name], None, None] for name in ("product", "score", "weight")]
    return {"headers": [t("lab.dimension", lang), "Q", "K", "V"], "data": rows}
