"""One connection: how to reach models elsewhere, and who may use them. Knows nothing about where it is kept."""

import re
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator

from assistants.connections.addresses import check_url
from assistants.engines import CHAT
from assistants.errors import InvalidInput
from assistants.owners import is_operator
from assistants.requests import StudioRequest

# The provider that means: any server that speaks OpenAI's protocol.
OPENAI = "openai"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
PROVIDER = re.compile(r"[a-z0-9_]{1,40}")
# What an HTTP header holds.
KEY = re.compile(r"[!-~]{0,1000}")


class Connection(StudioRequest):
    """How to reach models elsewhere; a model of it is named ``<name>:<model>``."""

    name: str
    provider: str = OPENAI
    url: str | None = None
    # None in what is to be saved: as stored; empty: none any more.
    key: SecretStr | None = None
    models: Annotated[list[str], Field(max_length=200)] = []
    visitors: bool = False

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

    def is_for(self, owner: str, model: str) -> bool:
        """Say whether ``owner`` may use its model: the operator any, others those listed if it is for visitors."""
        return is_operator(owner) or (self.visitors and model in self.models)

    @property
    def place(self) -> tuple[str, str | None]:
        """Where it leads: a key for one connection is for another that leads there, too."""
        return self.provider, self.url

    @property
    def way(self) -> tuple[str, str | None, SecretStr | None]:
        """Where it leads, and with which key."""
        return self.provider, self.url, self.key


def with_key(connection: Connection, stored: Connection | None) -> Connection:
    """Return a connection with the key it says, or else with the one stored for the same address."""
    if connection.key is None and stored and stored.place == connection.place:
        return connection.model_copy(update={"key": stored.key})
    if connection.key is not None and not connection.key.get_secret_value():
        return connection.model_copy(update={"key": None})
    return connection
