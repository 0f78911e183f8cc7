"""The Games tab: a world, its content, its maps, the game in it, and the files that leave it, in Gradio's own widgets.

Which world is open is the value of one picker; all else is read anew by it. Only the game is a component of our own,
over ``/api/worlds``. Every handler calls the library operation of the route of the same matter.
"""

from typing import Any

import gradio as gr

from assistants.principals import Principal
from assistants.studio import Studio
from webapp.kit import UNQUEUED, said, words
from webapp.live import live
from webapp.native import handled, native_tab
from webapp.tabs.games import content, exports, maps, world
from webapp.tabs.games.opened import Opened
from webapp.visitors import visitor

TITLE = "tab.games"


def build(studio: Studio) -> None:
    """Make the tab."""
    with native_tab("games") as events:
        picker = gr.Dropdown(
            choices=[],
            value=None,
            allow_custom_value=True,
            label=words("games.world"),
            visible=False,
            elem_id="games-open",
        )
        opened = Opened(picker)
        with gr.Tabs():
            with gr.Tab(words("games.part-world"), elem_id="games-world"):
                world.build(studio, opened)
            with gr.Tab(words("games.part-content"), elem_id="games") as part:
                content.build(studio, opened, part)
            with gr.Tab(words("games.part-map"), elem_id="games-maps"):
                maps.build(studio, opened)
            with gr.Tab(words("games.part-play"), elem_id="games-narration"):
                play = live("games", "play", elem_id="games-play")
                opened.shows([play], lambda _studio, who, lang, id: [{"world": id}])
            with gr.Tab(words("games.part-export"), elem_id="games-export"):
                exports.build(studio, opened)
        opened.wire(studio)

    def entered(who: Principal, lang: str, chosen: str | None) -> Any:
        return opened.choices(studio, who, chosen)

    events.action(handled(entered), picker, picker, **UNQUEUED)

    def named(event: gr.EventData, request: gr.Request) -> Any:
        """Open the world that the address names."""
        id = said(event).get("world")
        return opened.choices(studio, visitor(request), id if isinstance(id, str) else None)

    events.refill(named, None, picker, **UNQUEUED)
