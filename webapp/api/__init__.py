"""The REST interface, below /api, and the OpenAI-compatible one, below /v1.

Every route asks the library as the visitor it serves; nothing is checked only here.
"""

from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from webapp.api import (
    backup,
    bench,
    catalog,
    connections,
    conversations,
    drafts,
    files,
    health,
    history,
    images,
    jobs,
    knowledge,
    lab,
    models,
    openai,
    order,
    palette,
    playground,
    profile,
    prompt_editor,
    prompts,
    settings,
    support,
    trash,
    worlds,
    writing,
)
from webapp.api.dependencies import once
from webapp.api.errors import add_handlers
from webapp.visitors import COOKIE

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def add_api(app: FastAPI, *, needs_sign_in: bool) -> None:
    """Give ``app`` the routes, their errors and their documentation; ``needs_sign_in`` is for the last only."""
    # The doors have looked at these already: here they are only documented.
    key = [Security(HTTPBearer(auto_error=False))] if needs_sign_in else []
    cookie = [Security(APIKeyCookie(name=COOKIE, auto_error=False))] if needs_sign_in else []
    router = APIRouter(prefix="/api")
    router.include_router(health.router)
    tabs = (
        palette,
        jobs,
        order,
        conversations,
        models,
        profile,
        catalog,
        connections,
        settings,
        writing,
        drafts,
        history,
        prompt_editor,
        prompts,
        trash,
        files,
        knowledge,
        support,
        bench,
        playground,
        images,
        worlds,
        lab,
        backup,
    )
    for tab in tabs:
        router.include_router(tab.router, dependencies=[*key, *cookie, Depends(once)])
    add_handlers(app)
    # Routes are looked through in order, which takes a while: those first whose callers count milliseconds.
    for prefix, part, needs in (("/v1", openai.router, key), ("/api", router, [])):
        app.include_router(part, dependencies=needs)
        app.mount(prefix, NotFound(app.routes[-1]))


class NotFound:
    """Answers for what is at an address of ours and no route; without it Gradio, mounted at the root, would."""

    def __init__(self, router: BaseRoute) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raise 405 where another method would do, else 404."""
        asked = {**scope, "root_path": ""}
        allowed = [method for method in METHODS if self._router.matches({**asked, "method": method})[0] is Match.FULL]
        raise HTTPException(405, headers={"Allow": ", ".join(allowed)}) if allowed else HTTPException(404)
