"""The web server: one FastAPI app with the REST interface, its documentation and, at the root, the Gradio page.

Knows how they are put together and brought up and down; knows nothing about what they show.
"""

import asyncio
import contextlib
import errno
import gc
import inspect
import mimetypes
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount

from assistants import ASSISTANTS
from assistants.errors import StoreError
from assistants.jobs.assistant import traits
from assistants.settings import Settings
from assistants.studio import Studio
from webapp import STATIC, __version__, customers, shared
from webapp.addresses import Scheme
from webapp.api import add_api
from webapp.logs import spare
from webapp.middleware import (
    UPLOAD_LIMIT,
    BodyLimit,
    Headers,
    LanguageMiddleware,
    OneSlash,
    SameOrigin,
    SignIn,
    TrustedHosts,
)
from webapp.transfers import Transfers, add_routes
from webapp.visitors import Visitors

ABOUT = """
What the page can do, for programs. Whatever takes a while is a *job*: `POST /api/jobs` takes it on, `GET
/api/jobs/{id}/events` tells of it as it comes, `GET /api/jobs/{id}` what there is of it, and the history keeps it.
Below `/v1` it is OpenAI's protocol, whose clients need this address and nothing else.

Every failure below `/api` is `{"error": {"message", "field"}}`: a sentence in the language of `Accept-Language`,
English or Chinese, and the part of the request to mend, if it is one. On its own machine the studio asks for no key;
elsewhere scripts send `Authorization: Bearer` with one of `STUDIO_API_KEYS`.
"""
# Streams end this long after the server was told to; other answers have as long to finish before they are given up.
GRACE_SECONDS = 1
# After this, the studio is closed though an answer may hang in a thread, which keeps the loop from ending.
LOOP_SECONDS = 3.0
# After this, the process ends though a thread may hang, for which Python waits; what there was to write is written.
LAST_SECONDS = 1.0
# The loop gets the interpreter's lock from jobs that compute, of which each may hold it ten times as long by default.
SWITCH_SECONDS = 0.0005
# So many sessions of Gradio are remembered, those used last.
SESSIONS = 500


def create_app(studio: Studio, visitors: Visitors | None = None) -> FastAPI:
    """Return the web app that shows ``studio``."""
    settings = studio.settings
    visitors = visitors or Visitors(settings)
    app = FastAPI(
        title="AIGC Studio",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Scheme, settings=settings),
            Middleware(Headers, settings=settings),
            Middleware(OneSlash),
            Middleware(TrustedHosts, settings=settings),
            Middleware(SameOrigin, settings=settings),
            # No origin is allowed. Gradio allows every one to a host that is not localhost unless this is here.
            Middleware(CORSMiddleware),
            Middleware(BodyLimit),
            Middleware(SignIn, visitors=visitors),
            Middleware(LanguageMiddleware, facts=facts(studio)),
        ],
    )
    app.state.studio = studio
    # Windows may call scripts plain text, which browsers then do not run.
    mimetypes.add_type("text/javascript", ".js")
    add_api(app, needs_sign_in=not settings.is_local)
    customers.add(app)
    shared.add(app)
    app.mount("/studio", Static(directory=STATIC))
    app.add_api_route("/docs", docs, include_in_schema=False)
    add_page(app, studio)
    return app


def facts(studio: Studio) -> dict[str, Any]:
    """Return what the page's scripts are told once: where rows of each kind open, and whose items can be tried."""
    names = ("name", "tab", "parameters", "icon")
    kinds = [{name: getattr(kind, name) for name in names} for kind in studio.history.kinds if kind.tab]
    return {"kinds": kinds, "playable": [module.ID for module in ASSISTANTS if traits(module).playable]}


class Static(StaticFiles):
    """Our scripts and styles; browsers ask about them again at each visit, so that an update is whole and at once."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        """Answer with a file, or that it is as it was."""
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def docs() -> HTMLResponse:
    """Show the documentation of the REST interface, from this server alone."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="AIGC Studio: REST",
        swagger_js_url="/studio/docs/swagger-ui-bundle.js",
        swagger_css_url="/studio/docs/swagger-ui.css",
        swagger_favicon_url="/favicon.ico",
    )


def add_page(app: FastAPI, studio: Studio) -> None:
    """Mount the Gradio page at the root, with everything off that would show or keep more than the studio does."""
    seal_gradio(studio.settings)
    with no_sources():
        import gradio

    from webapp import events, gate, kit, page

    transfers = Transfers(gradio_folder(studio.settings), studio.settings.uploads_mb << 20)
    blocks = page.build(studio)
    # Each has a copy of the page's description, 80 kB, and a session costs nothing to begin.
    blocks.state_session_capacity = SESSIONS
    add_routes(app, transfers, max(map(kit.file_limit, blocks.blocks.values()), default=0))
    gradio.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=studio.settings.host,
        server_port=studio.settings.port,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=UPLOAD_LIMIT,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        **page.mount_options(studio),
    )
    events.Events(blocks, transfers)
    mounted = app.routes[-1]
    assert isinstance(mounted, Mount), "Gradio's page is what was mounted last"
    mounted.app = gate.Gate(mounted.app, blocks)


def seal_gradio(settings: Settings) -> None:
    """Keep the environment from opening Gradio's own doors, and its files out of the system's shared folder.

    Gradio reads GRADIO_* when it is imported and when a page is made: any value of GRADIO_VIBE_MODE lets visitors edit
    the code, GRADIO_ALLOWED_PATHS lets them read folders. The studio's settings are STUDIO_*; none of these is one.
    """
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(gradio_folder(settings))
    # After every event it sums up the last 10,000 for a monitoring page that is off: 9 to 16 ms of CPU each.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"


def gradio_folder(settings: Settings) -> Path:
    """Return where files that go through Gradio's components lie."""
    return settings.home / "gradio"


@contextlib.contextmanager
def no_sources() -> Iterator[None]:
    """Hide where classes are written down: at every import Gradio reads that and writes its own type stubs again.

    That takes a second of the start, and several studios at once write the same files.
    """
    find = inspect.getfile

    def hidden(wanted: Any) -> str:
        raise FileNotFoundError(wanted)

    inspect.getfile = hidden  # type: ignore[assignment]  # for what is imported meanwhile
    try:
        yield
    finally:
        inspect.getfile = find


def claim_port(settings: Settings) -> socket.socket:
    """Return a socket on the port, so that a taken one is known before anything is opened; raises ``StoreError``."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host.strip("[]"), settings.port), family=family)
        # What it accepts inherits this. asyncio sets it only on sockets that name their protocol, which this one does
        # not, and without it a short piece of a stream waits up to 40 ms for the client to acknowledge the last one.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            template = "Port {port} is taken by another program. Close that, or set STUDIO_PORT to another."
            raise StoreError(template, port=settings.port) from error
        template = "Port {port} of {host} cannot be used: {cause}."
        raise StoreError(template, port=settings.port, host=settings.host, cause=error.strerror) from error


class Server(uvicorn.Server):
    """uvicorn, with something to do once it listens and when it is to end; streams do not end by themselves."""

    def __init__(
        self,
        config: uvicorn.Config,
        when_listening: Callable[[], None],
        when_ending: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self._when_listening = when_listening
        self._when_ending = when_ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._when_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let answers finish; a page that follows a job, or Gradio's heartbeat, never would."""
        self._when_ending()
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.close()


def serve(studio: Studio, listener: socket.socket) -> None:
    """Serve ``studio`` on a claimed port until Ctrl-C or SIGTERM, then close it."""
    settings = studio.settings
    sys.setswitchinterval(SWITCH_SECONDS)
    # uvicorn raises the signal again when it is done; as an exception it lets what follows run.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    late = timer(LOOP_SECONDS, studio.close)
    try:
        visitors = Visitors(settings)
        config = uvicorn.Config(
            create_app(studio, visitors),
            log_level="warning",
            access_log=False,  # it would write tokens down
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=2 * GRACE_SECONDS,
            proxy_headers=False,  # webapp.addresses reads them, and knows which count
        )
        spare("", "uvicorn")
        # On uvloop an interrupt only ends the loop.
        with contextlib.suppress(KeyboardInterrupt):
            Server(config, lambda: announce_address(studio, visitors), late.start).run([listener])
        print("The studio is closed.")
    finally:
        late.cancel()
        studio.close()
        timer(LAST_SECONDS, lambda: None).start()


def timer(seconds: float, do: Callable[[], None]) -> threading.Timer:
    """Return a timer that does something and ends the process, whatever hangs in it, unless that ends before."""

    def end() -> None:
        do()
        os._exit(0)

    made = threading.Timer(seconds, end)
    made.daemon = True
    return made


def announce_address(studio: Studio, visitors: Visitors) -> None:
    """Say in the terminal where the studio is, and begin to get its model ready."""
    settings = studio.settings
    url = public_url(settings)
    print(f"AIGC Studio is at {url}", flush=True)
    if not settings.is_local and not settings.admin_token:
        print(f"Its operator's page, with this start's token, is {url}?token={visitors.admin_token}", flush=True)
    studio.models.begin()
    # What is here by now stays: to look through it all for garbage takes 0.2 s, in which everything stands still.
    gc.freeze()


def public_url(settings: Settings) -> str:
    """Return the address to open in a browser, for somebody who sees this terminal."""
    if "SPACE_HOST" in os.environ:
        return f"https://{os.environ['SPACE_HOST']}/"
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://[{host}]:{settings.port}/" if ":" in host else f"http://{host}:{settings.port}/"
