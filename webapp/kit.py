"""What two or more tabs share: words and the way a handler answers a live component.

Every handler is a public endpoint. Whoever asks is found here and handed on; what is theirs, the library checks.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
from gradio.i18n import I18nData

from assistants.errors import InvalidInput, StudioError
from assistants.principals import Principal
from assistants.requests import StudioRequest, validated
from webapp.i18n import language
from webapp.visitors import visitor
from webapp.wording import sentence

Asked = TypeVar("Asked", bound=StudioRequest)

# How handlers are wired that answer at once: one request and its answer, past Gradio's queue. In 6.31 that loses an
# answer now and then when two events overlap: the stream that the first one closes was to bring the second one's.
UNQUEUED = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}

MB = 1024 * 1024
BROKEN = StudioError("Something broke. The studio's log says more.")

log = logging.getLogger(__name__)


def words(key: str) -> I18nData:
    """Return a label that Gradio shows in the visitor's language; ``key`` is one of the ``page`` texts."""
    return I18nData(key)


def respond(
    asked: type[Asked],
    event: gr.EventData,
    request: gr.Request,
    handle: Callable[[Principal, Asked, str], dict[str, Any]],
) -> dict[str, Any]:
    """Answer a live component: ``handle(who, asked, lang)``, or the error it raised as a sentence.

    ``n`` is the question's number, by which the script knows its answer.
    """
    data, lang = said(event), language(request)
    number = None
    try:
        number = counted(data.pop("n", None))
        answer = handle(visitor(request), validated(asked, data), lang)
    except StudioError as error:
        answer = {"error": sentence(error, lang)}
    except Exception:
        log.exception("the page's question %r broke", data.get("do"))
        answer = {"error": sentence(BROKEN, lang)}
    return {"n": number, **answer}


def answers(component: gr.HTML, asked: type[Asked], handle: Callable[[Principal, Asked, str], dict[str, Any]]) -> None:
    """Let ``handle`` answer what the script of a live component asks, as ``respond`` does."""

    def answer(event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        return respond(asked, event, request, handle)

    component.action(answer, None, component, trigger_mode="multiple", **UNQUEUED)


def said(event: gr.EventData) -> dict[str, Any]:
    """Return what a script says with an event: anybody can send one that says anything."""
    return dict(event._data) if isinstance(event._data, dict) else {}


def counted(number: Any) -> int | None:
    """Return the number of a question, if it has one; raises ``InvalidInput`` for what a script would not count to."""
    if number is None or (type(number) is int and abs(number) < 2**53):
        return number
    raise InvalidInput("n", "{field} must be a whole number.")


def takes_files(component: gr.components.Component, megabytes: int = 20) -> gr.components.Component:
    """Let visitors hand files to a component, of so many megabytes at most; no other component takes any."""
    component.studio_file_limit = megabytes * MB
    return component


def file_limit(component: Any) -> int:
    """Return how many bytes a file for a component may have: 0 where it takes none."""
    return getattr(component, "studio_file_limit", 0)
