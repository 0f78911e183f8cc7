"""What two or more tabs share: words, pickers, and the way a handler answers a live component.

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
from assistants.studio import Studio
from webapp.i18n import has, language, t
from webapp.visitors import visitor

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


def sentence(error: StudioError, lang: str) -> str:
    """Return what went wrong in the visitor's language; a field is called what its widget is called."""
    return _worded(error.template, error.values, lang)


def why(failure: dict[str, Any] | None, lang: str) -> str | None:
    """Return why a job failed in the visitor's language, if it did."""
    return _worded(failure["template"], failure["values"], lang) if failure else None


def _worded(template: str, values: dict[str, Any], lang: str) -> str:
    field = str(values.get("field", ""))
    name = f"field.{field.rpartition('.')[2]}"
    return t(template, lang, **(values | ({"field": t(name, lang)} if has(name) else {})))


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


def model_label(studio: Studio, model: str, lang: str) -> tuple[str, str | None]:
    """Return the language to speak with a model: the visitor's, or English with a word on why."""
    known = studio.models.languages(model)
    return (lang, None) if not known or lang in known else ("en", t("model.english-only", lang))


def model_picker(elem_id: str = "model") -> gr.Dropdown:
    """Return the choice among the models; any other ``provider:model`` can be typed.

    It has the default only: the page is the same for all, and what else one may choose comes with the visitor.
    """
    return gr.Dropdown(
        choices=[(words("model.default"), "")],
        value="",
        allow_custom_value=True,
        label=words("field.model"),
        elem_id=elem_id,
    )


def model_choices(studio: Studio, who: Principal) -> list[tuple[Any, str]]:
    """Return the choices of a visitor's model picker: the default, whichever that is, and each by its name."""
    return [(words("model.default"), ""), *((name, name) for name in studio.models.pickable(who))]


def template_picker(studio: Studio, assistant: str) -> gr.Dropdown:
    """Return the choice among an assistant's templates, by id, or none of them.

    It has the built-in ones only, for the same reason; ``template_choices`` are a visitor's.
    """
    built_in = [(template.name, template.id) for template in studio.prompts.built_in(assistant)]
    return gr.Dropdown(
        choices=[(words("template.none"), ""), *built_in],
        value="",
        allow_custom_value=True,
        label=words("field.template"),
        elem_id="template",
    )


def template_choices(studio: Studio, owner: str, assistant: str, chosen: str) -> list[tuple[Any, str]]:
    """Return the choices of a visitor's template picker; one of another assistant may be chosen, too."""
    cards = [card for card in studio.prompts.list(owner) if assistant == card.assistant or card.id == chosen]
    return [(words("template.none"), ""), *((card.name, card.id) for card in cards)]


def browse_button(assistant: str) -> gr.Button:
    """Return the button that opens the drawer of prompts on behalf of a template picker."""
    button = gr.Button(words("prompts.browse"), size="sm", variant="secondary", elem_classes="browse-prompts")
    event = f"new CustomEvent('studio:browse', {{ detail: '{assistant}' }})"
    button.click(None, js=f"() => {{ window.dispatchEvent({event}) }}", **UNQUEUED)
    return button


def takes_files(component: gr.components.Component, megabytes: int = 20) -> gr.components.Component:
    """Let visitors hand files to a component, of so many megabytes at most; no other component takes any."""
    component.studio_file_limit = megabytes * MB
    return component


def file_limit(component: Any) -> int:
    """Return how many bytes a file for a component may have: 0 where it takes none."""
    return getattr(component, "studio_file_limit", 0)
