"""The part of the Games tab where a world is made, looked at, proved and mended."""

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from assistants.errors import NotFound
from assistants.games import desk
from assistants.games.content import KINDS
from assistants.games.worlds import World
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import UNQUEUED, words
from webapp.native import Work, handled, job_form
from webapp.tabs.games import graphs
from webapp.tabs.games.opened import Opened, hint

EXAMPLES = ("games.example-1", "games.example-2", "games.example-3", "games.example-4")
LISTS = {"wrong": "games.wrong-title", "mended": "games.mended-title"}
# Of a report, so many findings are shown.
SHOWN = 8


def build(studio: Studio, opened: Opened) -> None:
    """Make the part."""
    with gr.Row():
        with gr.Column(scale=2):
            brief = gr.Textbox(
                label=words("games.brief"), placeholder=words("games.brief-hint"), lines=3, max_length=2000
            )
            language = gr.Radio(
                [(words(f"language.{one}"), one) for one in ("en", "zh")], value="en", label=words("field.language")
            )
            locations = gr.Slider(4, 16, value=7, step=1, label=words("asked.locations"))
            locks = gr.Slider(0, 4, value=2, step=1, label=words("asked.locks"))
            model = gr.Dropdown(
                [(words("model.default"), "")], value="", allow_custom_value=True, label=words("field.model"),
                elem_id="games-model",
            )  # fmt: skip
            inputs = {"brief": brief, "language": language, "locations": locations, "locks": locks, "model": model}
            spot = gr.Column()
            gr.Markdown(words("games.examples"), elem_classes="hint")
            with gr.Row(elem_classes="games-examples"):
                for key in EXAMPLES:
                    button = gr.Button(words(key), size="sm")
                    button.click(handled(partial(_example, key)), None, [language, brief], **UNQUEUED)
        with gr.Column(scale=3):
            card = gr.HTML(elem_id="games-card")
            with gr.Row(visible=False) as actions:
                check = gr.Button(words("games.check"), elem_id="games-check")
                mend = gr.Button(words("games.mend"), elem_id="games-mend")
            report = gr.HTML(elem_id="games-report")
    with spot:
        outputs = [opened.picker, card]
        job_form(studio, "games-world", "games", words("games.build"), inputs, outputs, _built(studio), _ask, _fill)

    def show(studio: Studio, who: Principal, lang: str, id: str | None) -> Sequence[Any]:
        return [_card(_world(studio, who, id), lang), gr.update(visible=bool(id)), ""]

    opened.shows([card, actions, report], show)
    opened.shows([model], lambda studio, who, lang, id: [gr.update(choices=_models(studio, who))])

    def checked(who: Principal, lang: str, id: str | None) -> list[Any]:
        return [_report(desk.report(studio, who.id, id or ""), lang), _card(_world(studio, who, id), lang)]

    def mended(who: Principal, lang: str, id: str | None) -> list[Any]:
        found = desk.repair(studio, who.id, id or "")
        return [_report(found, lang), _card(_world(studio, who, id), lang)]

    check.click(handled(checked), opened.picker, [report, card], **UNQUEUED)
    mend.click(handled(mended), opened.picker, [report, card], **UNQUEUED)


def _example(key: str, who: Principal, lang: str) -> list[str]:
    """Return a world to begin with, in the language of the page."""
    return [lang, t(key, lang)]


def _models(studio: Studio, who: Principal) -> list[tuple[Any, str]]:
    """Return the models that somebody may choose: the default, whichever that is, and each by its name."""
    return [(words("model.default"), ""), *((name, name) for name in studio.models.pickable(who))]


def _ask(values: dict[str, Any], lang: str) -> dict[str, Any]:
    constraints = {name: int(values[name]) for name in ("locations", "locks")}
    request = {
        "kind": "world",
        "brief": values["brief"] or "",
        "language": values["language"],
        "constraints": constraints,
    }
    return request | ({"model": values["model"]} if values["model"] else {})


def _fill(request: dict[str, Any]) -> dict[str, Any]:
    known = {name: request[name] for name in ("brief", "language", "model") if name in request}
    return known | request.get("constraints", {})


def _built(studio: Studio) -> Any:
    def show(work: Work) -> Sequence[Any]:
        """Return the picker with the new world open, and the world as far as it is written."""
        id = (work.row.result or {}).get("world")
        try:
            world = _world(studio, work.who, id)
        except NotFound:
            return [gr.skip(), gr.skip()]
        notes = [t(one["template"], work.lang, **one["values"]) for one in work.named("note")]
        reports = work.named("report")
        card = _card(world, work.lang, notes) + (_report(reports[-1], work.lang) if reports else "")
        return [Opened.choices(studio, work.who, id), card]

    return show


def _world(studio: Studio, who: Principal, id: str | None) -> World | None:
    return desk.worlds(studio).get(id, who.id) if id else None


def _card(world: World | None, lang: str, notes: Sequence[str] = ()) -> str:
    """Return what a world is, in a few lines, and its quests as a graph."""
    if world is None:
        return hint(t("games.empty", lang))
    document = world.document
    counts = "".join(f"<li>{escape(t(f'kind.{kind}', lang))} {len(document[kind])}</li>" for kind in KINDS)
    told = "".join(f'<p class="faint">{escape(one)}</p>' for one in notes)
    graph = graphs.quests(document)
    heading = escape(t("games.quest-graph", lang))
    title = f"<h3>{heading}</h3>" if graph else ""
    return (
        f'<div class="world-card"><h2>{escape(world.name)}</h2><p>{escape(document["setting"])}</p>'
        f'<ul class="counts">{counts}</ul>{told}{title}{graph}</div>'
    )


def _report(found: dict[str, Any], lang: str) -> str:
    """Return what was checked, what was mended and what is wrong still."""
    total = sum(found["counts"].values())
    good = not found["wrong"]
    verdict = t("games.holds" if good else "games.wrong", lang, count=total, wrong=len(found["wrong"]))
    lists = ""
    for name in LISTS:
        if found[name]:
            lines = [t(one["template"], lang, **one["values"]) for one in found[name]]
            shown = "".join(f"<li>{escape(line)}</li>" for line in lines[:SHOWN])
            rest = escape(t("games.more", lang, count=len(lines) - SHOWN))
            more = f"<li>{rest}</li>" if len(lines) > SHOWN else ""
            title = escape(t(LISTS[name], lang, count=len(lines)))
            lists += f'<p class="faint">{title}</p><ul class="findings">{shown}{more}</ul>'
    style = "good" if good else "bad"
    return f'<div class="world-card"><p class="{style}">{escape(verdict)}</p>{lists}</div>'
