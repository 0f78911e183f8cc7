"""``/v1/models``: the models that the caller may use."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel

from assistants.errors import InvalidInput
from assistants.models.files.catalog import Kind
from webapp.api.dependencies import TheStudio, Who
from webapp.api.errors import openai_answers
from webapp.api.openai.calls import unknown_model

router = APIRouter(tags=["OpenAI-compatible"])

KINDS: tuple[Kind, ...] = ("chat", "embed", "image")


class Model(BaseModel):
    """A model; nobody here knows when it was made."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str


class ModelList(BaseModel):
    """The models, the studio's own first."""

    object: Literal["list"] = "list"
    data: list[Model]


def shown(name: str) -> Model:
    """Return the model as OpenAI would show it, owned by whoever provides it."""
    return Model(id=name, owned_by=name.partition(":")[0])


@router.get("/models", responses=openai_answers(401, 503))
def list_models(studio: TheStudio, who: Who) -> ModelList:
    """Return the models that you may use."""
    return ModelList(data=[shown(name) for kind in KINDS for name in studio.models.pickable(who, kind)])


@router.get("/models/{id:path}", responses=openai_answers(401, 404, 503))
def get_model(studio: TheStudio, who: Who, id: Annotated[str, Path(max_length=200)]) -> Model:
    """Return a model by its name or by one it is also known by."""
    try:
        return shown(studio.models.resolve(id, who))
    except InvalidInput as error:
        raise unknown_model(error) from error
