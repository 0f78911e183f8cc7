"""What the script of the Playground tab may ask for, and the answers.

What a job's cells say comes to the script by the job's events (``webapp.api.jobs``). Every check is the library's;
knows nothing about how anything is drawn.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from assistants import playground
from assistants.diffs import pieces
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.studio import Studio
from webapp.tabs.playground import view

Id = Annotated[str, Field(max_length=64)]
Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=1_000_000)]


class Asked(StudioRequest):
    """A question of the script; ``id`` is an experiment or a prompt, ``variant``, ``row`` and ``repeat`` are a cell."""

    do: Literal[
        "home", "dataset", "template", "from", "table", "run", "stop", "open", "messages", "compare",
        "experiments", "experiment", "save", "rename", "delete", "targets", "promote",
    ]  # fmt: skip
    request: dict[str, Any] = {}
    job: Id = ""
    id: Name | None = None
    name: str = ""
    note: str = ""
    text: Text = ""
    pairs: bool = False
    left: Text = ""
    right: Text = ""
    variant: int = 0
    row: int = 0
    repeat: int = 0


def act(studio: Studio, who: Principal, asked: Asked, lang: str) -> dict[str, Any]:
    """Do what the script asks and return what it shows then."""
    match asked.do:
        case "home":
            return view.home(studio, who, lang)
        case "dataset":
            return {"request": view.dataset(studio, lang)}
        case "template":
            return {"prompt": view.prompt(studio, who.id, asked.id or "")}
        case "from":
            return {"request": playground.from_item(studio, who.id, asked.job)}
        case "table":
            return {"rows": view.table(asked.text, pairs=asked.pairs)}
        case "run":
            return {"job": studio.jobs.submit(playground.ID, asked.request, who).id}
        case "stop":
            studio.jobs.stop(asked.job, who.id)
            return {}
        case "open":
            return view.opened(studio, who.id, asked.job, lang)
        case "messages":
            cell = (asked.variant, asked.row)
            return {"messages": playground.messages(studio, who.id, asked.job, *cell)}
        case "compare":
            return {"pieces": [[piece.kind, piece.text] for piece in pieces(asked.left, asked.right)]}
        case "targets":
            return {"targets": view.targets(studio, who.id)}
        case "promote":
            promoted = (asked.job, asked.variant, asked.id or "", asked.note)
            return {"version": playground.promote(studio, who.id, *promoted)}
        case _:
            return experiments(studio, who.id, asked)


def experiments(studio: Studio, owner: str, asked: Asked) -> dict[str, Any]:
    """Open a saved experiment, or change the list of them and return it."""
    saved, id = studio.history.experiments, asked.id
    match asked.do:
        case "experiment":
            one = saved.get(id or "", owner)
            return {
                "request": view.expanded(studio, owner, one.request or {}),
                "experiment": {"id": one.id, "name": one.name},
            }
        case "save":
            id = playground.keep(studio, owner, asked.name, asked.request, id).id
        case "rename":
            one = saved.get(id or "", owner)
            saved.save(owner, asked.name, one.request or {}, one.id)
        case "delete":
            saved.delete(id or "", owner)
    return {"id": id, "experiments": [asdict(one) for one in saved.list(owner)]}
