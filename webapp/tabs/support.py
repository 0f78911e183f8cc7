"""The Support tab: ask a base of knowledge, see what proves the answer and how it came about, and fill bases.

Files go in over REST (``webapp.api.knowledge``), which takes them as they are. Knows nothing about how any of it is
drawn or found.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from assistants import ingestion, support
from assistants.knowledge import Base
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.studio import Studio
from assistants.support import desk
from webapp.i18n import t, translate
from webapp.kit import answers
from webapp.live import live

TITLE = "tab.support"

Name = Annotated[str, Field(max_length=200)]


class Asked(StudioRequest):
    """A question of the script; ``id`` is a source or a job."""

    do: Literal["look", "ask", "result", "passage", "paste", "delete", "delete-base", "stop"]
    knowledge: Name | None = None
    question: Annotated[str, Field(max_length=200_000)] = ""
    conversation: Name | None = None
    id: Name = ""
    title: Name = ""
    text: Annotated[str, Field(max_length=ingestion.MAX_TEXT)] = ""
    site: Annotated[str, Field(max_length=2000)] = ""


def build(studio: Studio) -> None:
    """Make the tab."""
    tab = live("support")

    answers(tab, Asked, lambda who, asked, lang: act(studio, who, asked, lang))


def act(studio: Studio, who: Principal, asked: Asked, lang: str) -> dict[str, Any]:
    """Do what the script asks and return what it shows then."""
    knowledge = studio.knowledge
    match asked.do:
        case "ask":
            fields = ("question", "knowledge", "conversation")
            request = {name: value for name in fields if (value := getattr(asked, name)) is not None}
            return {"job": studio.jobs.submit(support.ID, request, who).id}
        case "result":
            return result(studio, who, asked.id, lang)
        case "passage":
            source, text, _ = knowledge.source(asked.knowledge or "", asked.id, who)
            return {"name": source.name, "text": text, "replaced": source.replaced is not None}
        case "stop":
            studio.jobs.stop(asked.id, who.id)
            return {}
        case "paste":
            request = {"knowledge": asked.knowledge or "", "title": asked.title, "text": asked.text, "site": asked.site}
            return {"job": studio.jobs.submit(ingestion.ID, request, who).id}
        case "delete":
            knowledge.delete(asked.knowledge or "", asked.id, who)
        case "delete-base":
            knowledge.delete_base(asked.knowledge or "", who)
    return look(studio, who, asked.knowledge, lang)


def look(studio: Studio, who: Principal, name: str | None, lang: str) -> dict[str, Any]:
    """Return the bases and, of the one that is looked at, the sources."""
    bases = studio.knowledge.bases()
    known = name if name in [base.name for base in bases] else None
    may_read = known is not None and studio.knowledge.may_read(known, who)
    sources = studio.knowledge.sources(known, who) if known is not None and may_read else []
    return {
        "bases": [shown(base) for base in bases],
        "sources": translate([asdict(source) for source in sources], lang),
        "reads": may_read,
        "may": who.is_operator,
        "waiting": desk.waiting(studio, known, who),
    }


def shown(base: Base) -> dict[str, Any]:
    """Return a base without the people who may read it: they are the operator's business."""
    said = asdict(base)
    return {name: said[name] for name in said if name not in ("visibility", "people")} | {"readers": base.readers}


def result(studio: Studio, who: Principal, job_id: str, lang: str) -> dict[str, Any]:
    """Return what came of a question, with the names of the sources that are still there."""
    row = studio.jobs.get(job_id, who.id)
    found = row.result or {}
    names = studio.knowledge.rows.names({citation["source"] for citation in found.get("citations", ())})
    return {
        "question": row.input,
        "result": found if "answer" in found else None,
        "names": names,
        "reads": bool(names) and studio.knowledge.may_read(found["knowledge"], who),
        "why": next((data["data"] for _, kind, data in studio.history.jobs.events(row.id) if is_why(kind, data)), None),
        "failure": t(row.failure["template"], lang, **row.failure["values"]) if row.failure else None,
        "status": row.status,
    }


def is_why(kind: str, data: Any) -> bool:
    """Say whether an event tells how an answer came about."""
    return kind == "part" and data["name"] == "why"
