"""What routes ask for: the studio, the visitor and the language of a request, and each parameter no more than once.

Knows how they reach a route; knows nothing about what the route does with them.
"""

from collections import Counter
from typing import Annotated, Any, get_args, get_origin

from fastapi import Depends, Path, Request

from assistants.errors import InvalidInput
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import language
from webapp.visitors import visitor


async def studio_of(request: Request) -> Studio:
    """Return the studio that this app shows."""
    return request.app.state.studio


async def principal_of(request: Request) -> Principal:
    """Return who sent the request."""
    return visitor(request)


async def owner_of(request: Request) -> str:
    """Return the owner whose rows and files the request may touch."""
    return visitor(request).id


async def language_of(request: Request) -> str:
    """Return the language the client reads."""
    return language(request)


async def once(request: Request) -> None:
    """Refuse a parameter that is given twice and read once: of several the framework takes the last and says nothing.

    Raises:
        InvalidInput: It names the parameter.
    """
    given = Counter(name for name, _ in request.query_params.multi_items())
    for parameter in request.scope["route"].dependant.query_params:
        name = parameter.alias
        if given[name] > 1 and not _is_list(parameter.field_info):
            raise InvalidInput(name, "{field} is given {times} times; give it once.", times=given[name])


def _is_list(parameter: Any) -> bool:
    return any(get_origin(one) is list for one in (parameter.annotation, *get_args(parameter.annotation)))


TheStudio = Annotated[Studio, Depends(studio_of)]
Who = Annotated[Principal, Depends(principal_of)]
Owner = Annotated[str, Depends(owner_of)]
Language = Annotated[str, Depends(language_of)]
Id = Annotated[str, Path(max_length=64)]
