"""What the command palette finds over HTTP: what a visitor has, and what the studio offers.

It looks in the kinds of rows that can be found (``RowKind.find``), and among the models. Tabs, settings and actions
the script knows itself (``static/shared/palette.js``). Knows nothing about how a hit is drawn or opened.
"""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from assistants.history.snippets import Marks, marks, pattern
from assistants.models import LOCAL
from assistants.principals import Principal
from assistants.store.row_kinds import Hit
from assistants.studio import Studio
from webapp.api.dependencies import TheStudio, Who
from webapp.api.errors import answers
from webapp.api.history import Shape, Words

router = APIRouter(tags=["palette"])

# Of each kind: who wants more goes on in its tab.
SHOWN = 5
# Among so many of a kind, those whose title has the words are put first.
SCANNED = 50


class FoundRow(Shape):
    """A row that was found. Marks are (begin, end) in characters, where the words looked for stand."""

    kind: str
    id: str
    title: str
    detail: str
    time: str | None
    assistant: str | None = Field(description="Who made it, where it opens in that one's tab")
    title_marks: Marks
    detail_marks: Marks
    is_titled: bool = Field(description="Whether all words stand in the title")


class FoundModel(BaseModel):
    """A model that can be chosen."""

    name: str = Field(description="`provider:model`")
    title: str


class Found(BaseModel):
    """All that was found, by title before by text."""

    hits: list[FoundRow]
    models: list[FoundModel]


@router.get("/palette", responses=answers(401, 422, 503))
def find(
    studio: TheStudio,
    who: Who,
    q: Annotated[Words, Query(max_length=200, description="Words; without any, what was open last is there")] = "",
) -> Found:
    """Find in all that you have, and among the models."""
    wanted = q.strip()
    words = pattern(wanted)
    kinds = [kind for kind in studio.history.kinds if kind.find and (wanted or kind.is_recent)]
    hits = [
        FoundRow(
            kind=kind.name,
            is_titled=titled,
            title_marks=marks(hit.title, words),
            detail_marks=marks(hit.detail, words),
            **vars(hit),
        )
        for kind in kinds
        if kind.find
        for titled, hit in best(kind.find(studio, who.id, q, SCANNED if wanted else SHOWN), wanted)
    ]
    return Found(hits=hits, models=models(studio, who, wanted))


def best(hits: Iterable[Hit], q: str) -> list[tuple[bool, Hit]]:
    """Return the first hits and whether all words stand in their title: those where they do come first."""
    looks = [pattern(word) for word in q.split()]
    ranked = [(all(look.search(hit.title) for look in looks if look), hit) for hit in hits]
    return sorted(ranked, key=lambda one: not one[0])[:SHOWN]


def models(studio: Studio, who: Principal, q: str) -> list[FoundModel]:
    """Return the models that can be chosen and have every word of ``q`` in their name or title."""
    titles = {LOCAL + card.name: card.title for card in studio.models.installer.listed(who)} if q else {}
    found = [(name, titles.get(name, name)) for name in studio.models.pickable(who)] if q else []
    wanted = q.casefold().split()
    fitting = [one for one in found if all(word in " ".join(one).casefold() for word in wanted)]
    return [FoundModel(name=name, title=title) for name, title in fitting[:SHOWN]]
