"""What the Playground tab shows, as plain data; all of it is text, never HTML.

Knows nothing about how it is drawn.
"""

from typing import Any

from assistants import playground
from assistants.errors import InvalidInput, NotFound
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import translate
from webapp.wording import model_label


def home(studio: Studio, who: Principal, lang: str) -> dict[str, Any]:
    """Return what one can begin with: prompts to click and models, with a word on what the studio's own one knows."""
    wanted, advice = model_label(studio, studio.models.resolve(None), lang)
    examples = [one for one in playground.EXAMPLES if one["language"] == wanted]
    return {"examples": examples, "models": studio.models.pickable(who), "advice": advice}


def dataset(studio: Studio, lang: str) -> dict[str, Any]:
    """Return the bundled data set as a request, in the visitor's language if the studio's own model knows it."""
    lang, _ = model_label(studio, studio.models.resolve(None), lang)
    return playground.DATASETS[lang]["request"]


def prompt(studio: Studio, owner: str, id: str, version: str | None = None) -> dict[str, Any]:
    """Return a template as a prompt of the bench, with the rows and the checks that its file brings."""
    template = studio.prompts.get(id, owner, version)
    return {
        "name": template.name,
        "messages": [{"role": one.role, "content": one.content} for one in template.messages],
        "json_schema": template.answer_schema,
        "rows": playground.rows_of(template),
        "params": template.model_parameters.model_dump(exclude_none=True),
        "evaluators": playground.evaluators_of(template),
    }


def table(text: str, *, pairs: bool) -> list[dict[str, str]]:
    """Return the lines of a pasted table; with ``pairs``, as examples: its first column and its last."""
    rows = playground.load_csv(text)
    if name := next((name for name in rows[0] if name.startswith("__")), None):
        template = (
            "Column {name} is one of promptfoo's tables: run those in a suite, or call what is expected expected."
        )
        raise InvalidInput("csv", template, name=name[:80])
    return [pair(row) for row in rows] if pairs else rows


def pair(row: dict[str, str]) -> dict[str, str]:
    """Return a line as an example."""
    if {"input", "output"} <= row.keys():
        return {"input": row["input"], "output": row["output"]}
    if len(row) < 2:
        raise InvalidInput("examples", "A table of examples needs two columns: what goes in and what comes out.")
    first, *_, last = row.values()
    return {"input": first, "output": last}


def opened(studio: Studio, owner: str, job_id: str, lang: str) -> dict[str, Any]:
    """Return what a job of the playground was asked and, if it is done, all that came of it: that is soon told."""
    job = studio.jobs.get(job_id, owner)
    if job.assistant != playground.ID:
        raise NotFound("There is no such item.")
    answer = {"request": expanded(studio, owner, job.request)}
    if job.status != "done":
        return answer
    parts = [data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]
    notes = [part["data"] for part in parts if part["name"] == "note"]
    return answer | {"done": translate({**(job.result or {}), "notes": notes}, lang)}


def expanded(studio: Studio, owner: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request whose prompts have their messages, also those that name a template."""
    prompts = [one if one.get("messages") else _named(studio, owner, one) for one in request.get("prompts") or []]
    return request | ({"prompts": prompts} if prompts else {})


def _named(studio: Studio, owner: str, one: dict[str, Any]) -> dict[str, Any]:
    template = prompt(studio, owner, one["template"], one.get("version"))
    shown = {"name": one.get("name") or template["name"], "messages": template["messages"]}
    return shown | ({"json_schema": template["json_schema"]} if template["json_schema"] is not None else {})


def targets(studio: Studio, owner: str) -> list[dict[str, str]]:
    """Return the prompts that a variant can become a version of."""
    return [{"id": card.id, "name": card.name, "assistant": card.assistant} for card in studio.prompts.list(owner)]
