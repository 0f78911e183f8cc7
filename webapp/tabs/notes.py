"""The Notes tab: write a note, read it again. Knows nothing about how a note is drawn or kept."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

import gradio as gr
from pydantic import Field

from assistants import notes
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp.kit import UNQUEUED, respond
from webapp.live import live

TITLE = "tab.notes"


class Asked(StudioRequest):
    """A question of the script; ``id`` is a note."""

    do: Literal["list", "open", "keep", "delete"]
    id: Annotated[str, Field(max_length=64)] = ""
    text: Annotated[str, Field(max_length=notes.MAX_TEXT)] = ""


def build(studio: Studio) -> None:
    """Make the tab."""
    tab = live("notes")

    def answer(event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        return respond(Asked, event, request, lambda owner, asked, lang: act(studio, owner, asked))

    tab.action(answer, None, tab, trigger_mode="multiple", **UNQUEUED)


def act(studio: Studio, owner: str, asked: Asked) -> dict[str, Any]:
    """Do what the script asks and return what it shows then."""
    store = studio.history.store
    match asked.do:
        case "open":
            return {"note": asdict(notes.get(store, asked.id, owner))}
        case "keep":
            return {"job": studio.jobs.submit(notes.ID, {"text": asked.text}, owner).id}
        case "delete":
            notes.delete(store, asked.id, owner)
    return {"notes": [asdict(note) for note in notes.find(store, owner)]}
