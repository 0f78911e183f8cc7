"""What an error of a remote model means: whether to try again, when, and else what to tell the person who waits.

Every provider's library has errors of its own, so they are known by what they carry: a status, a response, a cause.
Knows nothing about how requests are made. No sentence holds a key, a URL or more of an answer than its first words.
"""

import contextlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from assistants.errors import GenerationFailed, StudioError

AGAIN = {408, 409, 425, 429}
REFUSALS = {400, 422}
CAUSE_LENGTH = 500
# Of a body, no more is read: the rest tells nothing.
BODY_LENGTH = 20_000
# Where servers put their words, in the order in which they say most.
WORDS = ("message", "msg", "detail", "error", "errors", "error_message", "error_msg", "description", "title", "reason")
DEEPEST, MOST = 5, 20
# What HTTP libraries call what a network does to them; there are several libraries, and no common ancestor.
NETWORK = {"TransportError", "APIConnectionError"}

WRONG_KEY = "{connection} does not accept its key: {cause}. Mend it in Settings, Connections, or in the environment."
NOT_FOUND = "{connection} does not know {model}, or its URL is wrong: {cause}."
BUSY = "{connection} takes no more requests just now: {cause}."
REFUSED = "{connection} refuses the request: {cause}."
MOVED = "{connection} points to another address, which is not followed with its key. Give that address as its URL."
BROKE = "{connection} broke: {cause}."
UNREACHED = "{connection} cannot be reached: {cause}."
LATE = "{connection} did not begin to answer within {seconds} seconds."
SILENT = "{connection} fell silent in the middle of its answer for {seconds} seconds."
CUT = "The connection to {connection} broke in the middle of its answer."
GARBLED = "{connection} sent something unreadable in the middle of its answer: {cause}."
STRANGE = "{connection} does not answer as a model does: {cause}. Is its URL right? It mostly ends in /v1."
NO_REASON = "{connection} returned an error without a reason."
SILENT_STRANGER = "{connection} answers with nothing. Is its URL right? It mostly ends in /v1."


class Silence(Exception):
    """Nothing came for ``seconds``; ``begun`` if something had come before."""

    def __init__(self, seconds: float, *, begun: bool) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.begun = begun


class Cut(Exception):
    """The answer ended before its end."""


class ServerError(Exception):
    """The server says what is wrong: ``body``, read as JSON where it is JSON; ``status`` is HTTP's, or in the body."""

    def __init__(self, body: Any, status: int | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.body, self.status_code, self.headers = body, status, headers


class Garbled(Exception):
    """What came is no answer that anybody could read; ``body`` is its beginning."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body


@dataclass(frozen=True)
class Fault:
    """An error in our terms; ``wait`` is how many seconds the server asks for."""

    error: Exception
    status: int | None
    wait: float | None

    @classmethod
    def of(cls, error: Exception) -> "Fault":
        """Read what there is to know from ``error`` and what caused it."""
        response = getattr(error, "response", None)
        status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
        headers = getattr(error, "headers", None) or getattr(response, "headers", None) or {}
        return cls(error, status if isinstance(status, int) else None, seconds_until(headers.get("retry-after")))

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        if self.status is not None:
            return self.status in AGAIN or self.status >= 500
        return isinstance(self.error, Silence | Cut) or self.is_network

    @property
    def is_refusal(self) -> bool:
        """Whether the server understood the request and wants another one."""
        return self.status in REFUSALS

    @property
    def is_network(self) -> bool:
        """Whether it is what the network did, and not what the server said."""
        return any(isinstance(one, OSError) or NETWORK & ancestors(one) for one in causes(self.error))

    def told(self, connection: str, model: str, secret: str | None, *, begun: bool) -> StudioError:
        """Return the sentence for the person who waits; ``begun`` if part of the answer is there."""
        values: dict[str, Any] = {"connection": connection}
        template = self._template(begun)
        if "{cause}" in template:
            values["cause"] = cause(self.error, secret)
        if "{model}" in template:
            values["model"] = model
        if isinstance(self.error, Silence):
            values["seconds"] = round(self.error.seconds, 1)
        return GenerationFailed(template, **values)

    def _template(self, begun: bool) -> str:
        if isinstance(self.error, Silence):
            return SILENT if self.error.begun else LATE
        if self.status is not None:
            return by_status(self.status)
        if isinstance(self.error, Cut) or self.is_network:
            return CUT if begun or isinstance(self.error, Cut) else UNREACHED
        if isinstance(self.error, ServerError):
            return BROKE if words_of(self.error.body) else NO_REASON
        if isinstance(self.error, Garbled) and not self.error.body:
            return SILENT_STRANGER
        return GARBLED if begun else STRANGE


def by_status(status: int) -> str:
    """Return the sentence for an HTTP status that is no success."""
    if status < 400:
        return MOVED
    known = {401: WRONG_KEY, 403: WRONG_KEY, 404: NOT_FOUND, 429: BUSY}
    return known.get(status, REFUSED if status < 500 else BROKE)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield ``error`` and what led to it, the outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def ancestors(error: BaseException) -> set[str]:
    """Return the names of the classes that ``error`` is one of."""
    return {kind.__name__ for kind in type(error).__mro__}


def cause(error: Exception, secret: str | None) -> str:
    """Return the first words of what the server or the network says, without the key."""
    words = words_of(getattr(error, "body", None))
    if status := Fault.of(error).status:
        # A page of a proxy, whose words alone would not be understood.
        is_page = is_html(getattr(error, "body", None)) and str(status) not in words
        words = f"HTTP {status}{f' ({words})' if words else ''}" if is_page or not words else words
    return shortened(words or of_the_network(error), secret)


def words_of(body: Any, depth: int = 0) -> str:
    """Return what a server's answer says of what is wrong, in whichever place; empty where it says nothing."""
    if isinstance(body, str):
        return of_text(body, depth)
    if isinstance(body, list):
        return "; ".join(filter(None, (words_of(one, depth + 1) for one in body[:MOST]))) if depth < DEEPEST else ""
    if not isinstance(body, dict) or depth > DEEPEST:
        return ""
    found = next((said for name in WORDS if (said := words_of(body.get(name), depth + 1))), "")
    if not found:
        return json.dumps(body, ensure_ascii=False) if body and not depth else ""
    # FastAPI's, of a field; and OpenRouter's, of the provider behind it.
    place, meta = body.get("loc"), body.get("metadata")
    if isinstance(place, list):
        found = f"{'.'.join(map(str, place))}: {found}"
    behind = words_of(meta.get("raw"), depth + 1) if isinstance(meta, dict) else ""
    return f"{found}: {behind}" if behind else found


def of_text(text: str, depth: int) -> str:
    """Return the words of a text: JSON in it and pages are read."""
    text = text[:BODY_LENGTH].strip()
    if is_html(text):
        from bs4 import BeautifulSoup

        page = BeautifulSoup(text, "html.parser")
        for hidden in page(["script", "style"]):
            hidden.decompose()
        return (page.title.get_text(" ") if page.title else "").strip() or page.get_text(" ").strip()
    if text.startswith(("{", "[")) and depth < DEEPEST:
        with contextlib.suppress(ValueError, RecursionError):
            return words_of(json.loads(text), depth + 1) or text
    return text


def is_html(body: Any) -> bool:
    """Say whether a body is a page, which proxies answer with."""
    return isinstance(body, str) and body.lstrip("\ufeff \t\r\n").startswith("<")


def status_in(body: Any) -> int | None:
    """Return the HTTP status that an error in an answer names, as some servers do that had begun with a 200."""
    places = [body, body.get("error")] if isinstance(body, dict) else []
    named = (one.get(key) for one in places if isinstance(one, dict) for key in ("code", "status", "status_code"))
    numbers = (int(one) for one in named if isinstance(one, int | str) and str(one).isdecimal())
    return next((number for number in numbers if 400 <= number < 600), None)


def of_the_network(error: Exception) -> str:
    """Return what the system calls it, which has no address in it."""
    innermost = list(causes(error))[-1]
    number = getattr(innermost, "errno", None) or 0
    # Names that are not found have negative numbers, of another list.
    return os.strerror(number) if number > 0 else getattr(innermost, "strerror", None) or str(innermost)


def shortened(text: str, secret: str | None) -> str:
    """Return ``text`` as part of a sentence, without the key and not too long."""
    if secret:
        text = text.replace(secret, "…").replace(json.dumps(secret)[1:-1], "…")
    text = re.sub(r"\s+", " ", text).strip()
    return (text if len(text) <= CAUSE_LENGTH else f"{text[:CAUSE_LENGTH]}…").rstrip(".")


def seconds_until(header: str | None) -> float | None:
    """Read a Retry-After header, seconds or a date; None if there is none that makes sense."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
