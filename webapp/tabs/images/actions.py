"""What the script of the Images tab asks beside the interface: to fetch a model that is missing, or not to.

Whether somebody may, the library checks. Knows nothing about how far a download is: that is in the list of models.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from assistants.models import LOCAL
from assistants.principals import Principal
from assistants.requests import StudioRequest
from assistants.studio import Studio


class Asked(StudioRequest):
    """A question of the script; ``name`` is a model of the catalog."""

    do: Literal["install", "cancel"]
    name: Annotated[str, Field(max_length=1000)]


def act(studio: Studio, who: Principal, asked: Asked) -> dict[str, Any]:
    """Do what the script asks."""
    name = asked.name.removeprefix(LOCAL)
    match asked.do:
        case "install":
            return {"begun": studio.models.installer.install(name, who)}
        case "cancel":
            studio.models.installer.cancel(name, who)
    return {}
