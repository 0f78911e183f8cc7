"""The playground over HTTP: experiments by name, requests from elsewhere, and a winner that becomes a prompt.

What runs them is a job (``/api/jobs``, assistant ``playground``). Knows what they look like on the wire; knows nothing
about what they measure.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from assistants import playground
from webapp.api.bench import expanded
from webapp.api.dependencies import Id, Owner, TheStudio
from webapp.api.errors import answers
from webapp.api.history import Shape, Words

router = APIRouter(tags=["playground"])


class ExperimentLine(Shape):
    """A line of the list of experiments."""

    id: str
    name: str
    created: str
    updated: str


class Experiment(ExperimentLine):
    """An experiment with its request."""

    request: dict[str, Any] = Field(description="Sent to `/api/jobs`, it runs")


class Kept(BaseModel):
    """An experiment that is to be kept; the request need not be complete."""

    model_config = ConfigDict(extra="forbid")

    name: str
    request: dict[str, Any]


class Renamed(BaseModel):
    """Another name for an experiment."""

    model_config = ConfigDict(extra="forbid")

    name: str


class Promotion(BaseModel):
    """Which variant of a matrix becomes a version of which prompt."""

    model_config = ConfigDict(extra="forbid")

    job: Annotated[str, Field(max_length=64)]
    variant: Annotated[int, Field(ge=0, le=5000)]
    template: Annotated[str, Field(max_length=200, description="`assistant/name`; a new one is made")]
    note: Annotated[str, Field(max_length=200)] = ""


class Promoted(BaseModel):
    """The version that is in use now."""

    template: str
    version: str


@router.get("/experiments", responses=answers(401, 503))
def list_experiments(studio: TheStudio, owner: Owner) -> list[ExperimentLine]:
    """Return your experiments, the latest first."""
    return [ExperimentLine.model_validate(one) for one in studio.history.experiments.list(owner)]


@router.post("/experiments", status_code=201, responses=answers(401, 413, 422, 503))
def add_experiment(studio: TheStudio, owner: Owner, kept: Kept) -> Experiment:
    """Keep a new experiment."""
    return Experiment.model_validate(playground.keep(studio, owner, kept.name, kept.request))


@router.get("/experiments/{id}", responses=answers(401, 404, 422, 503))
def get_experiment(
    studio: TheStudio,
    owner: Owner,
    id: Id,
    messages: Annotated[
        bool, Query(description="Whether prompts that name a template have its messages in place")
    ] = False,
) -> Experiment:
    """Return an experiment with its request."""
    found = Experiment.model_validate(studio.history.experiments.get(id, owner))
    return found.model_copy(update={"request": expanded(studio, owner, found.request)}) if messages else found


@router.put("/experiments/{id}", responses=answers(401, 404, 413, 422, 503))
def save_experiment(studio: TheStudio, owner: Owner, id: Id, kept: Kept) -> Experiment:
    """Put another request, or another name, in place of what an experiment was."""
    return Experiment.model_validate(playground.keep(studio, owner, kept.name, kept.request, id))


@router.patch("/experiments/{id}", responses=answers(401, 404, 413, 422, 503))
def rename_experiment(studio: TheStudio, owner: Owner, id: Id, renamed: Renamed) -> Experiment:
    """Give an experiment another name."""
    request = studio.history.experiments.get(id, owner).request or {}
    return Experiment.model_validate(studio.history.experiments.save(owner, renamed.name, request, id))


@router.delete("/experiments/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def delete_experiment(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Delete an experiment for good; what it made stays in the history."""
    studio.history.experiments.delete(id, owner)


@router.get("/playground/request", responses=answers(401, 404, 422, 503))
def get_request(
    studio: TheStudio,
    owner: Owner,
    item: Annotated[Words | None, Query(description="An item of the history, by its job's id")] = None,
    template: Annotated[Words | None, Query(description="A prompt, as `assistant/name`")] = None,
) -> dict[str, Any]:
    """Return an item of the history or a prompt as a request of the playground, with its exact messages."""
    return playground.request_from(studio, owner, item=item, template=template)


@router.post("/playground/promote", responses=answers(401, 404, 409, 413, 422, 503))
def promote_variant(studio: TheStudio, owner: Owner, wanted: Promotion) -> Promoted:
    """Save a variant, with its examples, as the version of a prompt that is in use; the note says what it gained."""
    version = playground.promote(studio, owner, wanted.job, wanted.variant, wanted.template, wanted.note)
    return Promoted(template=wanted.template, version=version)
