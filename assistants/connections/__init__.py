"""Connections: models that run elsewhere, each a URL with its key or a provider of LangChain, in one file at home.

    connection.py  what one is, and who may use it
    addresses.py   which URLs it may have
    file.py        how they are kept
    testing.py     whether one works
    nearby.py      which servers run on this machine

The key and the URL it was given for stay together: a new URL without its key has none. Knows nothing about how a model
is asked (``engines.remote``).
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import SecretStr

from assistants.connections import file
from assistants.connections.connection import OPENAI, Connection, with_key
from assistants.connections.nearby import Nearby
from assistants.connections.testing import Tested, tested
from assistants.errors import InvalidInput, NotFound, StoreError
from assistants.principals import Principal, must_be_operator
from assistants.settings import Settings

__all__ = ["OPENAI", "OPENAI_URL", "Connection", "Connections", "Tested"]

OPENAI_URL = "https://api.openai.com/v1"
FILE = "connections.yaml"


class Connections:
    """Every connection: those of the file, and the one that OpenAI's variables in the environment make."""

    def __init__(self, settings: Settings) -> None:
        """Read them; raises ``StoreError`` that names what is wrong and where."""
        self._path = settings.home / FILE
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._engines: dict[tuple[str, str], tuple[Connection, Any]] = {}
        self._saved = file.read(self._path)
        self.environment = from_environment()
        self.nearby = Nearby()

    def get(self, name: str) -> Connection:
        """Return the connection of that name; raises ``NotFound``."""
        found = next((one for one in self.list() if one.name == name), None)
        if found is None:
            raise NotFound("There is no connection named {name}.", name=name)
        return found

    def find(self, name: str) -> Connection | None:
        """Return the connection that ``<connection>:<model>`` goes by, whether or not it lists that model."""
        connection, _, model = name.partition(":")
        return next((one for one in self.list() if one.name == connection), None) if model else None

    def names(self, who: Principal) -> list[str]:
        """Return the models that ``who`` can choose from, as ``<connection>:<model>``."""
        return [f"{one.name}:{model}" for one in self.list() for model in one.models if one.is_for(who, model)]

    def list(self) -> list[Connection]:
        """Return all of them; a saved one takes the place of the environment's if it has the same name."""
        with self._lock:
            saved = dict(self._saved)
        if self.environment:
            saved = {self.environment.name: self.environment} | saved
        return sorted(saved.values(), key=lambda one: one.name)

    def save(self, connection: Connection, who: Principal) -> Connection:
        """Keep a connection, in place of one of the same name; raises ``NotAllowed`` or ``StoreError``."""
        must_be_operator(who)
        with self._changing() as saved:
            saved[connection.name] = kept = with_key(connection, saved.get(connection.name))
        self._close_outdated()
        return kept

    def delete(self, name: str, who: Principal) -> None:
        """Forget a connection and its key; raises ``NotAllowed``, ``NotFound`` or ``StoreError``."""
        must_be_operator(who)
        with self._changing() as saved:
            if saved.pop(name, None) is None:
                raise NotFound("There is no connection named {name}.", name=name)
        self._close_outdated()

    def open(self, connection: Connection, model: str, kind: Literal["chat", "image"] = "chat") -> Any:
        """Return the engine of a model of a connection, opened once; raises ``ModelUnavailable``."""
        name = f"{connection.name}:{model}"
        with self._opening:
            if (kind, name) not in self._engines:
                self._engines[kind, name] = (connection, _opened(connection, model, kind))
            return self._engines[kind, name][1]

    def test(self, connection: Connection, who: Principal) -> Tested:
        """List the server's models and hear a first word, with the stored key if it is for this address.

        Raises ``NotAllowed``, ``InvalidInput``, ``ModelUnavailable`` or ``GenerationFailed``.
        """
        must_be_operator(who)
        with self._lock:
            connection = with_key(connection, self._saved.get(connection.name))
        return tested(connection)

    def close(self) -> None:
        """Close every engine."""
        with self._opening:
            engines = [self._engines.pop(name) for name in list(self._engines)]
        for _, engine in engines:
            engine.close()

    def _close_outdated(self) -> None:
        """Close the engines of connections that lead elsewhere now; they are opened again when they are needed."""
        with self._opening:
            ways = {one.name: one.way for one in self.list()}
            outdated = [name for name, (one, _) in self._engines.items() if ways.get(one.name) != one.way]
            engines = [self._engines.pop(name) for name in outdated]
        for _, engine in engines:
            engine.close()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Connection]]:
        """Lend what the file says now, and write down what became of it."""
        with self._lock:
            saved = file.read(self._path)
            yield saved
            file.write(self._path, saved)
            self._saved = saved


def _opened(connection: Connection, model: str, kind: str) -> Any:
    if kind == "image":
        from assistants.engines.remote.images import open_remote_image

        return open_remote_image(connection.name, model, url=connection.url, key=connection.key, waits=connection.waits)
    from assistants.engines.remote import open_remote

    provider, url, key = connection.provider, connection.url, connection.key
    return open_remote(connection.name, model, provider=provider, url=url, key=key, waits=connection.waits)


def from_environment() -> Connection | None:
    """Return the connection that OPENAI_BASE_URL and OPENAI_API_KEY make; raises ``StoreError``."""
    url, key = (os.environ.get(name, "").strip() for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"))
    if not url and not key:
        return None
    try:
        return Connection(name=OPENAI, url=url or OPENAI_URL, key=SecretStr(key) if key else None)
    except InvalidInput as error:
        template = "OPENAI_BASE_URL or OPENAI_API_KEY cannot be used: {cause}."
        raise StoreError(template, cause=str(error).rstrip(".")) from None
