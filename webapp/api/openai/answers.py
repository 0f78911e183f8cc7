"""How a call is answered, whole or as a stream, for as long as the client is on the line.

Knows Server-Sent Events and when to stop; what an answer looks like, its ``Form`` says.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, Protocol

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from assistants.errors import StudioError
from assistants.openai import completions
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.api.dependencies import TheStudio, Who
from webapp.api.errors import openai_body
from webapp.api.openai.calls import Call, Choice, Piece
from webapp.i18n import language

FAILURES = (400, 401, 403, 404, 413, 429, 502, 503)
PING = b": still there\n\n"
DONE = b"data: [DONE]\n\n"
# They end no line of JSON or of a stream, but many programs think so: Python's splitlines does, and httpx with it.
LINE_ENDS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\u0085\u2028\u2029"}
# As nginx calls it; nobody reads it.
CLIENT_GONE = 499


FinishReason = Annotated[
    str, Field(description="`stop`, `length`, `content_filter`, or what a server elsewhere says, such as `abort`")
]


class UsageDetails(BaseModel):
    """Of the tokens that were written, those that were thought."""

    reasoning_tokens: int


class Usage(BaseModel):
    """How many tokens were read and written."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    completion_tokens_details: UsageDetails | None = Field(None, description="There where the model reasoned")


class Form(Protocol):
    """How the answers of a route look."""

    def whole(self, call: Call, choices: list[Choice]) -> dict[str, Any]:
        """Return the answer in one."""

    def more(self, call: Call, piece: Piece) -> list[dict[str, Any]]:
        """Return the events of a stream that tell of ``piece``."""

    def end(self, call: Call) -> list[dict[str, Any]]:
        """Return the events that come last."""


@dataclass(frozen=True)
class Caller:
    """Who calls, and whether the history may keep what comes of it."""

    request: Request
    studio: Studio
    who: Principal
    recorded: bool

    async def begin(self, assistant: str, requests: list[dict[str, Any]], prompts: int = 1) -> Call:
        """Begin a job for each request, to be stopped as soon as the client hangs up; ``close`` the call."""
        begin = partial(Call.begin, self.studio, self.who, assistant, requests, prompts, recorded=self.recorded)
        # A constraint may take a while to check; for anything else a thread would cost more than it is good for.
        is_slow = any(request.get("controls") for request in requests)
        call = await asyncio.to_thread(begin) if is_slow else begin()
        call.watcher = asyncio.create_task(self._stop_when_gone(call))
        return call

    async def _stop_when_gone(self, call: Call) -> None:
        while (await self.request.receive())["type"] != "http.disconnect":
            pass
        call.stop()


async def caller_of(
    request: Request,
    studio: TheStudio,
    who: Who,
    x_studio_history: Annotated[
        Literal["on", "off"], Header(description="`off` keeps the call out of the history")
    ] = "on",
) -> Caller:
    """Return who calls."""
    return Caller(request, studio, who, recorded=x_studio_history == "on")


TheCaller = Annotated[Caller, Depends(caller_of)]


async def answer(
    caller: Caller, requests: list[dict[str, Any]], form: Form, *, stream: bool | None, prompts: int = 1
) -> Response:
    """Run the ``requests`` and answer in the ``form``."""
    with ExitStack() as ending:
        call = await caller.begin(completions.ID, requests, prompts)
        ending.callback(call.close)
        if not stream:
            return JSONResponse(form.whole(call, await call.choices()))
        pieces = call.pieces()
        # What fails before its first word is an answer with a status of its own.
        first = await anext(pieces)
        return EventStream(told(call, first, pieces, form, language(caller.request)), ending.pop_all())


class EventStream(Response):
    """A stream; when it is over, so is what it tells of.

    Starlette's also watches for the client to hang up, which the call does already, and takes a task group to do it.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], ending: ExitStack) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._ending:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for event in self._events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


async def told(
    call: Call, first: Piece | None, rest: AsyncIterator[Piece | None], form: Form, lang: str
) -> AsyncIterator[bytes]:
    """Yield the pieces as Server-Sent Events; what fails on the way is the last of them."""
    yield written(form.more(call, first)) if first else PING
    try:
        async for piece in rest:
            yield written(form.more(call, piece)) if piece else PING
        yield written(form.end(call)) + DONE
    except StudioError as error:
        yield written([openai_body(error, lang)]) + DONE


def written(events: list[dict[str, Any]]) -> bytes:
    """Return Server-Sent Events whose data are ``events``."""
    lines = (json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in events)
    return "".join(f"data: {line}\n\n" for line in lines).translate(LINE_ENDS).encode()
