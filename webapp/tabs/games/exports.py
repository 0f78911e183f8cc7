"""The part of the Games tab where a world leaves for other programs, and comes in from a file."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

from assistants.errors import InvalidInput
from assistants.games import desk, importing
from assistants.games.exporting import FORMS
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import MB, UNQUEUED, takes_files, words
from webapp.native import handled
from webapp.tabs.games.opened import Opened


def build(studio: Studio, opened: Opened) -> None:
    """Make the part."""
    links = gr.HTML(elem_id="games-links")
    with gr.Row(), gr.Column():
        file = takes_files(
            gr.File(
                label=words("games.import"),
                file_types=[".zip", ".json", ".tmx", ".tmj"],
                elem_id="games-file",
                height=130,
            ),
            importing.MAX_BYTES // MB,
        )
        into = gr.Checkbox(label=words("games.import-into"))
        take = gr.Button(words("games.import-do"), elem_id="games-import")
        notes = gr.Markdown(elem_id="games-notes")

    def show(studio: Studio, who: Principal, lang: str, id: str | None) -> Sequence[Any]:
        return [_links(lang, id)]

    def taken(who: Principal, lang: str, id: str | None, path: str | None, is_map: bool) -> Sequence[Any]:
        from webapp.tabs.games import choices

        if not path:
            raise InvalidInput("file", "{field} is missing.")
        found = desk.take_in(studio, who.id, Path(path).name, Path(path).read_bytes(), id if is_map else None)
        said = [t(one["template"], lang, **one["values"]) for one in found.notes] or [t("games.imported", lang)]
        return [choices(studio, who, found.id), None, "\n\n".join(said)]

    opened.shows([links], show)
    take.click(handled(taken), [opened.picker, file, into], [opened.picker, file, notes], **UNQUEUED)


def _links(lang: str, id: str | None) -> str:
    """Return a link for every form that a world can be taken home in."""
    if id is None:
        return f'<div class="world-card"><p class="hint-box">{escape(t("games.empty", lang))}</p></div>'
    links = ""
    for form in ("all", *FORMS):
        title, about = (escape(t(f"form.{form}{part}", lang)) for part in ("", "-hint"))
        links += f'<a href="api/worlds/{quote(id)}/export?form={form}" download><b>{title}</b><span>{about}</span></a>'
    return f'<div class="forms">{links}</div>'
