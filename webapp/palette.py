"""The command palette: one search over what a visitor has and what the studio offers.

``SOURCES`` is what it looks in; another one is a function and a place in that list. Rooms and actions the script knows
itself (``static/shared/palette.js``). Knows nothing about how a hit is drawn or opened.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import gradio as gr
from pydantic import Field

from assistants import chat, images, playground, writing
from assistants.history.search import TITLE
from assistants.history.snippets import Marks, marks, pattern
from assistants.requests import StudioRequest
from assistants.store.pictures import Wanted
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


@dataclass(frozen=True)
class Hit:
    """Something to open: the tab of ``assistant`` knows what to do with ``kind`` and ``id``."""

    kind: str
    assistant: str
    id: str
    title: str
    detail: str = ""
    time: str | None = None


Source = Callable[[Studio, str, str], list[Hit]]


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
    sources = SOURCES if q else RECENT
    words = pattern(q)
    found = [hit for source in sources for hit in source(studio, owner, asked.q)]
    return {"hits": [asdict(hit) | marked(hit, words) for hit in found]}


def marked(hit: Hit, words: Any) -> dict[str, Marks]:
    """Return where the words stand in what is shown of a hit."""
    return {"title_marks": marks(hit.title, words), "detail_marks": marks(hit.detail, words)}


def conversations(studio: Studio, owner: str, q: str) -> list[Hit]:
    """Find the owner's conversations by title and text."""
    found = studio.history.conversations.list(owner, q, limit=SHOWN)
    return [Hit("conversation", chat.ID, one.id, one.title, time=one.updated) for one in found]


def drafts(studio: Studio, owner: str, q: str) -> list[Hit]:
    """Find the owner's drafts by name, brief and text."""
    found = studio.history.drafts.list(owner, q, limit=SHOWN)
    return [Hit("draft", writing.ID, one.id, one.name, time=one.updated) for one in found]


def items(studio: Studio, owner: str, q: str) -> list[Hit]:
    """Find the owner's items."""
    found = studio.history.search(owner, q, limit=SHOWN)
    return [Hit("item", one.assistant, one.id, one.title, one.snippet, one.created) for one in found]


def templates(studio: Studio, owner: str, q: str) -> list[Hit]:
    """Find the owner's prompt templates, by name, description and tags."""
    found = studio.prompts.list(owner, q)[:SHOWN]
    return [Hit("template", "prompts", card.id, card.name, card.description) for card in found]


def experiments(studio: Studio, owner: str, q: str) -> list[Hit]:
    """Find the owner's experiments of the playground by name; every word of ``q`` stands somewhere in it."""
    words = q.casefold().split()
    found = [
        one for one in studio.history.experiments.list(owner) if all(word in one.name.casefold() for word in words)
    ]
    return [Hit("experiment", playground.ID, one.id, one.name, time=one.updated) for one in found[:SHOWN]]


def pictures(studio: Studio, owner: str, q: str) -> list[Hit]:
    """Find the owner's pictures by prompt."""
    found = studio.history.pictures.page(owner, Wanted(query=q, limit=SHOWN)).pictures
    return [Hit("picture", images.ID, one.id, one.prompt[:TITLE], time=one.created) for one in found]


SOURCES: tuple[Source, ...] = (conversations, drafts, items, templates, experiments, pictures)
# What is shown before anything was typed.
RECENT: tuple[Source, ...] = (conversations, drafts)
