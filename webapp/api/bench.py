"""The bench of the playground over HTTP: what one can begin with, what a run was and said, tables, two texts compared.

Runs are jobs (``/api/jobs``, assistant ``playground``). Knows how their requests look with all their messages; knows
nothing about what they measure.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from assistants import playground
from assistants.diffs import pieces
from assistants.errors import InvalidInput, NotFound
from assistants.studio import Studio
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import answers
from webapp.api.history import Piece, Words
from webapp.i18n import translate
from webapp.wording import model_label

router = APIRouter(tags=["playground"], prefix="/playground")

Text = Annotated[str, Field(max_length=300_000)]
Place = Annotated[int, Query(ge=0, le=10**6)]


class Beginning(BaseModel):
    """What one can begin with."""

    examples: list[dict[str, Any]] = Field(description="Prompts to click, each with its `request`")
    models: list[str]
    advice: str | None = Field(description="What the studio's own model does not know")


class Table(BaseModel):
    """A table as it was pasted: commas or tabs between its columns, their names in its first line."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    pairs: bool = Field(False, strict=True, description="Whether its lines are examples: first column in, last one out")


class TwoTexts(BaseModel):
    """Two texts to compare."""

    model_config = ConfigDict(extra="forbid")

    left: Text
    right: Text


class Run(BaseModel):
    """What a run was asked, with the messages of each prompt, and all that came of it once it is done."""

    request: dict[str, Any]
    done: dict[str, Any] | None


class Sent(BaseModel):
    """A message that a cell has sent."""

    role: str
    content: str


@router.get("", responses=answers(401, 503))
def begin(studio: TheStudio, who: Who, lang: Language) -> Beginning:
    """Return what one can begin with: prompts to click and models."""
    wanted, advice = model_label(studio, studio.models.resolve(None), lang)
    examples = [one for one in playground.EXAMPLES if one["language"] == wanted]
    return Beginning(examples=examples, models=studio.models.pickable(who), advice=advice)


@router.get("/dataset", responses=answers(401, 503))
def get_dataset(studio: TheStudio, lang: Language) -> dict[str, Any]:
    """Return the bundled data set as a request, in your language if the studio's own model knows it."""
    wanted, _ = model_label(studio, studio.models.resolve(None), lang)
    return playground.DATASETS[wanted]["request"]


@router.get("/prompt", responses=answers(401, 404, 422, 503))
def get_bench_prompt(
    studio: TheStudio, owner: Owner, template: Annotated[Words, Query(description="A prompt, as `assistant/name`")]
) -> dict[str, Any]:
    """Return a prompt with its messages, and the rows and the checks that its file brings."""
    return prompt(studio, owner, template)


@router.post("/table", responses=answers(401, 413, 422, 503))
def read_table(pasted: Table) -> list[dict[str, str]]:
    """Return the lines of a pasted table by the names of their columns."""
    return table(pasted.text, pairs=pasted.pairs)


@router.post("/compare", responses=answers(401, 413, 422, 503))
def compare_texts(texts: TwoTexts) -> list[Piece]:
    """Return two texts as one sequence of pieces."""
    return [Piece.model_validate(piece) for piece in pieces(texts.left, texts.right)]


@router.get("/runs/{id}", responses=answers(401, 404, 422, 503))
def open_run(studio: TheStudio, owner: Owner, lang: Language, id: Id) -> Run:
    """Return what a run was asked and, if it is done, all that came of it."""
    return Run(**opened(studio, owner, id, lang))


@router.get("/runs/{id}/messages", responses=answers(401, 404, 422, 503))
def get_messages(studio: TheStudio, owner: Owner, id: Id, variant: Place = 0, row: Place = 0) -> list[Sent]:
    """Return what a cell of a run has sent."""
    return [Sent(**one) for one in playground.messages(studio, owner, id, variant, row)]


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
    answer = {"request": expanded(studio, owner, job.request), "done": None}
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
