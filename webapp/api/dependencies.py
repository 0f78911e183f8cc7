"""What routes ask for: the studio, the visitor and the language of a request.

Knows how they reach a route; knows nothing about what the route does with them.
"""

from typing import Annotated

from fastapi import Depends, Path, Request

from assistants.studio import Studio
from webapp.i18n import language
from webapp.visitors import visitor


async def studio_of(request: Request) -> Studio:
    """Return the studio that this app shows."""
    return request.app.state.studio


async def owner_of(request: Request) -> str:
    """Return the owner whose rows and files the request may touch."""
    return visitor(request).owner


async def language_of(request: Request) -> str:
    """Return the language the client reads."""
    return language(request)


TheStudio = Annotated[Studio, Depends(studio_of)]
Owner = Annotated[str, Depends(owner_of)]
Language = Annotated[str, Depends(language_of)]
Id = Annotated[str, Path(max_length=64)]
