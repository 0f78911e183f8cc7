"""The command palette: one search over what a visitor has and what the studio offers.

It looks in the kinds of rows that can be found (``RowKind.find``), and among the models. Tabs, settings and actions
the script knows itself (``static/shared/palette.js``). Knows nothing about how a hit is drawn or opened.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from assistants.history.snippets import Marks, marks, pattern
from assistants.models import LOCAL
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.store.row_kinds import Hit
from assistants.studio import Studio
from webapp.kit import answers
from webapp.live import live

# Of each kind: who wants more goes on in its tab.
SHOWN = 5
# Among so many of a kind, those whose title has the words are put first.
SCANNED = 50


class Asked(StudioRequest):
    """A question of the script: ``find`` goes with words, ``job`` with the id that the address names."""

    do: Literal["find", "job"]
    q: Annotated[str, Field(max_length=200)] = ""
    id: Annotated[str, Field(max_length=64)] = ""


def build(studio: Studio) -> None:
    """Make the palette."""
    palette = live("shared", "palette")

    answers(palette, Asked, lambda who, asked, lang: act(studio, who, asked))


def act(studio: Studio, who: Principal, asked: Asked) -> dict[str, Any]:
    """Return what was found, by title before by text; before anything was typed, what was open last."""
    if asked.do == "job":
        job = studio.jobs.get(asked.id, who.id)
        return {"item": {"assistant": job.assistant, "id": job.id}}
    q = asked.q.strip()
    words = pattern(q)
    kinds = [kind for kind in studio.history.kinds if q or kind.is_recent]
    hits = [
        {"kind": kind.name} | asdict(hit) | marked(hit, words) | {"is_titled": titled}
        for kind in kinds
        if kind.find
        for titled, hit in best(kind.find(studio, who.id, asked.q, SCANNED if q else SHOWN), q)
    ]
    return {"hits": hits, "models": models(studio, who, q)}


def best(hits: Iterable[Hit], q: str) -> list[tuple[bool, Hit]]:
    """Return the first hits and whether all words stand in their title: those where they do come first."""
    looks = [pattern(word) for word in q.split()]
    ranked = [(all(look.search(hit.title) for look in looks if look), hit) for hit in hits]
    return sorted(ranked, key=lambda one: not one[0])[:SHOWN]


def models(studio: Studio, who: Principal, q: str) -> list[dict[str, str]]:
    """Return the models that can be chosen and have every word of ``q`` in their name or title."""
    titles = {LOCAL + card.name: card.title for card in studio.models.installer.listed(who)} if q else {}
    found = [(name, titles.get(name, name)) for name in studio.models.pickable(who)] if q else []
    wanted = q.casefold().split()
    fitting = [one for one in found if all(word in " ".join(one).casefold() for word in wanted)]
    return [{"name": name, "title": title} for name, title in fitting[:SHOWN]]


def marked(hit: Hit, words: Any) -> dict[str, Marks]:
    """Return where the words stand in what is shown of a hit."""
    return {"title_marks": marks(hit.title, words), "detail_marks": marks(hit.detail, words)}
