"""The settings, read once from the environment (prefix ``STUDIO_``) and frozen.

Knows the platform's folders and what Hugging Face Spaces sets; knows nothing about how a setting is used.
"""

import os
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SPACES_VOLUME = Path("/data")


def is_loopback(host: str) -> bool:
    """Say whether ``host`` (a name or an address, no port) is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def default_host() -> str:
    """Return the address to listen on: this machine only, but every interface on Spaces, which proxies to it."""
    return "0.0.0.0" if "SPACE_ID" in os.environ else "127.0.0.1"


def default_home() -> Path:
    """Return the folder for everything the studio keeps: the Spaces volume where there is one, else the user's."""
    if "SPACE_ID" in os.environ and os.access(SPACES_VOLUME, os.W_OK):
        return SPACES_VOLUME / "aigc-studio"
    return Path(platformdirs.user_data_dir("aigc-studio", appauthor=False))


class Settings(BaseSettings):
    """Everything an operator can set; each field is the environment variable ``STUDIO_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="STUDIO_", frozen=True, extra="forbid")

    host: str = Field(default_factory=default_host, description="Address to listen on")
    port: int = Field(7860, ge=1, le=65535, description="Port to listen on")
    home: Path = Field(default_factory=default_home, description="Folder of the database, files, models and keys")
    models: Path | None = Field(None, description="Folder of the models, if not `models` in the home folder")
    text_model: str = Field("default", description="Model that writes unless a request names another")
    fetch: Literal["auto", "ask", "off"] = Field(
        "auto", description="Fetch a better text model unasked (`auto`), on a click (`ask`), or nothing at all (`off`)"
    )
    image_model: str = Field("starter-image", description="Model that draws unless a request names another")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names this studio is reached by, separated by commas, when it is not on this machine only"
    )
    proxies: int = Field(
        0, ge=0, le=9, description="Reverse proxies in front of it, each of which adds to X-Forwarded-For who asked it"
    )
    admin_token: str = Field("", description="Token that makes a visitor the operator; made at start if empty")
    api_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Keys for scripts, separated by commas, when the studio is not on this machine only"
    )
    workers: int = Field(16, ge=1, le=256, description="Jobs that may be under way at once")
    queue_size: int = Field(
        2000, ge=1, description="Jobs that may wait; one account, or all visitors together, may hold half of them"
    )
    uploads_mb: int = Field(
        200, ge=1, description="Megabytes that a visitor's uploads may take; all anonymous ones have ten times as many"
    )
    trash_days: int = Field(30, ge=0, description="Days after which a start empties the trash; 0 leaves that to you")

    @field_validator("allowed_hosts", "api_keys", mode="before")
    @classmethod
    def split_commas(cls, value: object) -> object:
        """Read ``a, b`` as ``("a", "b")``."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("home", "models")
    @classmethod
    def expand_user(cls, value: Path | None) -> Path | None:
        """Read ``~`` as the user's folder and make the path absolute."""
        return value.expanduser().absolute() if value else value

    @cached_property
    def models_folder(self) -> Path:
        """The folder that holds one folder for each installed model."""
        return self.models or self.home / "models"

    @cached_property
    def on_spaces(self) -> bool:
        """Whether this is a Hugging Face Space."""
        return "SPACE_ID" in os.environ

    @cached_property
    def is_local(self) -> bool:
        """Whether only this machine can reach the studio, so that every visitor is its user."""
        return is_loopback(self.host) and all(is_loopback(name) for name in self.allowed_hosts)

    @cached_property
    def is_ephemeral(self) -> bool:
        """Whether the home folder is lost at the next restart: a Space without a volume."""
        return self.on_spaces and SPACES_VOLUME not in self.home.parents
