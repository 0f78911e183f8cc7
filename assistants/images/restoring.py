"""Taking settings over: what a picture says of how it was made, as far as this studio can do the same.

Knows what there is here; what there is not is named, so that nobody wonders why another picture comes out.
"""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from assistants.errors import StudioError
from assistants.images.reading import Found, missing
from assistants.images.request import Request
from assistants.principals import Principal

if TYPE_CHECKING:
    from assistants.studio import Studio


def request_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the request that draws a picture with these settings again."""
    return {
        name: value for name, value in settings.items() if name in Request.model_fields and value not in (None, [], "")
    }


def restored(studio: "Studio", found: Found, who: Principal) -> Found:
    """Return what a picture says without what is not here or cannot be, each named."""
    settings, gone = {}, list(found.missing)
    for name, value in request_of(found.settings).items():
        if _is_here(studio, name, value, who):
            settings[name] = value
        else:
            gone.append(missing(name, str(value)))
    return Found(settings, found.source, gone)


def _is_here(studio: "Studio", name: str, value: Any, who: Principal) -> bool:
    try:
        Request.model_validate({name: value})
        if name == "model":
            studio.models.resolve(value, who, "image")
        elif name in ("init_image", "mask"):
            studio.history.files.get(value, who.id)
        elif name == "style":
            studio.prompts.get(value, who.id)
    except (StudioError, ValidationError):
        return False
    return name != "repeat"
