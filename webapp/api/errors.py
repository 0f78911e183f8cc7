"""Every error an HTTP client can get, in the client's language: ``{"error": {"message", "field"}}``, or OpenAI's shape.

Knows the statuses and the words; knows nothing about the routes.
"""

from typing import Any, Literal

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from assistants.errors import Conflict, InvalidInput, NotFound, StudioError
from assistants.requests import invalid_input
from webapp.i18n import language, t

TOO_LARGE = "The request is too large: it may be at most {limit} MB here."

# What an engine says of a prompt that leaves no room for an answer.
TOO_LONG = "{field} is too long: the prompt has {tokens} tokens, and {model} takes fewer than {limit}."

RETRY_SECONDS = "2"
OPENAI_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded", 503: "model_unavailable"}

MEANINGS = {
    400: "The request is wrong; `param` names the part to mend",
    401: "Neither a visitor's cookie nor a key",
    403: "Known, but not allowed",
    404: "Unknown, or not yours",
    409: "What was to be changed is no longer as you knew it, or is locked",
    413: "The request is too large",
    422: "The request is wrong; `field` names the part to mend",
    429: "Too many jobs are waiting; try again after `Retry-After` seconds",
    502: "The model broke off",
    503: "The store or the model cannot be used just now",
}

# What a route may answer with, as FastAPI takes it.
Answers = dict[int | str, dict[str, Any]]

# By pydantic's name of the error, for what only HTTP brings with it.
SENTENCES = {
    "string_pattern_mismatch": "{field} holds characters that are not text (NUL or half a surrogate pair).",
    "string_unicode": "{field} holds characters that are not text (NUL or half a surrogate pair).",
    "recursion_loop": "{field} is nested too deeply.",
    "recursion_depth_exceeded": "{field} is nested too deeply.",  # its name from pydantic 2.13 on
    "value_error": "{field} must be a file.",
}


class Problem(BaseModel):
    """What is wrong."""

    message: str = Field(description="One sentence, in the language asked for with Accept-Language")
    field: str | None = Field(description="The part of the request to mend, if it is one")
    kept: str | None = Field(None, description="Of a conflict: the version that holds what was sent, if one does")


class Failure(BaseModel):
    """The body of every answer that is not a success."""

    error: Problem


class OpenAIProblem(BaseModel):
    """What is wrong, as OpenAI says it."""

    message: str = Field(description="One sentence, in the language asked for with Accept-Language")
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None = Field(description="The part of the request to mend, if it is one")
    code: str | None = Field(description="For programs: `model_not_found`, `context_length_exceeded`, ...")


class OpenAIFailure(BaseModel):
    """The body of every answer below /v1 that is not a success."""

    error: OpenAIProblem


def openai_answers(*statuses: int) -> Answers:
    """Return the failures that a route below /v1 may answer with, for its documentation."""
    named = {status: {"model": OpenAIFailure, "description": MEANINGS[status]} for status in statuses}
    # Without it FastAPI documents a 422 that is never the answer here.
    return named | {"4XX": {"model": OpenAIFailure, "description": "The request is wrong"}}


def answers(*statuses: int) -> Answers:
    """Return the failures that a route may answer with, for its documentation."""
    return {status: {"model": Failure, "description": MEANINGS[status]} for status in statuses}


def json_answers(*statuses: int) -> Answers:
    """Return ``answers`` for a route whose successes are not JSON, which FastAPI would take its failures for too."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    return {status: {"content": content, "description": MEANINGS[status]} for status in statuses}


def failure(request: Request, error: StudioError, status: int | None = None, headers: Any = None) -> Response:
    """Return ``error`` as an answer: JSON below /api, else a line of text."""
    status, lang, path = status or error.status, language(request), request.scope["path"]
    if status == 429:
        headers = {"Retry-After": RETRY_SECONDS, **(headers or {})}
    if path.startswith("/v1/"):
        # What OpenAI's clients call a bad request.
        status = 400 if status == 422 else status
        return JSONResponse(openai_body(error, lang, status), status, headers)
    message = sentence(error, lang)
    if not path.startswith("/api/"):
        return PlainTextResponse(message, status, headers)
    kept = {"kept": error.kept} if isinstance(error, Conflict) else {}
    return JSONResponse({"error": {"message": message, "field": field_of(error), **kept}}, status, headers)


def sentence(error: StudioError, lang: str) -> str:
    """Return what went wrong in the client's language."""
    return t(error.template, lang, **error.values)


def field_of(error: StudioError) -> str | None:
    """Return the part of the request that is to be mended, if it is one."""
    return error.field if isinstance(error, InvalidInput) else None


def openai_body(error: StudioError, lang: str, status: int | None = None) -> dict[str, Any]:
    """Return ``error`` in OpenAI's shape."""
    status, field = status or error.status, field_of(error)
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    if error.template == TOO_LONG:
        code: str | None = "context_length_exceeded"
    else:
        code = "model_not_found" if (status, field) == (404, "model") else OPENAI_CODES.get(status)
    return {"error": {"message": sentence(error, lang), "type": kind, "param": field, "code": code}}


def add_handlers(app: FastAPI) -> None:
    """Answer with ``failure`` whatever is raised, by us or by the framework."""
    app.exception_handler(StudioError)(on_studio_error)
    app.exception_handler(RequestValidationError)(on_invalid_request)
    app.exception_handler(HTTPException)(on_http_error)


async def on_studio_error(request: Request, error: StudioError) -> Response:
    """Answer an error of the library."""
    return failure(request, error)


async def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    """Answer what FastAPI found wrong with a parameter or the body; the first thing is enough."""
    first: ErrorDetails = error.errors()[0]
    where = first["loc"][1:] or first["loc"]
    if first["type"] == "json_invalid":
        problem = f"{first['ctx']['error']}, character {where[0]}"
        return failure(request, InvalidInput("body", "{field} is not JSON: {problem}.", problem=problem))
    if first["type"] in SENTENCES:
        return failure(request, InvalidInput(str(where[0]), SENTENCES[first["type"]]))
    return failure(request, invalid_input({**first, "loc": where}))


async def on_http_error(request: Request, error: HTTPException) -> Response:
    """Answer what the framework refuses."""
    known: dict[int, StudioError] = {
        # The one thing FastAPI answers so: a body that cannot be parsed, such as a broken form.
        400: InvalidInput("body", "{field} cannot be read as what its Content-Type says."),
        404: NotFound("There is nothing at this address."),
        405: StudioError("This address does not take {method}.", method=request.method),
        413: StudioError(TOO_LARGE, limit=request.scope.get("starlette.max_body_size", 0) >> 20),
    }
    otherwise = StudioError("The request cannot be served ({problem}).", problem=error.detail)
    answer = known.get(error.status_code, otherwise)
    status = answer.status if error.status_code == 400 else error.status_code
    return failure(request, answer, status, error.headers)
