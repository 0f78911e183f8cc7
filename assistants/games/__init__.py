"""Games: worlds whose content an engine can load and a player can finish.

    request.py     what may be asked, and the limits
    content.py     the kinds of things and their schemas (schemas.yaml)
    structure.py   a whole world, made so that it can be finished
    making.py      more of a kind in a world that there is
    elements.py    new things; naming.py their names until a model gives others (lexicon.yaml)
    dialogues.py   talks as trees; ways.py ways between places; balance.py what a level is worth
    maps.py        maps by generators; solving.py whether they can be solved
    adventure.py   the rules (adventure.yaml); states.py the state of a player; reading.py what one types
    player.py      a solver, and a player who only sees what is told
    playing.py     games as they go on
    integrity/     what must hold, checked and mended; work.py does that in a process apart
    texts.py       what a model writes; likeness.py what nearly repeats
    generating.py  a job
    worlds.py      what people have of it, and rows.py its tables

The program makes what can be wrong, and a model writes what can only be better or worse. Knows nothing about pages.
"""

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistants.errors import Conflict, InvalidInput
from assistants.games import generating, structure
from assistants.games.request import Request, check
from assistants.games.rows import ROWS
from assistants.games.structure import Size
from assistants.games.worlds import LOCKED, Worlds, element_of
from assistants.jobs import Event, RunningJob
from assistants.principals import Principal
from assistants.requests import Admission

if TYPE_CHECKING:
    from assistants.studio import Studio

__all__ = ["ID", "RESUMABLE", "ROWS", "Request", "admit", "look_over", "run"]

ID = "games"
RESUMABLE = True

RANDOM_SEEDS = 2**32


def look_over(studio: "Studio", request: Request, who: Principal) -> None:
    """Refuse what contradicts itself; what maps are made with takes a moment to load."""
    check(request)
    from scipy import ndimage

    assert ndimage, "it is there"


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Find the world, or build a new one, which can be played at once; settle the seed."""
    model = studio.models.resolve(request.model, who, "chat")
    seed = random.randrange(RANDOM_SEEDS) if request.seed is None else request.seed
    settled = request.model_dump(mode="json", exclude_unset=True) | {"seed": seed}
    worlds = Worlds(studio.history.store)
    if request.kind == "world":
        document = structure.build(seed, request.language, request.brief, _size(request))
        world = worlds.create(who.id, document, "made", job_id, model)
        return Admission(request.brief or document["name"], model, {"world": world}, settled=settled)
    kept = worlds.get(str(request.world), who.id)
    if request.kind == "field":
        _check_field(kept.document, request)
    if request.kind == "narration":
        worlds.game(kept.id, who.id, str(request.game))
    return Admission(f"{kept.name}: {request.kind}", model, {"world": kept.id}, settled=settled)


def _size(request: Request) -> Size:
    asked = request.constraints.model_dump(exclude_none=True)
    return Size(**asked)


def _check_field(document: structure.Document, request: Request) -> None:
    thing = element_of(document, str(request.element))
    if thing["locked"]:
        raise Conflict(LOCKED, id=request.element)
    if request.field == "name" and thing["id"].startswith(("dialogue", "shop", "bark", "quest")):
        raise InvalidInput("field", "The name of this is made of others; only its description is written.")


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Make, write and prove what was asked."""
    yield from generating.run(studio, request, job)
