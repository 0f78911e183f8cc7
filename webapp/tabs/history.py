"""The History tab: everything that was generated, found as one types; what has no tab of its own opens here.

Two items are compared here, deleted ones brought back, and what was made is counted. Knows nothing about how any of it
is drawn or stored.
"""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from assistants import ASSISTANTS, writing
from assistants.errors import InvalidInput
from assistants.history import Item
from assistants.history.compare import leaves
from assistants.jobs import TERMINAL
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from webapp.i18n import has, t
from webapp.kit import answers
from webapp.live import live
from webapp.wording import why

TITLE = "tab.history"

PAGE = 30
# Of a long conversation the end is shown, and of a long text the beginning.
MESSAGES, CHARACTERS = 20, 20_000
STATUSES = ("queued", "running", *sorted(TERMINAL))

# Of a request, what no person has chosen, and what only holds other names.
INTERNAL = frozenset({"conversation", "parent", "wait", "id", "section", "style_version"})
WRAPPERS = frozenset({"params", "controls", "fields", "values", "study_options"})
# Whose values are words of ours.
CHOICES = frozenset({"action", "kind", "operation", "choose", "how", "study", "type", "role", "use", "language"})

Id = Annotated[str, Field(max_length=64)]
Name = Annotated[str, Field(max_length=200)]
Moment = Annotated[str, Field(max_length=40)]


class Asked(StudioRequest):
    """A question of the script; ``before`` is the number of the last item shown, ``ids`` are the items it is about."""

    do: Literal["search", "open", "star", "again", "compare", "delete", "trash", "restore", "empty", "stats"]
    ids: Annotated[list[Id], Field(max_length=1000)] = []
    q: Annotated[str, Field(max_length=200)] = ""
    assistant: Name | None = None
    status: Name | None = None
    model: Name | None = None
    template: Name | None = None
    since: Moment | None = None
    until: Moment | None = None
    starred: bool | None = None
    before: int | None = None
    days: int = 30


def build(studio: Studio) -> None:
    """Make the tab."""
    history = live("history")

    answers(history, Asked, lambda who, asked, lang: act(studio, who, asked, lang))


def act(studio: Studio, who: Principal, asked: Asked, lang: str) -> dict[str, Any]:
    """Do what the script asks and return what it shows then."""
    history, first = studio.history, asked.ids[0] if asked.ids else ""
    match asked.do:
        case "search":
            return search(studio, who, asked)
        case "open":
            return {"item": opened(studio.jobs.get(first, who.id), lang)}
        case "star":
            history.jobs.star(first, who.id, bool(asked.starred))
            return {}
        case "again":
            return {"job": studio.jobs.again(first, who).id}
        case "compare":
            return compare(studio, who.id, asked.ids, lang)
        case "delete":
            return {"trashed": history.trash.put(who.id, asked.ids)}
        case "stats":
            return {"counts": [asdict(count) for count in history.stats(who.id, asked.days)]}
        case _:
            return look_into_trash(studio, who.id, asked)


def look_into_trash(studio: Studio, owner: str, asked: Asked) -> dict[str, Any]:
    """Restore lines of the trash or empty it, if that is asked; return what lies in it then."""
    trash = studio.history.trash
    if asked.do == "restore":
        for line in asked.ids:
            trash.restore(owner, line)
    if asked.do == "empty":
        trash.empty(owner)
    return {"trash": [asdict(line) for line in trash.list(owner)]}


def search(studio: Studio, who: Principal, asked: Asked) -> dict[str, Any]:
    """Return a page of the owner's items, and on the first one what they can be sorted out by."""
    filters = {name: getattr(asked, name) for name in ("assistant", "status", "model", "template", "starred")}
    filters |= {name: moment(name, getattr(asked, name)) for name in ("since", "until")}
    found = studio.history.search(who.id, asked.q, limit=PAGE + 1, before=asked.before, **filters)
    page = {"items": [shown(item) for item in found[:PAGE]], "more": len(found) > PAGE}
    if asked.before is not None:
        return page
    made_by = {"assistants": [assistant.ID for assistant in ASSISTANTS], "statuses": STATUSES}
    return page | made_by | studio.history.choices(who.id) | {"is_operator": who.is_operator}


def moment(name: str, value: str | None) -> datetime | None:
    """Return a time that the script sent."""
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError as error:
        raise InvalidInput(name, "{field} is not a time of this calendar.") from error


def shown(item: Item) -> dict[str, Any]:
    """Return an item as the script draws it; all of it is text."""
    return {name: value for name, value in asdict(item).items() if name != "finished"}


def compare(studio: Studio, owner: str, ids: list[str], lang: str) -> dict[str, Any]:
    """Return two items and where they differ."""
    if len(ids) != 2:
        raise InvalidInput("ids", "{field} must name {low} to {high} items.", low=2, high=2)
    compared = studio.history.compare(owner, *ids)
    jobs = [studio.jobs.get(item, owner) for item in ids]
    left, right = (leaves(job) for job in jobs)
    # What is said of any item and is called a question, a prompt or a topic here, too, is said once.
    shared = [name for name in left if left[name] == jobs[0].input and right.get(name) == jobs[1].input]
    hidden = INTERNAL | ({"message"} if len(shared) > 1 else set())
    inputs = [
        {
            "label": label(one.name, lang),
            "left": said(left.get(one.name), lang, one.name),
            "right": said(right.get(one.name), lang, one.name),
            "same": one.same,
        }
        for one in compared.inputs
        if one.name not in hidden
    ]
    items = [opened(job, lang) for job in jobs]
    return {"inputs": inputs, "output": [[piece.kind, piece.text] for piece in compared.output], "items": items}


def label(name: str, lang: str) -> str:
    """Return what an input is called on the page: "params.seed" is Seed, and a variable as its person has called it."""
    first, _, rest = name.partition(".")
    if first == "values" and rest:
        return rest
    if first == "fields" and rest:
        titles = [kind.fields[rest].title for kind in writing.kinds().values() if rest in kind.fields]
        return writing.in_language(titles[0], lang) if titles else rest
    return " · ".join(named(part, lang) or part for part in name.split(".") if part not in WRAPPERS) or name


def named(part: str, lang: str) -> str | None:
    """Return what a field of a request is called on the page, if it is."""
    return next((t(key, lang) for key in (f"asked.{part}", f"field.{part}") if has(key)), None)


def said(value: Any, lang: str, name: str) -> str | None:
    """Return an input as a person reads it: no notation, and the words of the page where it has some."""
    leaf = name.rpartition(".")[2]
    if isinstance(value, list):
        return "\n".join(filter(None, (said(one, lang, name) for one in value))) or None
    if isinstance(value, dict):
        inner = ((named(key, lang) or key, said(one, lang, key)) for key, one in value.items() if key not in INTERNAL)
        return " · ".join(f"{key}: {words}" for key, words in inner if words) or None
    if isinstance(value, bool):
        return t("asked.yes" if value else "asked.no", lang)
    if value is None or leaf not in CHOICES:
        return None if value is None else str(value)
    return next((t(key, lang) for key in (f"asked.{leaf}.{value}", f"{leaf}.{value}") if has(key)), str(value))


def opened(job: JobRow, lang: str) -> dict[str, Any]:
    """Return what was asked and what came of it, as the script draws it; all of it is text."""
    request = job.request
    said = [(one["role"], one["content"]) for one in request.get("messages") or []] or [("user", job.input)]
    settings = {name: request[name] for name in ("params", "controls") if request.get(name)}
    usage = job.usage or {}
    return {
        "id": job.id,
        "is_open": job.is_open,
        "status": job.status,
        "assistant": job.assistant,
        "model": job.model,
        "created": job.created,
        "said": [{"role": role, "text": text[:CHARACTERS]} for role, text in said[-MESSAGES:]],
        "output": job.output,
        "error": why(job.failure, lang),
        "settings": json.dumps(settings, ensure_ascii=False, indent=2) if settings else None,
        "tokens": {"read": usage["input_tokens"], "written": usage["output_tokens"]}
        if "output_tokens" in usage
        else None,
        "seconds": usage.get("seconds"),
    }
