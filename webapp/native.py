"""Native tabs: forms of Gradio's own widgets, whose button runs a job and whose outputs fill while it goes on.

A job is asked for, followed and stopped as anywhere else; only what it makes is shown by Gradio's widgets. A handler
here holds no logic: it calls what the route of the same matter calls. Knows nothing about what is asked or shown.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from assistants.errors import NotFound, StudioError
from assistants.jobs import JobRow
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import language
from webapp.kit import UNQUEUED, said
from webapp.live import live
from webapp.visitors import visitor
from webapp.wording import sentence


@dataclass(frozen=True)
class Work:
    """A job as a form shows it: its row, the data of its parts by their names in their order, and who looks."""

    row: JobRow
    parts: list[tuple[str, dict[str, Any]]]
    who: Principal
    lang: str

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the data of the parts of a name."""
        return [data for part, data in self.parts if part == name]


Ask = Callable[[dict[str, Any], str], dict[str, Any]]
Show = Callable[[Work], Sequence[Any]]
Fill = Callable[[dict[str, Any]], Mapping[str, Any]]


@contextmanager
def native_tab(tab: str) -> Iterator[gr.HTML]:
    """Lay out what is made within as a native tab; the yielded component brings its ``action``, ``refill``, ``models``.

    ``action`` comes whenever somebody enters the tab, ``refill`` with what the address names of it other than a job.
    An item of the history opens in the form ``tab``, or in ``tab-x`` where its request has x as its ``part`` or
    ``kind``; sub-tabs are ``gr.Tab(..., elem_id="tab-x")``.
    """
    with gr.Column(elem_id=f"{tab}-native", elem_classes="native"):
        yield live("shared", "native", elem_id=f"{tab}-events")


def job_form(
    studio: Studio,
    form: str,
    assistant: str,
    label: Any,
    inputs: Mapping[str, Component],
    outputs: Sequence[Component],
    show: Show,
    ask: Ask | None = None,
    fill: Fill | None = None,
) -> gr.Button:
    """Make the button of a form that runs a job of ``assistant``, and below it the line that says how far it is.

    ``inputs`` are the widgets by name. ``ask(values, lang)`` makes the request of their values, which else is the
    values that are not empty; ``fill(request)`` makes values of a request, which else is the fields of the same names.
    ``show(work)`` returns what stands in the ``outputs``, also while the job runs; ``gr.skip()`` leaves one as it is.
    """
    button = gr.Button(label, variant="primary", elem_id=f"{form}-run")
    line = live("shared", "job", elem_id=f"{form}-job")
    names, widgets = list(inputs), list(inputs.values())

    def run(request: gr.Request, *values: Any) -> dict[str, Any]:
        lang = language(request)
        try:
            asked = (ask or given)(dict(zip(names, values, strict=True)), lang)
            row = studio.jobs.submit(assistant, asked, visitor(request))
        except StudioError as error:
            return told(error=sentence(error, lang))
        return told(job=row.id, status=row.status)

    def look(event: gr.EventData, request: gr.Request) -> list[Any]:
        return list(show(work(studio, assistant, event, request)))

    def put_back(event: gr.EventData, request: gr.Request) -> list[Any]:
        try:
            found = work(studio, assistant, event, request)
        except NotFound:
            return [told(gone=True), *[gr.skip()] * (len(widgets) + len(outputs))]
        values = (fill or same)(found.row.request)
        filled = [gr.update(value=values[name]) if name in values else gr.skip() for name in names]
        return [told(job=found.row.id, status=found.row.status), *filled, *show(found)]

    button.click(run, widgets, line, **UNQUEUED)
    line.action(look, None, list(outputs), trigger_mode="multiple", **UNQUEUED)
    line.refill(put_back, None, [line, *widgets, *outputs], **UNQUEUED)
    return button


def handled(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Return a handler of an event that calls ``handle(who, lang, *values)``; what it raises becomes a sentence."""

    def run(request: gr.Request, *values: Any) -> Any:
        return handle(visitor(request), language(request), *values)

    return run


def given(values: dict[str, Any], _lang: str) -> dict[str, Any]:
    """Return the values that are not empty."""
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def same(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request as the values of its form."""
    return request


def told(**facts: Any) -> dict[str, Any]:
    """Return what the line is told: something new each time, or it would not hear it."""
    return {"n": secrets.token_hex(4), **facts}


def work(studio: Studio, assistant: str, event: gr.EventData, request: gr.Request) -> Work:
    """Return the job that the line asks about; raises ``NotFound`` where it is none of the asker's or another's."""
    who, job = visitor(request), said(event).get("job")
    row = studio.jobs.get(job if isinstance(job, str) else "", who.id)
    if row.assistant != assistant:
        raise NotFound("There is no such item.")
    events = studio.history.jobs.events(row.id)
    return Work(
        row, [(data["name"], data["data"]) for _, kind, data in events if kind == "part"], who, language(request)
    )
