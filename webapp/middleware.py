"""The doors a request goes through before anything answers it: plain ASGI, so that streams stay streams.

    Headers       what every answer carries; nothing an exception says gets out
    OneSlash      below /v1, an address with a slash too many is the one without
    TrustedHosts  only by a name this studio has: a foreign page cannot reach it through its own name (DNS rebinding)
    SameOrigin    only this studio's own pages change anything
    BodyLimit     nothing larger than a file may be
    SignIn        knows the visitor; makes newcomers of strangers at the page, turns them away at the API
    LanguageMiddleware     the page in the visitor's language

Gradio's own endpoints lie behind the same doors and then behind ``webapp.gate``. Knows nothing about what is behind
them.
"""

import logging
import os
import re
import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistants.bounded import CALLER, Caller
from assistants.errors import NotAllowed, SignInNeeded, StudioError
from assistants.principals import Principal
from assistants.settings import Settings, is_loopback
from assistants.store.files import MAX_BYTES
from webapp.api.errors import TOO_LARGE, failure
from webapp.i18n import language, localise
from webapp.visitors import NO_KEY, OPERATOR, UNKNOWN, WRONG_TOKEN, Visitors

MB = 1024 * 1024
# A file and the multipart form around it; anything else is text.
UPLOADS = re.compile(r"/api/files|/api/images/read|/gradio_api/upload|/api/knowledge/[^/]+/sources")
# Its route looks who sends it before it reads, and then as much as there is room for.
# What their routes take as it comes, and limit themselves.
STREAMED = ("/api/backup", "/api/conversations/import")
UPLOAD_LIMIT = MAX_BYTES + MB
BODY_LIMIT = 8 * MB

# Where a customer sees a base of knowledge, perhaps in a frame of another site.
CUSTOMERS = "/ask/"

SLASHES = re.compile("//+")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
NO_STORE = ("text/html", "application/json")
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)

# Measured with Gradio 6.31: it needs inline scripts and eval; remote images, frames and form targets are blocked.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'self'; object-src 'none'; frame-src 'none'; frame-ancestors "
)

log = logging.getLogger(__name__)


class Headers:
    """Puts the security headers on every answer, and answers for whatever broke behind it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        ancestors = "'self' https://huggingface.co https://*.hf.space" if settings.on_spaces else "'none'"
        self._headers = {
            "Content-Security-Policy": POLICY + ancestors,
            "X-Content-Type-Options": "nosniff",
            # Not no-referrer, which turns the Origin of a form into "null".
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith(NO_STORE):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            log.exception("%s %r broke", scope["method"], scope["path"])
            if not started:
                response = failure(Request(scope), StudioError("Something broke. The studio's log says more."))
                await response(scope, receive, send_with_headers)


class OneSlash:
    """Takes an address below /v1 that ends with slashes, or has several in a row, for the one without."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass."""
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            path = SLASHES.sub("/", scope["path"]).rstrip("/")
            if path not in (scope["path"], "/v1"):
                scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "surrogateescape")}
        await self.app(scope, receive, send)


class TrustedHosts:
    """Refuses requests for a host that is not this studio."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._is_local = settings.is_local
        self._names = public_names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or let pass."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        hosts = asked_hosts(RequestHeaders(scope=scope))
        strange = next((host for host in hosts if not self._knows(host)), None)
        if hosts and strange is None:
            return await self.app(scope, receive, send)
        template = "This studio does not answer to the name {host}. Its operator can add it to STUDIO_ALLOWED_HOSTS."
        await failure(Request(scope), StudioError(template, host=strange or ""), 421)(scope, receive, send)

    def _knows(self, host: str) -> bool:
        match = HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].lower()
        return is_loopback(name) or name in self._names or (not self._is_local and is_address(name))


class SameOrigin:
    """Refuses what another site's page would change: by Origin, which every browser sends, and by Sec-Fetch-Site."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._names = public_names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or let pass."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            return await self.app(scope, receive, send)
        headers = RequestHeaders(scope=scope)
        own = headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        origin = headers.get("origin")
        if own and (origin is None or self._is_own(origin, asked_hosts(headers))):
            return await self.app(scope, receive, send)
        error = NotAllowed("Only the studio's own page may do this.")
        await failure(Request(scope), error)(scope, receive, send)

    def _is_own(self, origin: str, hosts: list[str]) -> bool:
        try:
            parts = urlsplit(origin)
            port = parts.port
        except ValueError:
            return False
        if parts.scheme not in ("http", "https"):
            return False
        # A proxy may not pass the Host on, but the operator has named its public name.
        if parts.hostname in self._names:
            return True
        standard = 443 if parts.scheme == "https" else 80
        bare = parts.netloc.removesuffix(f":{standard}") if port == standard else parts.netloc
        return bare.lower() in {host.lower().removesuffix(f":{standard}") for host in hosts}


class BodyLimit:
    """Refuses bodies that are too large: at once where their length is announced, else when it is passed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._limited = {size: RequestBodyLimitMiddleware(app, size) for size in (UPLOAD_LIMIT, BODY_LIMIT)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or let pass."""
        if scope["type"] != "http" or scope["path"] in STREAMED:
            return await self.app(scope, receive, send)
        limit = UPLOAD_LIMIT if UPLOADS.fullmatch(scope["path"]) else BODY_LIMIT
        announced = RequestHeaders(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > limit:
            return await failure(Request(scope), StudioError(TOO_LARGE, limit=limit // MB), 413)(scope, receive, send)
        await self._limited[limit](scope, receive, send)


class SignIn:
    """Finds out who asks, for ``webapp.visitors.visitor``; only visitors it knows get to the API."""

    def __init__(self, app: ASGIApp, visitors: Visitors) -> None:
        self.app = app
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or let pass."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        opens_page = is_page(scope) and not self._visitors.is_local
        if opens_page and "token" in request.query_params:
            return await (await self._sign_in(request))(scope, receive, send)
        who: Principal | None
        if opens_page:
            who = known = self._visitors.by_cookie(request) or self._visitors.newcomer(request)
            framed = "framed" in request.query_params
            send = with_cookie(send, self._visitors.cookie(known, secure=scope["scheme"] == "https", framed=framed))
        elif scope["path"].startswith("/v1/"):
            # Programs bring a key. A browser sends its cookie unasked, whoever wrote the page that asks.
            who = await self._visitors.by_key(request)
        else:
            who = await self._visitors.identify(request)
        if who is None and needs_visitor(scope["path"]):
            how = NO_KEY if scope["path"].startswith("/v1/") else UNKNOWN
            return await failure(request, SignInNeeded(how))(scope, receive, send)
        scope["state"] = {**scope.get("state", {}), "visitor": who}
        CALLER.set(Caller(who.id if who else ""))
        await self.app(scope, receive, send)

    async def _sign_in(self, request: Request) -> Response:
        """Make the browser the operator's, and take the token out of its address bar."""
        if not await self._visitors.is_operators(request.query_params["token"], request):
            return failure(request, SignInNeeded(WRONG_TOKEN))
        rest = urlencode([(key, value) for key, value in request.query_params.multi_items() if key != "token"])
        cookie = self._visitors.cookie(OPERATOR, secure=request.url.scheme == "https")
        return RedirectResponse(f"/?{rest}" if rest else "/", 303, {"Set-Cookie": cookie, "Cache-Control": "no-store"})


class LanguageMiddleware:
    """Puts the visitor's language into the page's HTML, as Gradio asks only the browser for it."""

    def __init__(self, app: ASGIApp, facts: dict[str, Any]) -> None:
        self.app = app
        self.facts = facts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if not is_page(scope):
            return await self.app(scope, receive, send)
        start: Message = {}
        html = bytearray()

        async def send_localised(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                html.extend(message.get("body", b""))
                if not message.get("more_body"):
                    body = localise(bytes(html), language(Request(scope)), self.facts)
                    MutableHeaders(scope=start)["Content-Length"] = str(len(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        # Compressed, it could not be changed.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, send_localised)


def is_page(scope: Scope) -> bool:
    """Say whether this asks for the page, or for the one that customers see of a base of knowledge."""
    is_one = scope["type"] == "http" and scope["method"] == "GET"
    return is_one and (scope["path"] == "/" or scope["path"].startswith(CUSTOMERS))


def needs_visitor(path: str) -> bool:
    """Say whether strangers are turned away at ``path``; what is below /gradio_api asks for the visitor itself."""
    return path.startswith(("/api/", "/v1/")) and path != "/api/health"


def with_cookie(send: Send, cookie: str) -> Send:
    """Return ``send`` with a Set-Cookie header on the answer."""

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Set-Cookie", cookie)
        await send(message)

    return send_with_cookie


def asked_hosts(headers: RequestHeaders) -> list[str]:
    """Return the hosts a request is for: its Host, and X-Forwarded-Host, of which Gradio builds its addresses."""
    forwarded = headers.get("x-forwarded-host", "").split(",")
    return [host.strip() for host in (headers.get("host", ""), *forwarded) if host.strip()]


def public_names(settings: Settings) -> frozenset[str]:
    """Return the names, beside loopback ones and addresses, by which others reach this studio."""
    if settings.is_local:
        return frozenset()
    machine = socket.gethostname()
    names = (*settings.allowed_hosts, os.environ.get("SPACE_HOST", ""), machine, f"{machine}.local")
    return frozenset(name.lower() for name in names if name)


def is_address(host: str) -> bool:
    """Say whether ``host`` is an IP address and no name, which somebody else's name server could point here."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
