"""Tokens on the page: each tinted by its probability, what else there was at a place, and a branch from there."""

from collections.abc import Sequence
from math import exp
from typing import Any

import gradio as gr

from assistants.errors import StudioError
from assistants.lab.branching import branch
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import UNQUEUED, said, words
from webapp.native import Work, handled, job_form
from webapp.tabs.lab.subject import Subject, asking, filled
from webapp.wording import sentence

NAME = "tokens"

# No text has so many tokens.
MOST = 2**31
# From the likely to the unlikely: the least probability of each tint, and its colour.
TINTS = {"≥ 50 %": (0.5, "#7fb8ad"), "≥ 10 %": (0.1, "#c9c06a"), "≥ 1 %": (0.01, "#e0a05a"), "< 1 %": (0.0, "#d9705f")}


def build(studio: Studio, subject: Subject) -> None:
    """Make the part."""
    top = gr.Slider(1, 20, value=8, step=1, label=words("lab.top"))
    spot = gr.Column()
    numbers = gr.Markdown(visible=False, elem_id="lab-tokens-numbers")
    text = gr.HighlightedText(
        visible=False,
        show_label=False,
        show_legend=True,
        show_inline_category=False,
        combine_adjacent=False,
        color_map={name: colour for name, (_, colour) in TINTS.items()},
        elem_id="lab-tokens-text",
    )
    with gr.Row(visible=False) as chosen:
        others = gr.Dataframe(interactive=False, show_label=False, elem_id="lab-tokens-others", scale=3)
        with gr.Column(scale=2):
            place = gr.Number(0, label=words("lab.place"), precision=0, minimum=0, elem_id="lab-tokens-place")
            rank = gr.Number(1, label=words("lab.rank"), precision=0, minimum=1, elem_id="lab-tokens-rank")
            go = gr.Button(words("lab.branch"), elem_id="lab-tokens-branch")
            went = gr.Markdown(elem_id="lab-tokens-went")
    job = gr.Textbox(visible="hidden")
    with spot:
        outputs = [numbers, text, chosen, job]
        job_form(
            studio,
            f"lab-{NAME}",
            "lab",
            words("lab.look"),
            subject.inputs(top=top),
            outputs,
            show,
            asking(NAME),
            filled,
        )

    def pick(who: Principal, lang: str, id: str, number: float) -> Any:
        return alternatives(studio, who, lang, id, int(number or 0))

    def turn(who: Principal, lang: str, id: str, number: float, which: float) -> str:
        try:
            row = branch(studio, who, id, int(number or 0), int(which or 1) - 1)
        except StudioError as error:
            return sentence(error, lang)
        return t(
            "lab.branched",
            lang,
            link=f"?tab={row.assistant}&job={row.id}" if row.assistant == "chat" else f"?item={row.id}",
        )

    text.select(chosen_number, None, place, **UNQUEUED)
    place.change(handled(pick), [job, place], others, **UNQUEUED)
    job.change(handled(pick), [job, place], others, **UNQUEUED)
    others.select(chosen_row, None, rank, **UNQUEUED)
    go.click(handled(turn), [job, place, rank], went, **UNQUEUED)


def chosen_number(event: gr.EventData) -> Any:
    """Return the number of what was chosen, a row of it where it has rows; anybody may send anything."""
    index = said(event).get("index")
    number = index[0] if isinstance(index, list) and index else index
    return number if type(number) is int and abs(number) < MOST else gr.skip()


def chosen_row(event: gr.EventData) -> Any:
    """Return the same, counted from 1."""
    number = chosen_number(event)
    return number + 1 if isinstance(number, int) else number


def show(work: Work) -> Sequence[Any]:
    """Return the numbers of the whole text, and its tokens by how likely they were."""
    result = work.row.result
    if not result or "tokens" not in result:
        return [gr.update(visible=False)] * 3 + [""]
    tokens = [(visible(one["token"]), tint(exp(one["logprob"]))) for one in result["tokens"]]
    notes = [t(one["template"], work.lang, **one["values"]) for one in work.named("note")]
    lines = "\n\n".join([summary(result, work.lang), *notes])
    return [
        gr.update(visible=True, value=lines),
        gr.update(visible=True, value=tokens),
        gr.update(visible=True),
        work.row.id,
    ]


def visible(token: str) -> str:
    """Return a token as one sees it: line ends are shown."""
    return token.replace("\n", "⏎")


def tint(probability: float) -> str:
    """Return the tint of a probability, called by the least that it is for."""
    return next(name for name, (least, _) in TINTS.items() if probability >= least)


def summary(result: dict[str, Any], lang: str) -> str:
    """Return P(x) as the product of its tokens' chances, perplexity and entropy, in a sentence or two."""
    chances = [f"{exp(one['logprob']):.3g}" for one in result["tokens"]]
    shown = " · ".join(chances if len(chances) <= 8 else [*chances[:4], "…", *chances[-2:]])
    entropy = result["entropy"]
    values = {
        "product": shown,
        "power": f"{result['log10']:.2f}",
        "count": result["count"],
        "perplexity": f"{result['perplexity']:.4g}",
    }
    said = t("lab.probability", lang, **values)
    return said if entropy is None else said + " " + t("lab.entropy", lang, entropy=f"{entropy:.3f}")


def alternatives(studio: Studio, who: Principal, lang: str, id: str, number: int) -> Any:
    """Return what else there was at a place of the tokens that a job found."""
    try:
        tokens = (studio.jobs.get(id, who.id).result or {}).get("tokens", [])
    except StudioError:
        tokens = []
    if number >= len(tokens):
        return gr.skip()
    one = tokens[number]
    rows = [
        (rank, visible(other["token"]), f"{exp(other['logprob']):.2%}", "✓" if other["token"] == one["token"] else "")
        for rank, other in enumerate(one["top_logprobs"], 1)
    ]
    heads = [t(f"lab.col-{name}", lang) for name in ("rank", "token", "probability", "came")]
    return {"headers": heads, "data": rows}
