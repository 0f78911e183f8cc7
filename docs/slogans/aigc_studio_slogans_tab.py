"""The tab of the slogans, in plain Gradio."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
import pandas as pd

from webapp.i18n import t
from webapp.kit import words
from webapp.native import Work, job_form, native_tab

TITLE = "tab.slogans"
WORDS = {
    "en": {
        "tab.slogans": "Slogans",
        "slogans.product": "Product",
        "slogans.count": "How many",
        "slogans.bold": "Boldness",
        "slogans.run": "Write slogans",
        "slogans.slogan": "Slogan",
        "slogans.length": "Length in characters",
    },
    "zh": {
        "tab.slogans": "广告语",
        "slogans.product": "产品",
        "slogans.count": "数量",
        "slogans.bold": "大胆程度",
        "slogans.run": "撰写广告语",
        "slogans.slogan": "广告语",
        "Writing": "正在撰写",
        "slogans.length": "长度（字符）",
    },
}


LENGTH = words("slogans.length")


def build(studio: Any) -> None:
    """Make the tab."""
    with native_tab("slogans"):
        with gr.Row():
            with gr.Column(scale=2):
                product = gr.Textbox(label=words("slogans.product"), lines=3)
                count = gr.Slider(1, 10, value=3, step=1, label=words("slogans.count"))
                temperature = gr.Slider(0, 2, value=0.9, step=0.1, label=words("slogans.bold"))
                inputs = {"product": product, "count": count, "temperature": temperature}
                spot = gr.Column()
            with gr.Column(scale=3):
                # Nothing stands there before there is something to show.
                table = gr.Dataframe(visible=False, interactive=False, show_label=False, wrap=True)
                plot = gr.BarPlot(visible=False, x="slogan", y="length", y_lim=[0, None], height=240, label=LENGTH)
        with spot:
            job_form(studio, "slogans", "slogans", words("slogans.run"), inputs, [table, plot], show)
        gr.Examples([["A bicycle for the rain"], ["Green tea in a can"], ["一款会唱歌的闹钟"]], [product])


def show(work: Work) -> Sequence[Any]:
    """Return the slogans so far, and how long they are."""
    slogans = [part["text"] for part in work.named("slogan")]
    if not slogans:
        return [gr.update(visible=False)] * 2
    rows = pd.DataFrame({t("slogans.slogan", work.lang): slogans})
    lengths = pd.DataFrame({"slogan": [str(number + 1) for number in range(len(slogans))], "length": map(len, slogans)})
    return [gr.update(visible=True, value=rows), gr.update(visible=True, value=lengths)]
