"""The part of the Games tab where a world leaves for other programs, and comes in from a file.

The file goes over ``/api/worlds/import``, as from any program; Gradio's own uploads stay shut.
"""

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import gradio as gr

from assistants.games.exporting import FORMS
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import UNQUEUED, said
from webapp.live import live
from webapp.tabs.games.opened import Opened, hint
from webapp.visitors import visitor


def build(studio: Studio, opened: Opened) -> None:
    """Make the part."""
    links = gr.HTML(elem_id="games-links")
    taking = live("games", "taking", elem_id="games-taking")

    def show(studio: Studio, who: Principal, lang: str, id: str | None) -> Sequence[Any]:
        return [_links(lang, id), {"world": id}]

    def taken(event: gr.EventData, request: gr.Request) -> Any:
        """Open the world that a file has become."""
        id = said(event).get("world")
        return opened.choices(studio, visitor(request), id if isinstance(id, str) else None)

    opened.shows([links, taking], show)
    taking.action(taken, None, opened.picker, **UNQUEUED)


def _links(lang: str, id: str | None) -> str:
    """Return a link for every form that a world can be taken home in."""
    if id is None:
        return hint(t("games.empty", lang))
    links = ""
    for form in ("all", *FORMS):
        title, about = (escape(t(f"{part}.{form}", lang)) for part in ("format", "format-hint"))
        links += f'<a href="api/worlds/{quote(id)}/export?form={form}" download><b>{title}</b><span>{about}</span></a>'
    return f'<div class="forms">{links}</div>'
