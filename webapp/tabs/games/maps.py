"""The part of the Games tab that has the maps: made by a generator, solved, and drawn with the own tile set."""

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import gradio as gr

from assistants.games import desk
from assistants.games.content import by_id
from assistants.games.maps import GENERATORS
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import UNQUEUED, words
from webapp.native import Work, handled, job_form
from webapp.tabs.games.opened import Opened, hint


def build(studio: Studio, opened: Opened) -> None:
    """Make the part."""
    with gr.Row():
        with gr.Column(scale=2):
            generators = [(words(f"generator.{one}"), one) for one in GENERATORS]
            generator = gr.Dropdown(
                generators, value="rooms", label=words("asked.generator"), elem_id="games-generator"
            )
            width = gr.Slider(12, 96, value=40, step=1, label=words("field.width"))
            height = gr.Slider(12, 96, value=24, step=1, label=words("field.height"))
            keys = gr.Slider(0, 5, value=2, step=1, label=words("asked.keys"))
            inputs = {"world": opened.picker, "generator": generator, "width": width, "height": height, "keys": keys}
            spot = gr.Column()
        with gr.Column(scale=3):
            which = gr.Dropdown(
                [], value=None, allow_custom_value=True, label=words("games.map"), visible=False, elem_id="games-map"
            )
            way = gr.Checkbox(value=True, label=words("games.way"), visible=False)
            picture = gr.HTML(elem_id="games-picture")
    with spot:
        outputs = [which, way, picture]
        job_form(studio, "games-maps", "games", words("games.add-map"), inputs, outputs, _made(studio), _ask, _fill)

    def show(studio: Studio, who: Principal, lang: str, id: str | None) -> Sequence[Any]:
        return _shown(studio, who, lang, id, None, True)

    def chosen(who: Principal, lang: str, id: str | None, which: str | None, way: bool) -> str:
        return str(_shown(studio, who, lang, id, which, way)[-1])

    opened.shows([which, way, picture], show)
    for widget in (which, way):
        widget.input(handled(chosen), [opened.picker, which, way], picture, **UNQUEUED)


def _ask(values: dict[str, Any], lang: str) -> dict[str, Any]:
    constraints = {name: int(values[name]) for name in ("width", "height", "keys")}
    return {"kind": "maps", "world": values["world"], "constraints": constraints | {"generator": values["generator"]}}


def _fill(request: dict[str, Any]) -> dict[str, Any]:
    return dict(request.get("constraints", {}))


def _made(studio: Studio) -> Any:
    def show(work: Work) -> Sequence[Any]:
        """Return the map that was made."""
        result = work.row.result or {}
        made = [part["ids"][-1] for part in work.named("made")]
        return _shown(studio, work.who, work.lang, result.get("world"), made[-1] if made else None, True)

    return show


def _shown(studio: Studio, who: Principal, lang: str, id: str | None, which: str | None, way: bool) -> Sequence[Any]:
    """Return the choice among the maps of a world, whether the way is shown, and the map."""
    world = desk.worlds(studio).get(id, who.id) if id else None
    if world is None or not world.document["maps"]:
        hidden = gr.update(visible=False)
        return [hidden, hidden, hint(t("games.empty" if world is None else "games.no-map", lang))]
    known = [one["id"] for one in world.document["maps"]]
    which = str(which) if which in known else str(known[0])
    choices = [(one["name"], one["id"]) for one in world.document["maps"]]
    one = by_id(world.document)[which][1]
    address = f"api/worlds/{quote(world.id)}/maps/{quote(which)}/picture?way={'true' if way else 'false'}"
    kinds = sorted({place["type"] for place in one["places"]})
    legend = "".join(f"<span>{escape(t(f'place.{kind}', lang))}: {_count(one, kind)}</span>" for kind in kinds)
    made = {"generator": t(f"generator.{one['generator']}", lang), "seed": one["seed"]}
    who_did = t("games.map-by-import" if one["generator"] == "import" else "games.map-by-code", lang, **made)
    picture = (
        f'<div class="map-picture"><img src="{escape(address)}" alt="{escape(one["name"])}">'
        f'<p class="legend">{legend}</p><p class="legend">{escape(who_did)}</p></div>'
    )
    return [gr.update(visible=True, choices=choices, value=which), gr.update(visible=True), picture]


def _count(one: dict[str, Any], kind: str) -> int:
    return sum(place["type"] == kind for place in one["places"])
