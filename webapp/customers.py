"""What customers see of a base of knowledge: a page with nothing else on it, by itself or in a frame on other sites.

Knows which sites may show it; knows nothing about how it is drawn (``static/ask/ask.js``) or answered.
"""

from functools import cache

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from assistants.studio import Studio
from webapp import STATIC
from webapp.middleware import POLICY


def add(app: FastAPI) -> None:
    """Give ``app`` the customers' page and the script that puts it into others."""
    app.add_api_route("/ask/{name}", ask, include_in_schema=False)
    app.add_api_route("/studio/widget.js", widget, include_in_schema=False)


def ask(request: Request, name: str) -> Response:
    """Show a base of knowledge; raises ``NotFound``."""
    studio: Studio = request.app.state.studio
    origins = " ".join(studio.knowledge.base(name).origins.split())
    return HTMLResponse(page(), headers={"Content-Security-Policy": f"{POLICY}'self' {origins}".rstrip()})


@cache
def page() -> str:
    """Return the page; the doors put the visitor's language into it."""
    return (STATIC / "ask" / "ask.html").read_text(encoding="utf-8")


def widget() -> Response:
    """Return the script that other sites take from here."""
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-cache"}
    return FileResponse(STATIC / "ask" / "widget.js", media_type="text/javascript", headers=headers)
