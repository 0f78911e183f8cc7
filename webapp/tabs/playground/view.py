"""What the Playground tab shows, as plain data; all of it is text, never HTML.

Knows nothing about how it is drawn.
"""

from typing import Any

from assistants import playground
from assistants.errors import InvalidInput, NotFound
from assistants.studio import Studio


def examples(lang: str) -> list[dict[str, Any]]:
    """Return the prompts to click, in the visitor's language."""
    return [
        {"title": one["title"], "request": one["request"]} for one in playground.EXAMPLES if one["language"] == lang
    ]


def dataset(lang: str) -> dict[str, Any]:
    """Return the bundled data set as a request, in the visitor's language."""
    return playground.DATASETS[lang]["request"]


def prompt(studio: Studio, owner: str, id: str, version: str | None = None) -> dict[str, Any]:
    """Return a template as a prompt of the bench, with the rows and the checks that its file brings."""
    template = studio.prompts.get(id, owner, version)
    return {
        "name": template.name,
        "messages": [{"role": one.role, "content": one.content} for one in template.messages],
        "rows": [{name: str(value) for name, value in case.items()} for case in template.test_data],
        "evaluators": playground.evaluators_of(template),
    }


def table(text: str, *, pairs: bool) -> list[dict[str, str]]:
    """Return the lines of a pasted table; with ``pairs``, as examples: its first column and its last."""
    rows = playground.load_csv(text)
    return [pair(row) for row in rows] if pairs else rows


def pair(row: dict[str, str]) -> dict[str, str]:
    """Return a line as an example."""
    if {"input", "output"} <= row.keys():
        return {"input": row["input"], "output": row["output"]}
    if len(row) < 2:
        raise InvalidInput("examples", "A table of examples needs two columns: what goes in and what comes out.")
    first, *_, last = row.values()
    return {"input": first, "output": last}


def request(studio: Studio, owner: str, job_id: str) -> dict[str, Any]:
    """Return what a job of the playground was asked."""
    job = studio.jobs.get(job_id, owner)
    if job.assistant != playground.ID:
        raise NotFound("There is no such item.")
    return expanded(studio, owner, job.request)


def expanded(studio: Studio, owner: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request whose prompts have their messages, also those that name a template."""
    prompts = [one if one.get("messages") else _named(studio, owner, one) for one in request.get("prompts") or []]
    return request | ({"prompts": prompts} if prompts else {})


def _named(studio: Studio, owner: str, one: dict[str, Any]) -> dict[str, Any]:
    template = prompt(studio, owner, one["template"], one.get("version"))
    return {"name": one.get("name") or template["name"], "messages": template["messages"]}


def targets(studio: Studio, owner: str) -> list[dict[str, str]]:
    """Return the prompts that a variant can become a version of."""
    return [{"id": card.id, "name": card.name, "assistant": card.assistant} for card in studio.prompts.list(owner)]
