"""One connection: how to reach models elsewhere, and who may use them. Knows nothing about where it is kept."""

import re
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator, model_validator

from assistants.connections.addresses import check_url
from assistants.engines import CHAT
from assistants.errors import InvalidInput
from assistants.principals import Principal
from assistants.requests import StudioRequest

# The provider that means: any server that speaks OpenAI's protocol.
OPENAI = "openai"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
PROVIDER = re.compile(r"[a-z0-9_]{1,40}")
# How long a server may be waited for, in seconds: a day, for some read a prompt of a whole book.
LONGEST_WAIT = 86_400
# As many as a server lists.
MOST_MODELS = 1000
# What an HTTP header holds.
KEY = re.compile(r"[!-~]{0,1000}")


Wait = Annotated[float, Field(ge=1, le=LONGEST_WAIT, allow_inf_nan=False)] | None


class Connection(StudioRequest):
    """How to reach models elsewhere; a model of it is named ``<name>:<model>``.

    The timeouts, in seconds, are how long it is waited for a connection, for the first token, and for each next one;
    whatever the server sends meanwhile counts. None leaves one to the studio.
    """

    name: str
    provider: str = OPENAI
    url: str | None = None
    # None in what is to be saved: as stored; empty: none any more.
    key: SecretStr | None = None
    models: Annotated[list[str], Field(max_length=MOST_MODELS)] = []
    visitors: bool = False
    connect_timeout: Wait = None
    first_token_timeout: Wait = None
    idle_timeout: Wait = None

    @field_validator("name")
    @classmethod
    def check_name(cls, name: str) -> str:
        """Refuse what is no name, and those of the studio's own providers."""
        if not NAME.fullmatch(name):
            raise InvalidInput("name", "{field} may have up to 40 small letters, digits and hyphens.")
        if name in CHAT:
            raise InvalidInput("name", "{field} must not be {name}, which the studio has itself.", name=name)
        return name

    @field_validator("provider")
    @classmethod
    def check_provider(cls, provider: str) -> str:
        """Refuse what is no provider's name."""
        if not PROVIDER.fullmatch(provider):
            raise InvalidInput("provider", "{field} must be a name such as anthropic.")
        return provider

    @field_validator("url")
    @classmethod
    def check_url(cls, url: str | None) -> str | None:
        """Refuse what is no web address, has a password in it or leads to a cloud's own secrets."""
        if url is not None:
            check_url(url)
        return url

    @field_validator("key")
    @classmethod
    def check_key(cls, key: SecretStr | None) -> SecretStr | None:
        """Refuse what no header can hold."""
        if key is not None and not KEY.fullmatch(key.get_secret_value()):
            raise InvalidInput("key", "{field} holds spaces or letters that no key has.")
        return key

    @field_validator("models")
    @classmethod
    def check_models(cls, models: list[str]) -> list[str]:
        """Refuse what is no model's name."""
        for model in models:
            if not model or len(model) > 200 or re.search(r"\s", model):
                raise InvalidInput("models", "{field}: each is one word of at most 200 letters.")
        return list(dict.fromkeys(models))

    @model_validator(mode="after")
    def check_together(self) -> "Connection":
        """Refuse a server without an address."""
        if self.provider == OPENAI and not self.url:
            raise InvalidInput("url", "{field} is missing.")
        return self

    def is_for(self, who: Principal, model: str) -> bool:
        """Say whether ``who`` may use its model: the operator any, others those listed if it is for visitors."""
        return who.is_operator or (self.visitors and model in self.models)

    @property
    def place(self) -> tuple[str, str | None]:
        """Where it leads: a key for one connection is for another that leads there, too."""
        return self.provider, self.url

    @property
    def waits(self) -> dict[str, float]:
        """The timeouts that somebody set, as the engine calls them."""
        named = {"connect": self.connect_timeout, "first": self.first_token_timeout, "gap": self.idle_timeout}
        return {name: seconds for name, seconds in named.items() if seconds is not None}

    @property
    def way(self) -> tuple[Any, ...]:
        """Where it leads, with which key, and how long it is waited for."""
        return self.provider, self.url, self.key, tuple(self.waits.items())


def with_key(connection: Connection, stored: Connection | None) -> Connection:
    """Return a connection with the key it says, or else with the one stored for the same address."""
    if connection.key is None and stored and stored.place == connection.place:
        return connection.model_copy(update={"key": stored.key})
    if connection.key is not None and not connection.key.get_secret_value():
        return connection.model_copy(update={"key": None})
    return connection
