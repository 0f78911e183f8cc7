"""What a conversation asks with: its own system prompt, template, model and parameters; what is absent is the studio's.

Knows how a request takes what it does not say from its conversation; knows nothing about how a reply is made.
"""

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from assistants.errors import InvalidInput, NotFound
from assistants.generation import Params
from assistants.models import DEFAULT
from assistants.principals import Principal
from assistants.requests import Name, StudioRequest

if TYPE_CHECKING:
    from assistants.studio import Studio

MAX_MESSAGE = 100_000
MAX_SYSTEM = 20_000
MAX_VALUES = 50

Value = Annotated[str, Field(max_length=MAX_MESSAGE)]


class Settings(StudioRequest):
    """What a conversation asks with; null and what is absent follow the studio's own.

    ``values`` are for the template's variables but the one that takes the message. ``reasoning`` says whether a model
    that leaves that open is to reason first; by default one of this machine answers at once.
    """

    model: Name | None = None
    template: Name | None = None
    values: Annotated[dict[Name, Value], Field(max_length=MAX_VALUES)] = {}
    system: Annotated[str, Field(max_length=MAX_SYSTEM)] | None = None
    params: Params = Params()
    reasoning: bool | None = None

    @property
    def chosen(self) -> dict[str, Any]:
        """What somebody chose, as it is stored."""
        chosen = self.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        return {name: value for name, value in chosen.items() if value != {} and (name, value) != ("model", DEFAULT)}


Asked = TypeVar("Asked", bound=Settings)


def of_request(request: Settings) -> Settings:
    """Return what a request asks with, beside its turn."""
    return Settings(**{name: getattr(request, name) for name in Settings.model_fields})


def filled(request: Asked, stored: Settings) -> Asked:
    """Return a request with what it does not say as its conversation has it."""
    own = {name: getattr(stored, name) for name in Settings.model_fields if name not in request.model_fields_set}
    if "template" in request.model_fields_set:
        # Values are for the template that they were written for.
        own.pop("values", None)
    return request.model_copy(update=own)


def read(stored: dict[str, Any]) -> Settings:
    """Return the settings of a row; what another studio wrote and this one cannot read counts as not chosen."""
    try:
        return Settings.model_validate(stored)
    except ValidationError:
        return Settings()


def checked(studio: "Studio", settings: Settings, who: Principal) -> Settings:
    """Return settings with the model by its whole name; raises ``InvalidInput`` for what there is not."""
    if settings.template is not None:
        try:
            studio.prompts.get(settings.template, who.id)
        except NotFound as error:
            raise InvalidInput("template", error.template, **error.values) from error
    if settings.model in (None, DEFAULT):
        return settings.model_copy(update={"model": None})
    return settings.model_copy(update={"model": studio.models.resolve(settings.model, who, "chat")})


def change(studio: "Studio", conversation: str, settings: Settings, who: Principal) -> None:
    """Let a conversation ask with these settings from its next message on; raises ``NotFound``, ``InvalidInput``."""
    studio.history.conversations.settle(conversation, who.id, checked(studio, settings, who).chosen)


def last(studio: "Studio", owner: str) -> Settings:
    """Return what a new conversation begins with: the settings of the last one that was written in or changed."""
    return read(studio.history.conversations.last_settings(owner))
