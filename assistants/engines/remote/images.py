"""The engine for a model that draws elsewhere, behind an OpenAI-compatible ``/images/generations``.

One request a picture; what may pass is tried again, and what does not pass is said in one sentence. Addresses in an
answer are not followed. Knows nothing about where URLs and keys are kept.
"""

import asyncio
import binascii
import io
import threading
from base64 import b64decode
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from pydantic import SecretStr

from assistants.engines.drawing import Drawing, Drawn, Facts, Mark, Quiet, Step, check
from assistants.engines.remote.chat import Patience
from assistants.engines.remote.dialects import NO_KEY
from assistants.engines.remote.faults import Fault, Silence
from assistants.engines.remote.loop import CancelledError, Loop
from assistants.errors import GenerationFailed, ModelUnavailable, StudioError
from assistants.settings import is_loopback

OPENAIS = "api.openai.com"
OPENAI_URL = "https://api.openai.com/v1"
# A picture takes a server longer than the first word of an answer.
PATIENCE = Patience(first=300)
FACTS = Facts(
    family="remote",
    tasks=("text",),
    width=1024,
    height=1024,
    multiple=8,
    largest=2048,
    steps=20,
    guidance=5.0,
    negative=False,
    device="remote",
    dtype="",
    tokens=4000,
)
NO_PICTURE = "{connection} answered without a picture."
ADDRESS = "{connection} answered with an address in place of a picture, and the studio does not follow it."


class RemoteImages:
    """A model of the connection of that name; a server does not promise that a seed gives the same picture."""

    facts = FACTS
    slots = 4

    def __init__(self, connection: str, model: str, url: str, key: SecretStr | None, patience: Patience) -> None:
        self.model = f"{connection}:{model}"
        self._connection, self._name = connection, model
        self._url, self._key, self._patience = url, key, patience
        self._is_openais = urlsplit(url).hostname == OPENAIS
        self._api: Any = None
        self._loop: Loop | None = None
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection; whoever still waits for a picture gets an error."""
        with self._lock:
            self._closed = True
        if self._loop:
            self._loop.close(self._api.close)

    def draw(self, drawing: Drawing) -> Generator[Mark, None, None]:
        """Ask for one picture after the other; closing the iterator closes the connection at once."""
        check(drawing, self.facts)
        pictures = self._running().iterate(self._pictures(drawing))
        done = 0
        try:
            for picture in pictures:
                if picture is None:
                    yield Quiet()
                    continue
                yield Drawn(done, drawing.seeds[done], picture)
                done += 1
                yield Step(done, len(drawing.seeds))
        except CancelledError:
            raise ModelUnavailable("The model {model} is closed.", model=self.model) from None
        finally:
            pictures.close()

    def _running(self) -> Loop:
        import openai

        with self._lock:
            if self._closed:
                raise ModelUnavailable("The model {model} is closed.", model=self.model)
            if self._loop is None:
                timeout = openai.Timeout(None, connect=self._patience.connect)
                # A redirect would take the key to whoever the server names; a proxy does not reach this machine.
                proxied = not is_loopback(urlsplit(self._url).hostname or "")
                client = openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout, trust_env=proxied)
                key = self._key.get_secret_value() if self._key else NO_KEY
                self._api = openai.AsyncOpenAI(api_key=key, base_url=self._url, http_client=client, max_retries=0)
                if not self._is_openais:
                    # From the environment, and nobody else's business.
                    self._api.organization = self._api.project = None
                self._loop = Loop(f"remote {self._connection}")
            return self._loop

    async def _pictures(self, drawing: Drawing) -> AsyncGenerator[bytes, None]:
        for seed in drawing.seeds:
            yield png(await self._asked(drawing, seed), self._connection)

    async def _asked(self, drawing: Drawing, seed: int) -> bytes:
        """Return the file that the server sends; try again what may pass, and in plainer words what is refused."""
        plain, attempt = False, 1
        while True:
            try:
                body = self._body(drawing, seed, plain)
                async with asyncio.timeout(self._patience.first):
                    return self._file(await self._api.post("/images/generations", body=body, cast_to=object))
            except StudioError:
                raise
            except Exception as error:  # noqa: BLE001 (libraries raise what they like)
                error = Silence(self._patience.first, begun=False) if isinstance(error, TimeoutError) else error
                fault = Fault.of(error)
                if fault.is_refusal and not plain:
                    plain = True
                elif not fault.is_passing or isinstance(error, Silence) or attempt == self._patience.attempts:
                    secret = self._key.get_secret_value() if self._key else None
                    raise fault.told(self._connection, self.model, secret, begun=False) from None
                else:
                    await asyncio.sleep(min(fault.wait or self._patience.pause * attempt, self._patience.longest_pause))
                    attempt += 1

    def _body(self, drawing: Drawing, seed: int, plain: bool) -> dict[str, Any]:
        """Return the request; ``plain`` leaves out what only some servers take."""
        size = f"{drawing.width}x{drawing.height}"
        body = {"model": self._name, "prompt": drawing.prompt, "n": 1, "size": size}
        if not plain:
            body |= {"response_format": "b64_json"} | ({} if self._is_openais else {"seed": seed})
        return body

    def _file(self, answer: Any) -> bytes:
        data = answer.get("data") if isinstance(answer, dict) else None
        first = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
        if not isinstance(first.get("b64_json"), str):
            raise GenerationFailed(ADDRESS if first.get("url") else NO_PICTURE, connection=self._connection)
        try:
            return b64decode(first["b64_json"])
        except binascii.Error:
            raise GenerationFailed(NO_PICTURE, connection=self._connection) from None


def png(file: bytes, connection: str) -> bytes:
    """Return a picture of any kind as a PNG without metadata; raises ``GenerationFailed``."""
    drawn = io.BytesIO()
    try:
        picture = Image.open(io.BytesIO(file)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise GenerationFailed(NO_PICTURE, connection=connection) from None
    picture.info.clear()
    picture.save(drawn, "PNG", compress_level=1)
    return drawn.getvalue()


def open_remote_image(
    connection: str,
    model: str,
    *,
    url: str | None = None,
    key: SecretStr | None = None,
    patience: Patience = PATIENCE,
    waits: Mapping[str, float] | None = None,
) -> RemoteImages:
    """Open ``model`` of the connection of that name, which errors tell; reaches nothing yet.

    Of ``waits``, what was set for words is too short for a picture, and may be longer.
    """
    set_ = waits or {}
    patience = replace(
        patience,
        connect=set_.get("connect", patience.connect),
        first=max(set_.get("first", 0), patience.first),
    )
    return RemoteImages(connection, model, url or OPENAI_URL, key, patience)
