"""Connections over HTTP, for the operator: models that run elsewhere, with what reaches them.

What is stored of a key never comes out: a client only learns that there is one.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from assistants.connections import Connection
from assistants.connections.file import TIMEOUTS
from assistants.principals import must_be_operator
from assistants.studio import Studio
from webapp.api.dependencies import Language, TheStudio, Who
from webapp.api.errors import answers
from webapp.i18n import t

router = APIRouter(prefix="/connections", tags=["connections"])

Name = Annotated[str, Path(min_length=1, max_length=200, description="The name of a connection")]
Seconds = float | None


class KnownConnection(BaseModel):
    """A connection without its key; one from the environment is fixed."""

    name: str
    provider: str
    url: str | None
    models: list[str] = Field(description="Those to choose from; none means any")
    visitors: bool = Field(description="Whether others than the operator may use it")
    connect_timeout: Seconds
    first_token_timeout: Seconds
    idle_timeout: Seconds
    has_key: bool
    fixed: bool


class Tested(BaseModel):
    """What a test has found."""

    tested: str = Field(description="In one sentence")
    models: list[str] = Field(description="Those that the server names")


@router.get("", responses=answers(401, 403, 503))
def list_connections(studio: TheStudio, who: Who) -> list[KnownConnection]:
    """Return the connections, for the operator."""
    must_be_operator(who)
    return [shown(studio, one) for one in studio.connections.list()]


@router.put("", responses=answers(401, 403, 404, 413, 422, 503))
def save_connection(studio: TheStudio, who: Who, connection: Connection) -> KnownConnection:
    """Add a connection, or change the one of its name; without a key it keeps the one that belongs to its URL."""
    studio.connections.save(connection, who)
    return shown(studio, studio.connections.get(connection.name))


@router.delete("/{name}", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def delete_connection(studio: TheStudio, who: Who, name: Name) -> None:
    """Delete a connection with its key, for the operator."""
    studio.connections.delete(name, who)


@router.post("/test", responses=answers(401, 403, 404, 413, 422, 502, 503))
def test_connection(studio: TheStudio, who: Who, lang: Language, connection: Connection) -> Tested:
    """Ask a connection that may not be saved yet for its models and for one word, for the operator."""
    return found(studio, who, connection, lang)


@router.post("/{name}/test", responses=answers(401, 403, 404, 413, 422, 502, 503))
def test_saved_connection(studio: TheStudio, who: Who, lang: Language, name: Name) -> Tested:
    """Ask a saved connection for its models and for one word, for the operator."""
    must_be_operator(who)
    return found(studio, who, studio.connections.get(name), lang)


def found(studio: Studio, who: Who, connection: Connection, lang: str) -> Tested:
    """Return what a test has found."""
    result = studio.connections.test(connection, who)
    values = {"model": result.model, "word": result.word, "word_ms": result.word_ms}
    if result.models:
        listed = {"count": len(result.models), "models_ms": result.models_ms}
        return Tested(tested=t("connections.tested", lang, **listed, **values), models=result.models)
    return Tested(tested=t("connections.answered", lang, **values), models=[])


def shown(studio: Studio, connection: Connection) -> KnownConnection:
    """Return a connection as clients see it."""
    fields = {name: getattr(connection, name) for name in ("name", "provider", "url", "models", "visitors", *TIMEOUTS)}
    is_fixed = connection is studio.connections.environment
    return KnownConnection(**fields, has_key=connection.key is not None, fixed=is_fixed)
