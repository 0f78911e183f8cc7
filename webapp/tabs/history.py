"""The History tab: everything that was generated, found as one types."""

from typing import Annotated, Any, Literal

import gradio as gr
from pydantic import Field

from assistants import ASSISTANTS
from assistants.history import Item
from assistants.jobs import TERMINAL
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp.kit import DIRECT, respond
from webapp.live import live

TITLE = "tab.history"

PAGE = 30
STATUSES = ("queued", "running", *sorted(TERMINAL))


class Asked(StudioRequest):
    """A question of the script; ``before`` is the number of the last item shown."""

    do: Literal["search"]
    q: Annotated[str, Field(max_length=200)] = ""
    assistant: Annotated[str, Field(max_length=64)] | None = None
    status: Annotated[str, Field(max_length=64)] | None = None
    before: int | None = None


def build(studio: Studio) -> None:
    """Make the tab."""
    history = live("history")

    def answer(event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        return respond(Asked, event, request, lambda owner, asked, lang: search(studio, owner, asked))

    history.action(answer, None, history, trigger_mode="multiple", **DIRECT)


def search(studio: Studio, owner: str, asked: Asked) -> dict[str, Any]:
    """Return a page of the owner's items, newest first, and what they can be sorted out by."""
    found = studio.history.search(owner, asked.q, asked.assistant, asked.status, PAGE + 1, asked.before)
    return {
        "items": [shown(item) for item in found[:PAGE]],
        "more": len(found) > PAGE,
        "assistants": [assistant.ID for assistant in ASSISTANTS],
        "statuses": STATUSES,
    }


def shown(item: Item) -> dict[str, Any]:
    """Return an item as the script draws it; all of it is text."""
    fields = ("number", "id", "assistant", "status", "model", "title", "snippet", "created")
    return {name: getattr(item, name) for name in fields}
