"""The gate before Gradio: it lets through what ``webapp.endpoints`` names, in the shape that the page gives it.

What an event says of itself is looked at here, so that no nonsense gets to Gradio, which would write a traceback into
the log for it; and a session is part of the asker's name, so that nobody is in somebody else's. Knows nothing about
what the handlers behind Gradio do.
"""

import json
import re
from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

import gradio
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistants.errors import InvalidInput, SignInNeeded
from assistants.principals import Principal
from webapp.endpoints import MB, VISITOR, Endpoint, needed
from webapp.visitors import UNKNOWN

MAX_DEPTH = 60
WRONG = "{field} is not what an event of the page has there."


class Event(BaseModel):
    """An event as the page and ``gradio_client`` send it; what it is an event of is a number or the path's name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    data: list[Any]
    fn_index: int | None = None
    event_data: Any = None
    trigger_id: int | None = None
    session_hash: Annotated[str, Field(max_length=64, pattern=r"^[\w-]*$")] | None = None


class Gate:
    """ASGI: answers 404 for what nobody needs, and hands on the rest, looked at and limited."""

    def __init__(self, app: ASGIApp, blocks: gradio.Blocks) -> None:
        self._app = app
        self._blocks = blocks
        self._endpoints = needed(blocks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or let pass; raises what the doors answer with a sentence."""
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        endpoint, name = self._find(scope)
        who: Principal | None = scope["state"]["visitor"]
        if who is None and endpoint.who == VISITOR:
            raise SignInNeeded(UNKNOWN)
        if endpoint.event:
            content = await body(Request(scope, receive), endpoint.limit if who else MB)
            scope, receive = with_body(scope, receive, self._looked_at(content, name, who, endpoint))
            send = with_status(scope, send)
        elif endpoint.session:
            scope = self._with_session(scope, who)
        await self._app(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[Endpoint, str | None]:
        for pattern, endpoint in self._endpoints:
            found = pattern.fullmatch(scope["path"])
            if found and scope["method"] in endpoint.methods:
                return endpoint, found.groupdict().get("name")
        raise HTTPException(404)

    def _looked_at(self, content: bytes, name: str | None, who: Principal | None, endpoint: Endpoint) -> bytes:
        """Return an event in the asker's own session; raises ``InvalidInput`` for what is none of this page."""
        event = read(content)
        own = session(who, event.session_hash)
        # A page that changes by itself has events of its own in each session.
        state = self._blocks.state_holder.session_data.get(own)
        fns = state.blocks_config.fns if state else self._blocks.fns
        number = next((fn._id for fn in fns.values() if fn.api_name == name), None) if name else event.fn_index
        fn = fns.get(number)
        if fn is None or fn.fn is None or event.fn_index not in (None, number):
            raise InvalidInput("fn_index", WRONG)
        # What answers at once does not wait; gradio_client has all that it calls by name wait.
        if endpoint.queued and not fn.queue and fn.api_visibility == "private":
            raise HTTPException(404)
        if len(event.data) < len(fn.inputs):
            raise InvalidInput("data", WRONG)
        if event.trigger_id is not None and event.trigger_id not in {target for target, _ in fn.targets}:
            raise InvalidInput("trigger_id", WRONG)
        known = {"data": event.data[: len(fn.inputs)], "fn_index": number, "session_hash": own}
        try:
            return json.dumps(vars(event) | known).encode()
        except RecursionError:
            raise InvalidInput("body", WRONG) from None

    def _with_session(self, scope: Scope, who: Principal | None) -> Scope:
        """Return a request for the asker's own stream of answers; raises ``HTTPException`` where there is none."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[-1]
        own = session(who, asked)
        if own not in self._blocks._queue.pending_messages_per_session:
            raise HTTPException(404)
        return {**scope, "query_string": urlencode({"session_hash": own}).encode()}


def read(content: bytes) -> Event:
    """Return an event as it was sent; raises ``InvalidInput`` for what is none."""
    try:
        return Event.model_validate(plain(json.loads(content)))
    except ValidationError as error:
        where = error.errors(include_input=False)[0]["loc"]
        raise InvalidInput(str(where[0])[:40] if where else "body", WRONG) from None
    except (ValueError, RecursionError):
        raise InvalidInput("body", WRONG) from None


def plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return what JSON says; raises ``ValueError`` for what no page sends: endless numbers, endless nesting."""
    if isinstance(value, int | float) and not abs(value) < 2**63:
        raise ValueError
    if isinstance(value, list | dict):
        if not depth:
            raise ValueError
        for inner in value.values() if isinstance(value, dict) else value:
            plain(inner, depth - 1)
    return value


def session(who: Principal | None, asked: str | None) -> str | None:
    """Return the name of a session of somebody: another one's of the same name is another; strangers have none."""
    if who is None or not asked:
        return None
    return sha256(f"{who.id}\0{asked}".encode("utf-8", "surrogatepass")).hexdigest()


async def body(request: Request, limit: int) -> bytes:
    """Return the body of a request; raises ``HTTPException`` where it is larger than ``limit`` bytes."""
    content = bytearray()
    with suppress(ClientDisconnect):  # what is there of it is no event
        async for piece in request.stream():
            content += piece
            if len(content) > limit:
                request.scope["starlette.max_body_size"] = limit
                raise HTTPException(413)
    return bytes(content)


def with_body(scope: Scope, receive: Receive, content: bytes) -> tuple[Scope, Receive]:
    """Return a request with another body, as JSON."""
    replaced = re.compile(rb"content-(?:length|type|encoding)|transfer-encoding")
    headers = [(name, value) for name, value in scope["headers"] if not replaced.fullmatch(name.lower())]
    headers += [(b"content-length", str(len(content)).encode()), (b"content-type", b"application/json")]
    is_sent = False

    async def receive_replaced() -> Message:
        nonlocal is_sent
        if is_sent:
            return await receive()
        is_sent = True
        return {"type": "http.request", "body": content, "more_body": False}

    return {**scope, "headers": headers}, receive_replaced


def with_status(scope: Scope, send: Send) -> Send:
    """Return ``send`` with the status that ``webapp.events`` has for what was refused, if it was."""

    async def send_with_status(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "status": scope["state"].get("refused", message["status"])}
        await send(message)

    return send_with_status
