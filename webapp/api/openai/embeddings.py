"""``/v1/embeddings``: texts become vectors. Nothing of them goes into the history: there is nothing to read."""

import struct
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assistants.errors import InvalidInput
from assistants.openai import embeddings
from assistants.requests import Name
from webapp.api.errors import Answers, openai_answers
from webapp.api.openai.answers import CLIENT_GONE, FAILURES, TheCaller
from webapp.api.openai.calls import Call
from webapp.api.openai.wire import Wire, as_list

router = APIRouter(tags=["OpenAI-compatible"])


class EmbeddingRequest(Wire):
    """Texts to turn into vectors of length 1."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"input": "Where is the station?"}]})

    input: Annotated[embeddings.Texts, BeforeValidator(as_list, json_schema_input_type=str | embeddings.Texts)]
    model: Name = embeddings.DEFAULT
    encoding_format: Annotated[
        Literal["float", "base64"] | None, Field(description="Numbers, or base64 of 32-bit ones, little-endian")
    ] = None
    dimensions: Annotated[int | None, Field(ge=1, description="Only the number that the model's vectors have")] = None


class Embedding(BaseModel):
    """The vector of one text."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """How many tokens were read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(BaseModel):
    """The vectors, in the order of the texts."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


ANSWER: Answers = {200: {"model": EmbeddingList}}


@router.post("/embeddings", responses=ANSWER | openai_answers(*FAILURES))
async def create_embeddings(caller: TheCaller, body: EmbeddingRequest) -> Response:
    """Turn texts into vectors, as OpenAI's embeddings do."""
    body.refuse_unserved()
    request = {"texts": body.input, "model": body.model}
    # There is nothing in vectors to read again.
    call = await replace(caller, recorded=False).begin(embeddings.ID, [request])
    with closing(call):
        (choice,) = await call.choices()
    # Only a client who hangs up stops it.
    return JSONResponse(shown(body, call, choice.result)) if choice.result else Response(status_code=CLIENT_GONE)


def shown(body: EmbeddingRequest, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """Return the answer."""
    vectors, tokens = result["vectors"], result["tokens"]
    if body.dimensions not in (None, len(vectors[0])):
        template = "{field} must be {known}: the model's vectors have no other number."
        raise InvalidInput("dimensions", template, known=len(vectors[0]))
    encode = in_base64 if body.encoding_format == "base64" else list
    data = [
        {"object": "embedding", "index": number, "embedding": encode(vector)} for number, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": call.model, "usage": usage}


def in_base64(vector: list[float]) -> str:
    """Return ``vector`` as OpenAI's clients ask for it: base64 of 32-bit numbers, the lowest byte first."""
    return b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
