"""What the chat's script may ask for, and the answers: always the parts of the page that may have changed.

Knows nothing about how they are drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from assistants import chat
from assistants.errors import InvalidInput, NotFound, StudioError
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from webapp import better
from webapp.i18n import t
from webapp.kit import sentence
from webapp.tabs.chat import view

Id = Annotated[str, Field(max_length=64)]

Name = Annotated[str, Field(max_length=200)]

MAX_WINDOW = 1_000
WHOLE_LIST = 1_000


class Asked(StudioRequest):
    """A question of the script; ``have`` maps the turns it shows to their keys, so that only changed ones are sent.

    ``values`` are for the variables of the template that is chosen. Whether a message is to ``wait`` for the better
    model, a person may have to be asked.
    """

    do: Literal[
        "open", "refresh", "send", "regenerate", "continue", "stop", "select", "delete-message", "restore-message",
        "list", "rename", "pin", "unpin", "delete", "restore", "model", "template", "better", "pause", "keep",
        "understood",
    ]  # fmt: skip
    conversation: Id | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_WINDOW)] = 30
    have: dict[Id, Id] = {}
    q: Annotated[str, Field(max_length=200)] = ""
    shown: Annotated[int, Field(ge=1, le=WHOLE_LIST)] = 40
    text: Annotated[str, Field(max_length=1_000_000)] = ""
    values: dict[Name, Annotated[str, Field(max_length=1_000_000)]] = {}
    message: Id | None = None
    job: Id | None = None
    target: Id | None = None
    wait: bool | None = None


@dataclass(frozen=True)
class Chosen:
    """What the settings say: model, template, and all of them as part of a request, which raises if one is wrong."""

    model: str
    template: str | None
    request: Callable[[], dict[str, Any]]


def act(studio: Studio, who: Principal, asked: Asked, chosen: Chosen, lang: str) -> dict[str, Any]:
    """Do what was asked and return what the page shows now."""
    if asked.do in better.DEEDS:
        better.do(studio, who, asked.do)
    if asked.do in ("model", *better.DEEDS):
        return {"model": view.model(studio, who, chosen.model, lang)}
    if asked.do == "template":
        return {"template": view.template(studio, who.id, chosen.template)}
    if asked.do == "list":
        return {"chats": view.chats(studio, who.id, asked.q, asked.shown)}
    if asked.do == "stop":
        studio.jobs.stop(asked.job or "", who.id)
        return {}
    if asked.do in ("rename", "pin", "unpin", "delete", "restore"):
        return _change_list(studio, who.id, asked, lang)
    if asked.do == "open":
        return _open(studio, who, asked, chosen, lang)
    return _change_thread(studio, who, asked, chosen, lang)


def _shown(studio: Studio, owner: str, asked: Asked, conversation: str | None, lang: str) -> dict[str, Any]:
    thread = view.thread(studio, owner, conversation, asked.limit, asked.have, lang)
    return thread | {"chats": view.chats(studio, owner, asked.q, asked.shown)}


def _open(studio: Studio, who: Principal, asked: Asked, chosen: Chosen, lang: str) -> dict[str, Any]:
    """Show a conversation, at a message of it or at the turn of a job; where there is none, a new one and why."""
    conversation, extra = asked.conversation, {}
    try:
        if asked.job:
            turn = view.turn_of(studio, who.id, asked.job)
            studio.history.conversations.select(turn.id, who.id)
            conversation = turn.conversation
            extra = {
                "focus": turn.id,
                "inputs": _inputs(studio, studio.jobs.get(asked.job, who.id), chosen, asked.values),
            }
        elif asked.message:
            studio.history.conversations.select(asked.message, who.id)
            extra = {"focus": asked.message}
        answer = _shown(studio, who.id, asked, conversation, lang) | extra
    except NotFound as error:
        answer = _shown(studio, who.id, asked, None, lang) | {"error": sentence(error, lang)}
    about = {"template": view.template(studio, who.id, chosen.template)}
    return answer | about | {"model": view.model(studio, who, chosen.model, lang)}


def _inputs(studio: Studio, job: JobRow, chosen: Chosen, values: dict[str, str]) -> dict[str, Any] | None:
    """Return what a job was asked with and what the settings say now, for one who wants that back; None if the same."""
    now = chat.inputs(job.request, job.model)
    if now["model"] == studio.models.resolve(None):
        # The default, as long as that is the same.
        now["model"] = None
    # The page asks with the version in use.
    now.pop("template_version", None)
    try:
        before = chat.inputs(chosen.request() | ({"values": values} if values else {}))
    except InvalidInput:
        before = None
    return None if now == before else {"now": now, "before": before}


def _change_thread(studio: Studio, who: Principal, asked: Asked, chosen: Chosen, lang: str) -> dict[str, Any]:
    conversation, extra = asked.conversation, {}
    match asked.do:
        case "send" | "regenerate" | "continue":
            if asked.wait is None and (coming := better.worth_waiting(studio, chosen.model, asked.text, lang)):
                return {"coming": coming}
            try:
                conversation = _submit(studio, who, asked, chosen)
            except StudioError as error:
                return {"error": sentence(error, lang)}
        case "select":
            studio.history.conversations.select(asked.message or "", who.id)
        case "delete-message":
            studio.history.conversations.delete_message(asked.message or "", who.id)
            undo = {"do": "restore-message", "details": {"message": asked.message}}
            extra["undo"] = undo | {"text": t("chat.message-deleted", lang)}
        case "restore-message":
            studio.history.conversations.restore_message(asked.message or "", who.id)
    return _shown(studio, who.id, asked, conversation, lang) | extra


def _submit(studio: Studio, who: Principal, asked: Asked, chosen: Chosen) -> str:
    request = chosen.request() | {"action": asked.do, "parent": asked.message}
    if asked.values:
        request["values"] = asked.values
    if asked.do == "send":
        request |= {"message": asked.text, "conversation": asked.conversation}
    if asked.wait:
        request["wait"] = True
    return (studio.jobs.submit(chat.ID, request, who).result or {})["conversation"]


def _change_list(studio: Studio, owner: str, asked: Asked, lang: str) -> dict[str, Any]:
    conversations, target = studio.history.conversations, asked.target or ""
    undo = {}
    match asked.do:
        case "rename":
            conversations.rename(target, owner, asked.text)
        case "pin" | "unpin":
            conversations.pin(target, owner, asked.do == "pin")
        case "restore":
            conversations.restore(target, owner)
        case "delete":
            title = conversations.get(target, owner).title
            conversations.delete(target, owner)
            undo = {"do": "restore", "details": {"target": target}, "text": t("chat.deleted", lang, title=title)}
    shown = None if asked.do == "delete" and asked.conversation == target else asked.conversation
    if asked.do == "restore" and not asked.conversation:
        shown = target
    return _shown(studio, owner, asked, shown, lang) | ({"undo": undo} if undo else {})
