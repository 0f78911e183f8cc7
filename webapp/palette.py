"""The command palette: one search over what a visitor has and what the studio offers.

It looks in the kinds of rows that can be found (``RowKind.find``). Rooms and actions the script knows itself
(``static/shared/palette.js``). Knows nothing about how a hit is drawn or opened.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

import gradio as gr
from pydantic import Field

from assistants.history.snippets import Marks, marks, pattern
from assistants.requests import StudioRequest
from assistants.store.row_kinds import Hit
from assistants.studio import Studio
from webapp.kit import UNQUEUED, respond
from webapp.live import live

# Of each kind: who wants more goes on in its tab.
SHOWN = 5


class Asked(StudioRequest):
    """A question of the script: ``find`` goes with words, ``job`` with the id that the address names."""

    do: Literal["find", "job"]
    q: Annotated[str, Field(max_length=200)] = ""
    id: Annotated[str, Field(max_length=64)] = ""


def build(studio: Studio) -> None:
    """Make the palette."""
    palette = live("shared", "palette")

    def answer(event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        return respond(Asked, event, request, lambda owner, asked, lang: act(studio, owner, asked))

    palette.action(answer, None, palette, trigger_mode="multiple", **UNQUEUED)


def act(studio: Studio, owner: str, asked: Asked) -> dict[str, Any]:
    """Return what was found, the best of each kind first; before anything was typed, what was open last."""
    if asked.do == "job":
        job = studio.jobs.get(asked.id, owner)
        return {"item": {"assistant": job.assistant, "id": job.id}}
    q = asked.q.strip()
    words = pattern(q)
    kinds = [kind for kind in studio.history.kinds if kind.find and (q or kind.is_recent)]
    return {
        "hits": [
            {"kind": kind.name} | asdict(hit) | marked(hit, words)
            for kind in kinds
            for hit in kind.find(studio, owner, asked.q, SHOWN)
        ]
    }


def marked(hit: Hit, words: Any) -> dict[str, Marks]:
    """Return where the words stand in what is shown of a hit."""
    return {"title_marks": marks(hit.title, words), "detail_marks": marks(hit.detail, words)}
