"""``/v1/images/generations``: pictures from words. They are drawn by jobs and lie in the gallery like any other."""

import re
import time
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from assistants import images
from assistants.errors import InvalidInput
from assistants.images.request import MAX_PROMPT, Seed
from assistants.requests import Name
from webapp.api.errors import Answers, openai_answers
from webapp.api.openai.answers import CLIENT_GONE, FAILURES, TheCaller
from webapp.api.openai.wire import Wire

router = APIRouter(tags=["OpenAI-compatible"])

MAX_PICTURES = 10
SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
# They say how other models should draw, and change nothing here.
IGNORED = ("quality", "style", "background", "moderation", "output_format", "output_compression")


class ImageRequest(Wire):
    """What to draw; ``size`` is ``<width>x<height>`` in pixels, and absent or ``auto`` the model's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "a penguin in the snow"}]})

    prompt: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT)]
    model: Name | None = None
    n: Annotated[int | None, Field(ge=1, le=MAX_PICTURES)] = None
    size: Annotated[str | None, Field(max_length=11)] = None
    response_format: Literal["url", "b64_json"] | None = None
    seed: Annotated[Seed | None, Field(description="Beyond OpenAI's: the same again")] = None

    def asked(self) -> dict[str, Any]:
        """Return the request of the studio; raises ``InvalidInput``."""
        for name in IGNORED:
            (self.model_extra or {}).pop(name, None)
        self.refuse_unserved()
        asked = {"prompt": self.prompt, "model": self.model, "count": self.n, "seed": self.seed} | self._size()
        return {name: value for name, value in asked.items() if value is not None}

    def _size(self) -> dict[str, int]:
        if self.size in (None, "auto"):
            return {}
        found = SIZE.fullmatch(self.size or "")
        if not found:
            raise InvalidInput("size", "{field} must be such as 512x512, or auto.")
        return {"width": int(found[1]), "height": int(found[2])}


class Image(BaseModel):
    """A picture: where it is, or itself as base64 of a PNG."""

    url: str | None = None
    b64_json: str | None = None


class ImageList(BaseModel):
    """The pictures, in the order of their seeds."""

    created: int
    data: list[Image]


ANSWER: Answers = {200: {"model": ImageList}}


@router.post("/images/generations", responses=ANSWER | openai_answers(*FAILURES))
async def create_images(caller: TheCaller, body: ImageRequest, request: Request) -> Response:
    """Draw pictures, as OpenAI's image models do."""
    # Without its job, nobody would find a picture again.
    call = await replace(caller, recorded=True).begin(images.ID, [body.asked()])
    with closing(call):
        (choice,) = await call.choices()
    if not choice.result:
        return Response(status_code=CLIENT_GONE)
    data = [_shown(caller, request, one["file"], body.response_format) for one in choice.result["images"]]
    return JSONResponse({"created": int(time.time()), "data": data})


def _shown(caller: Any, request: Request, address: str, form: str | None) -> dict[str, str]:
    if form == "b64_json":
        file = caller.studio.history.files.get(address.rpartition("/")[2], caller.who.id)
        return {"b64_json": b64encode(file.path.read_bytes()).decode("ascii")}
    return {"url": f"{str(request.base_url).rstrip('/')}{address}"}
